// What is there in the model of gates, and in which state each domain is: what it waits for or stalls on,
// and how it goes on.

import {
  type Entry,
  GateDomain,
  type GateJoin,
  GateMeter,
  type GatePage,
  present,
  type Token,
} from "./gate-parts.js";
import { GateSchedule, type Where } from "./gate-schedule.js";
import { BEGIN, LOGGED, type Step } from "./puppet.js";

export const ABANDONED = 0x80000003;

export abstract class GateStates extends GateSchedule {
  readonly meters: GateMeter[] = [];
  readonly joins: GateJoin[] = [];
  readonly pages: GatePage[] = [];
  /** Time, who and what: messages to gates, parks, traps. */
  readonly trace: string[] = [];

  constructor(quantum: number) {
    super(quantum);
    this.meters.push(new GateMeter("prime", 2n ** 56n - 1n, null));
  }

  createMeter(superior: GateMeter, cycles: bigint): GateMeter {
    const meter = new GateMeter(`M${this.meters.length}`, cycles, superior);
    this.meters.push(meter);
    return meter;
  }

  createDomain(meter: GateMeter, steps: readonly Step[]): GateDomain {
    const domain = new GateDomain(`D${this.domains.length}`, meter, steps, BEGIN);
    this.domains.push(domain);
    return domain;
  }

  chainOf(domain: GateDomain): GateMeter[] {
    const chain = this.chain(domain);
    return typeof chain === "number" ? [] : chain;
  }

  protected chain(domain: GateDomain): GateMeter[] | number {
    const key = present(domain.meter);
    if (key.kind !== "meter") return 0x404;
    const chain: GateMeter[] = [];
    for (let at: GateMeter | null = key.to; at; at = at.superior) {
      if (at.bad) return 0x408;
      chain.push(at);
    }
    return chain;
  }

  protected stall(domain: GateDomain, callee: GateDomain): void {
    this.leaveQueue(domain);
    domain.state = "stalled";
    domain.invokes = domain.doing === "invoke" && domain.left === 0;
    domain.stalledOn = callee;
    callee.stallers.push(domain);
  }

  protected wakeUp(domain: GateDomain, where: Where): void {
    domain.state = "ready";
    domain.token = null;
    domain.why = null;
    if (where === "first") this.queue.unshift(domain);
    else this.queue.push(domain);
  }

  protected waitFor(domain: GateDomain, why: "answer" | "kept"): Token {
    const token = { void: false };
    domain.state = "waiting";
    domain.why = why;
    domain.token = token;
    return token;
  }

  protected goOn(domain: GateDomain, entry: Entry): void {
    domain.entry = entry;
    domain.doing = "log";
    domain.left = LOGGED;
  }

  protected say(domain: GateDomain, what: string): void {
    this.trace.push(`${this.time} ${domain.name} ${what}`);
  }

  protected park(domain: GateDomain, dry: GateMeter): void {
    this.leaveQueue(domain);
    this.say(domain, `parks ${dry.name}`);
    domain.state = "parked";
    dry.parked.push(domain);
  }

  /** Takes a domain away from whatever it does or waits for; resume keys to it are void. */
  protected detain(domain: GateDomain): void {
    this.leaveQueue(domain);
    if (domain.token) domain.token.void = true;
    domain.token = null;
    domain.why = null;
    if (domain.stalledOn) {
      const { stallers } = domain.stalledOn;
      stallers.splice(stallers.indexOf(domain), 1);
      domain.stalledOn = null;
    }
    for (const meter of this.meters) meter.parked = meter.parked.filter((d) => d !== domain);
  }

  /** Who waited for an answer or a message gets to know that none comes. */
  protected abandon(domain: GateDomain): void {
    const { state, why } = domain;
    if (state !== "available" && !(state === "waiting" && why === "answer")) return;
    this.goOn(domain, { order: ABANDONED, databyte: 0, stored: 0, sent: 0, string: "" });
  }
}

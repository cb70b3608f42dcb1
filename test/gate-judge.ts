// Judges what puppets do on several processors by the trace of messages. Every jump is made under the
// kernel's lock, so the trace says in which order they came; the model of gates then says who was to
// receive what, whatever the schedule was. What a puppet asks of the kernel's own keys is in no trace,
// and is nobody else's business here: it is done when the next jump tells that it must have been.

import { EVENT_MESSAGE } from "../assembly/layout.js";
import type { RawEvent } from "../src/view.js";
import { GateModel } from "./gate-model.js";
import {
  DK0,
  type Entry,
  GateDomain,
  GateJoin,
  type GateKey,
  message,
  nameOf,
  present,
} from "./gate-parts.js";
import { CALL } from "./invoke.js";
import type { Seen } from "./puppet.js";

const MODES = ["call", "return", "fork", "implicit"];
const IMPLICIT = 3;
const KEEPER_ORDER = 0xffffffff;
const TRAP_ORDER = 0x80000000;
const UNKNOWN = "????????????";
/** Steps that a puppet may take with the kernel's own keys between two that can be seen. */
const PATIENCE = 100_000;

export class GateJudge {
  readonly model = new GateModel(1_000_000);
  /** Domains and joins by the index of their node. */
  readonly #nodes = new Map<number, GateDomain | GateJoin>();
  #jumps = 0;

  know(node: number, what: GateDomain | GateJoin): void {
    this.#nodes.set(node, what);
  }

  /** How many jumps were judged. */
  get jumps(): number {
    return this.#jumps;
  }

  judge(event: RawEvent): void {
    if (event.kind !== EVENT_MESSAGE) return;
    this.#jumps++;
    const domain = this.#nodes.get(event.domain);
    const callee = this.#nodes.get(event.meter) ?? (event.meter === 0 ? "a join" : undefined);
    const mode = Number(event.amount);
    const said = `jump ${this.#jumps}: ${domain?.name} ${MODES[mode]} ${nameOfCallee(callee)} ${event.code}`;
    if (!(domain instanceof GateDomain) || !callee) throw new Error(`${said}: between whom?`);
    if (mode === IMPLICIT) this.#implicit(domain, callee, event.code >>> 0, said);
    else this.#explicit(domain, callee, event.code >>> 0, MODES[mode]!, said);
  }

  #explicit(domain: GateDomain, callee: Callee, order: number, mode: string, said: string): void {
    for (let steps = 0; ; steps++) {
      if (steps > PATIENCE) throw new Error(`${said}: it never comes to that`);
      if (domain.state !== "ready") throw new Error(`${said}: it is ${domain.state}`);
      const key = this.model.nextKey(domain);
      if (isGate(key)) {
        this.#allow(key, callee, said);
        const { step } = domain;
        const expected = `${MODES[step.kind - CALL]} ${(step.order ?? 0) >>> 0}`;
        if (expected !== `${mode} ${order}`) throw new Error(`${said}: expected ${expected}`);
        this.#perform(domain);
        return;
      }
      this.#perform(domain);
    }
  }

  #perform(domain: GateDomain): void {
    this.model.perform(domain);
    // What counters are depends on the schedule.
    for (const meter of this.model.meters) meter.counter = -1n;
  }

  #implicit(domain: GateDomain, callee: Callee, order: number, said: string): void {
    // It may have done more with the kernel's keys by then: nobody can tell, and nobody is to see.
    const isTrap = order !== KEEPER_ORDER;
    const meters = this.model.chainOf(domain);
    const dry = meters.find((meter) => {
      const key = present(meter.keeper);
      return "to" in key && key.to === callee;
    });
    const key = isTrap ? present(domain.keeper) : present(dry?.keeper ?? DK0);
    if (!isGate(key)) throw new Error(`${said}: it has no such keeper`);
    this.#allow(key, callee, said);
    const third: GateKey = isTrap
      ? { kind: "domain", to: domain }
      : { kind: "node", to: dry!, databyte: 0 };
    const string = UNKNOWN.slice(0, isTrap ? 12 : 8);
    if (isTrap && order < TRAP_ORDER) throw new Error(`${said}: an order of no keeper`);
    this.model.keep(domain, key, isTrap ? "fault" : "restart", (resume) =>
      message(order, string, [DK0, DK0, third, resume]),
    );
  }

  /** Whether a key leads to whom the trace says, who takes what comes by it. */
  #allow(key: GateKey, callee: Callee, said: string): void {
    const isThis =
      "to" in key && (key.to === callee || (callee === "a join" && key.to instanceof GateJoin));
    if (!("to" in key) || !isThis) throw new Error(`${said}: its key is ${nameOf(key)}`);
    if (key.kind !== "start" || !(key.to instanceof GateDomain)) return;
    // It has become available since it was last heard of.
    for (let steps = 0; key.to.state === "ready" && steps < PATIENCE; steps++) {
      if (isGate(this.model.nextKey(key.to))) break;
      this.#perform(key.to);
    }
    if (key.to.state !== "available") throw new Error(`${said}: that one is ${key.to.state}`);
  }

  /**
   * What a domain's log says where it has so many entries: the last of them may still be to come. One that
   * `waits` has done all that it does before it does so.
   */
  predict(domain: GateDomain, count: number, waits: boolean): Entry[] {
    if (domain.why !== "kept") return this.#follow(domain, waits ? count + 1 : count);
    // What it did before its keeper was called, it may have done without a trace.
    const { token, why } = domain;
    this.model.enqueue(domain);
    const said = this.#follow(domain, count);
    this.model.leaveQueue(domain);
    Object.assign(domain, { state: "waiting", token, why });
    return said;
  }

  #follow(domain: GateDomain, count: number): Entry[] {
    for (let steps = 0; steps < PATIENCE; steps++) {
      const isReady = domain.state === "ready";
      const said = isReady && domain.doing === "log" ? [...domain.log, domain.entry] : domain.log;
      if (said.length >= count || !isReady || isGate(this.model.nextKey(domain))) return said;
      this.#perform(domain);
    }
    throw new Error(`${domain.name}: it goes on for ever`);
  }
}

/** The host is not told which join it was. */
type Callee = GateDomain | GateJoin | "a join";

function nameOfCallee(callee: Callee | undefined): string {
  return callee === undefined || callee === "a join" ? `${callee}` : callee.name;
}

function isGate(key: GateKey): boolean {
  return key.kind === "resume" || (key.kind === "start" && key.to instanceof GateDomain);
}

/** What a log says that differs from what it must say; empty where it does not. */
export function differences(predicted: readonly Entry[], seen: Seen): string[] {
  const { count, log } = seen;
  if (count > predicted.length) return [`${count} entries, expected ${predicted.length} at most`];
  if (count < predicted.length - 1) return [`${count} entries, expected ${predicted.length - 1}`];
  const first = count - log.length;
  return log.flatMap((entry, n) => {
    const { order, databyte, stored, sent, string } = predicted[first + n]!;
    const found = [entry.order, entry.databyte, entry.stored, entry.sent].join(" ");
    const expected = [order, databyte, stored, sent].join(" ");
    if (found !== expected) return [`entry ${first + n}: found ${found}, expected ${expected}`];
    if (string === null || string.startsWith("?") || string.slice(0, 48) === entry.string)
      return [];
    return [`entry ${first + n}: found ${entry.string}, expected ${string}`];
  });
}

// The naive model of gates: domains, messages and keepers as plain objects and lists. No call counts, no
// hooks, no caches: each cycle that a domain runs walks its whole chain. Written from the reference (§3, §4,
// §6–§8) and the rules, to be compared with the kernel in everything that can be seen.

import { faultOf, MOST, messageOf } from "./gate-call.js";
import { Objects } from "./gate-objects.js";
import {
  bigEndian,
  DK0,
  GateDomain,
  GateJoin,
  type GateKey,
  type GateMeter,
  GateWait,
  type Message,
  message,
  nameOf,
  present,
} from "./gate-parts.js";
import type { Where } from "./gate-schedule.js";
import { GateStates } from "./gate-states.js";
import { CALL, FORK, RETURN } from "./invoke.js";
import { BEGIN, CODE, Puppet, REST } from "./puppet.js";

const KEEPER_ORDER = 0xffffffff;
const TRAP_ORDER = 0x80000000;
/** Where the puppets' ecall is. */
export const ECALL_AT = CODE + 4 * (BEGIN + 16);
/** Bytes that are not compared: where a domain is in the midst of its step. */
const UNKNOWN = "????????";

/** Something happened of which the rules do not say what puppets see of it. */
export class Unsaid extends Error {}

export class GateModel extends GateStates {
  readonly #objects = new Objects(this);

  // --- Running ----------------------------------------------------------------------------------

  /** One cycle of a domain, or what it does without one, or what keeps it from having one. */
  protected override pass(domain: GateDomain): void {
    const chain = this.chain(domain);
    if (typeof chain === "number") {
      // Of a chain that is none nobody can wait for cycles.
      domain.trap = { code: chain, where: UNKNOWN };
      this.#deliverTrap(domain);
      return;
    }
    const dry = chain.find((meter) => meter.counter === 0n);
    if (dry) {
      this.#exhausted(domain, dry);
      return;
    }
    if (domain.trap) {
      this.#deliverTrap(domain);
      return;
    }
    if (domain.invokes) {
      domain.invokes = false;
      if (this.#invoke(domain)) this.endSlice();
      return;
    }
    for (const meter of chain) {
      meter.counter--;
      meter.consumed++;
    }
    domain.consumed++;
    this.time++;
    this.used++;
    if (--domain.left === 0) this.#milestone(domain);
    // Who invokes with the last cycle of its slice does so first.
    if (!domain.invokes) this.endSlice();
  }

  #milestone(domain: GateDomain): void {
    if (domain.doing === "invoke") {
      // At once, but for cycles that it may need first: the jump itself costs none.
      domain.invokes = true;
      return;
    }
    domain.log.push(domain.entry);
    domain.place = domain.puppet.next(domain.place);
    domain.doing = "invoke";
    domain.left = REST + Puppet.head(domain.step);
  }

  /** What a domain that is ready invokes next: it has logged what came back before. */
  nextKey(domain: GateDomain): GateKey {
    if (domain.doing === "log") this.#milestone(domain);
    return this.#keyOf(domain);
  }

  /** A domain that is ready does so, however long that takes: for a judge, who knows the order only. */
  perform(domain: GateDomain): void {
    this.nextKey(domain);
    domain.left = 0;
    this.#invoke(domain);
  }

  #keyOf(domain: GateDomain): GateKey {
    const slot = domain.register(10);
    return present(slot < 16 ? domain.keys[slot]! : DK0);
  }

  // --- Invoking ---------------------------------------------------------------------------------

  /** False where the invocation itself is at fault, and is to be done again. */
  #invoke(domain: GateDomain): boolean {
    const fault = faultOf(domain);
    if (fault) return this.#fault(domain, fault.code, fault.address);
    const key = this.#keyOf(domain);
    const sent = messageOf(domain);
    if (key.kind === "start" && key.to instanceof GateDomain) {
      if (key.to === domain) return !this.#fault(domain, 0x300, 0);
      if (key.to.state !== "available") {
        this.stall(domain, key.to);
        return true;
      }
    }
    this.#jump(domain, key, sent);
    return true;
  }

  /** Whoever calls waits, whoever returns is available; in its stead another may run. */
  #jump(domain: GateDomain, key: GateKey, sent: Message): void {
    const { kind } = domain.step;
    const mode = kind === CALL ? "call" : kind === RETURN ? "return" : "fork";
    this.#sayGate(domain, mode, key, sent);
    if (kind === FORK) {
      this.#takeUp(domain);
      this.deliver(key, sent, "last", domain);
      return;
    }
    if (kind === CALL) {
      const token = this.waitFor(domain, "answer");
      sent.keys[3] = { kind: "resume", to: domain, how: "return", token };
    }
    this.queue.splice(this.queue.indexOf(domain), 1);
    const head = this.queue[0];
    this.deliver(key, sent, "first", domain);
    // Nobody runs in its stead: the next one begins a slice of its own.
    if (this.queue[0] === head) this.used = 0;
    this.endSlice();
    if (kind === RETURN) this.becomeAvailable(domain);
  }

  /** The registers as the step has loaded them are what is logged. */
  #takeUp(domain: GateDomain): void {
    const [order, databyte, stored, sent] = [10, 11, 12, 13].map((n) => domain.register(n) >>> 0);
    this.goOn(domain, {
      order: order!,
      databyte: databyte!,
      stored: stored!,
      sent: sent!,
      string: null,
    });
  }

  /** Answers false. */
  #fault(domain: GateDomain, code: number, address: number): boolean {
    domain.trap = { code, where: word(address) + word(ECALL_AT) };
    domain.doing = "invoke";
    domain.left = 1;
    return false;
  }

  /** Hands a message to whatever a key leads to; who is made running is the first or the last of the queue. */
  deliver(to: GateKey, sent: Message, where: Where, invoker?: GateDomain): void {
    const key = present(to);
    if (key.kind === "start" && key.to instanceof GateDomain) {
      this.#receive(key.to, sent, key.databyte, where);
      return;
    }
    if (key.kind === "resume") {
      key.token.void = true;
      if (key.to instanceof GateJoin) this.#objects.arrive(key.to, sent, where);
      else if (key.how === "return") this.#receive(key.to, sent, 0, where);
      else {
        if (key.how === "fault") {
          key.to.trap = sent.order === 0 ? null : { code: sent.order, where: UNKNOWN };
        }
        this.wakeUp(key.to, where);
      }
      return;
    }
    const answer = this.#objects.order(key, sent, invoker);
    if (answer) this.answer(sent.keys[3]!, answer, where);
  }

  /** An answer goes to a resume key that is still good, else nowhere. */
  answer(to: GateKey, answer: Message, where: Where): void {
    if (present(to).kind === "resume") this.deliver(to, answer, where);
  }

  #receive(domain: GateDomain, sent: Message, databyte: number, where: Where): void {
    domain.slotsIn(5).forEach((slot, n) => {
      const key = sent.keys[n];
      if (slot !== null && key) domain.keys[slot] = present(key);
    });
    const stored = Math.min(sent.string.length, domain.register(16), MOST);
    this.goOn(domain, {
      order: sent.order,
      databyte,
      stored,
      sent: sent.string.length,
      string: sent.string.slice(0, stored),
    });
    this.wakeUp(domain, where);
  }

  // --- Keepers ----------------------------------------------------------------------------------

  /** What goes to a domain or a join that waits. */
  #sayGate(domain: GateDomain, mode: string, key: GateKey, sent: Message): void {
    if (key.kind !== "start" && key.kind !== "resume") return;
    if (key.to instanceof GateWait || (key.kind === "start" && key.to instanceof GateJoin)) return;
    const callee = key.to instanceof GateDomain ? key.to.name : "nobody";
    this.say(domain, `${mode} ${callee} ${sent.order}`);
  }

  #exhausted(domain: GateDomain, dry: GateMeter): void {
    const key = present(dry.keeper);
    const isGate = key.kind === "resume" || (key.kind === "start" && key.to instanceof GateDomain);
    if (key.kind === "start" && key.to === domain && !domain.trap) {
      domain.trap = { code: 0x300, where: UNKNOWN };
      return;
    }
    if (!isGate || key.to === domain) {
      this.park(domain, dry);
      return;
    }
    if (key.kind === "start" && (key.to as GateDomain).state !== "available") {
      this.stall(domain, key.to as GateDomain);
      return;
    }
    const service: GateKey = { kind: "node", to: dry, databyte: 0 };
    this.keep(domain, key, "restart", (restart) =>
      message(KEEPER_ORDER, bigEndian(this.time * 256n, 8), [DK0, DK0, service, restart]),
    );
  }

  #deliverTrap(domain: GateDomain): void {
    const key = present(domain.keeper);
    if (key.kind === "start" && key.to instanceof GateDomain && key.to !== domain) {
      if (key.to.state !== "available") {
        this.stall(domain, key.to);
        return;
      }
      const { code, where } = domain.trap!;
      const own: GateKey = { kind: "domain", to: domain };
      this.keep(domain, key, "fault", (fault) =>
        message(TRAP_ORDER + code, word(code) + where, [DK0, DK0, own, fault]),
      );
      return;
    }
    this.leaveQueue(domain);
    domain.state = "trapped";
    this.say(domain, `traps ${domain.trap!.code.toString(16)}`);
  }

  /** Its keeper runs at once in its stead. */
  keep(
    domain: GateDomain,
    keeper: GateKey,
    how: "restart" | "fault",
    make: (resume: GateKey) => Message,
  ): void {
    const token = this.waitFor(domain, "kept");
    this.queue.splice(this.queue.indexOf(domain), 1);
    const head = this.queue[0];
    const sent = make({ kind: "resume", to: domain, how, token });
    this.#sayGate(domain, "implicit", keeper, sent);
    this.deliver(keeper, sent, "first");
    if (this.queue[0] === head) this.used = 0;
    this.endSlice();
  }

  // --- What holders of keys, and the host, do ---------------------------------------------------

  /** §3.3, orders 65 to 67, and the host's start and stop. */
  makeAvailable(domain: GateDomain): void {
    if (domain.state === "available") return;
    if (domain.state !== "waiting" || domain.why !== "answer") throw new Unsaid("out of its way");
    this.detain(domain);
    this.becomeAvailable(domain);
  }

  makeWaiting(domain: GateDomain): GateKey {
    this.abandon(domain);
    this.detain(domain);
    return { kind: "resume", to: domain, how: "restart", token: this.waitFor(domain, "kept") };
  }

  /** The host's: whoever takes messages goes on doing so. */
  start(domain: GateDomain): void {
    if (domain.state !== "ready" && domain.state !== "available") this.makeRunning(domain);
  }

  makeRunning(domain: GateDomain): void {
    this.abandon(domain);
    this.detain(domain);
    domain.trap = null;
    this.enqueue(domain);
  }

  stop(domain: GateDomain): void {
    this.abandon(domain);
    this.detain(domain);
    domain.state = "stopped";
  }

  rescind(domain: GateDomain): void {
    this.detain(domain);
    domain.rescinded = true;
    domain.state = "stopped";
    for (const staller of domain.stallers.splice(0)) this.enqueue(staller);
    this.worries = this.worries.filter((worry) => worry.domain !== domain);
  }

  set(meter: GateMeter, cycles: bigint): void {
    meter.bad = null;
    meter.counter = cycles;
    if (cycles > 0n) for (const domain of meter.parked.splice(0)) this.enqueue(domain);
  }

  /** A key that is no counter: those who are parked look again where it is a number all the same. */
  spoil(meter: GateMeter, key: GateKey): void {
    this.set(meter, key.kind === "data" ? 1n : 0n);
    meter.counter = 0n;
    meter.bad = key;
  }

  setKeeper(meter: GateMeter, key: GateKey): void {
    if (nameOf(meter.keeper) === nameOf(key)) return;
    meter.keeper = key;
    for (const domain of meter.parked.splice(0)) this.enqueue(domain);
  }

  setMeter(domain: GateDomain, key: GateKey): void {
    domain.meter = key;
    if (domain.state === "parked" || domain.state === "stalled") {
      this.detain(domain);
      this.enqueue(domain);
    }
  }
}

function word(value: number): string {
  return bigEndian(BigInt(value >>> 0), 4);
}

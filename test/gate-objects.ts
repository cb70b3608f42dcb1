// The kernel's own keys in the model of gates: what each order answers, and what it does.

import type { GateModel } from "./gate-model.js";
import {
  bigEndian,
  DK0,
  type GateDomain,
  GateJoin,
  type GateKey,
  type GateMeter,
  type GatePage,
  GateWait,
  type Message,
  message,
  nameOf,
  numberOf,
  present,
} from "./gate-parts.js";
import type { Where } from "./gate-schedule.js";
import { CALL } from "./invoke.js";

const KT = 0x80000000;
const INVALID = message(0x80000002);
const NOTHING = message(1);
const RANGE = message(2);
const TAKEN = message(3);
const DONE = message(0);
const MOST_DATA = 11;

const gives = (key: GateKey): Message => message(0, "", [key]);

export class Objects {
  constructor(readonly model: GateModel) {}

  /** The answer to an order, or null where it comes later. */
  order(key: GateKey, sent: Message, invoker?: GateDomain): Message | null {
    const isKt = sent.order === KT;
    switch (key.kind) {
      case "data":
        if (isKt) return message(1);
        return sent.order === 0 ? message(0, bigEndian(key.value, MOST_DATA)) : INVALID;
      case "meter":
        return isKt ? message(6) : INVALID;
      case "domain":
        return isKt ? message(7) : this.#domain(key.to, sent, invoker);
      case "page":
        return isKt ? message(0x202) : this.#page(key.to, sent);
      case "misc":
        return this.#misc(key.name, sent);
      case "start":
        if (key.to instanceof GateJoin)
          return isKt ? message(0x203) : this.#join(key.to, sent, invoker);
        if (key.to instanceof GateWait)
          return isKt ? message(0x204) : this.#wait(key.to, sent, invoker);
        return INVALID;
      case "resume":
        return INVALID;
      default:
        return this.#node(key, sent);
    }
  }

  #node(
    key: { kind: "node" | "fetch" | "sense" | "meter"; to: GateMeter; databyte: number },
    sent: Message,
  ): Message {
    const { order } = sent;
    const argument = present(sent.keys[0]!);
    const isNode = key.kind === "node";
    if (order === KT) return message(isNode ? 3 : key.kind === "fetch" ? 4 : 15);
    if (order < 16) return gives(weakened(this.#fetch(key.to, order), key.kind === "sense"));
    if (order < 32) return isNode ? this.#swap(key.to, order - 16, argument) : INVALID;
    const { to, databyte } = key;
    if (order === 32)
      return key.kind === "sense" ? INVALID : gives({ kind: "fetch", to, databyte });
    if (order === 34) return isNode ? gives({ kind: "meter", to, databyte: 0 }) : INVALID;
    if (order === 35) {
      const given = sent.string.length > 0 ? sent.string.charCodeAt(0) : 0;
      return isNode ? gives({ kind: "node", to, databyte: given }) : INVALID;
    }
    if (order === 36) return gives({ kind: "sense", to, databyte });
    if (order === 38) {
      const isSame = "to" in argument && argument.to === to;
      return message(isSame ? 0 : 1);
    }
    return order === 40 ? message(databyte) : INVALID;
  }

  #fetch(meter: GateMeter, slot: number): GateKey {
    if (slot === 1) {
      const { superior } = meter;
      return superior ? { kind: "meter", to: superior, databyte: 0 } : DK0;
    }
    if (slot === 2) return present(meter.keeper);
    if (slot === 3) return present(meter.bad ?? { kind: "data", value: meter.counter });
    return present(meter.slots.get(slot) ?? DK0);
  }

  #swap(meter: GateMeter, slot: number, key: GateKey): Message {
    const old = this.#fetch(meter, slot);
    if (slot === 3 && key.kind === "data" && key.value < 1n << 64n)
      this.model.set(meter, key.value);
    else if (slot === 3) this.model.spoil(meter, key);
    else if (slot === 2) this.model.setKeeper(meter, key);
    else meter.slots.set(slot, key);
    return gives(old);
  }

  #domain(to: GateDomain, sent: Message, invoker?: GateDomain): Message {
    const { order } = sent;
    const argument = present(sent.keys[0]!);
    if (order === 1) return gives(present(to.meter));
    if (order === 2) return gives(present(to.keeper));
    if (order >= 16 && order < 32) return gives(present(to.keys[order - 16]!));
    if (order === 33) {
      const old = present(to.meter);
      if (nameOf(old) !== nameOf(argument)) this.model.setMeter(to, argument);
      return gives(old);
    }
    if (order === 34) {
      const old = present(to.keeper);
      to.keeper = argument;
      return gives(old);
    }
    if (order >= 48 && order < 64) {
      const old = present(to.keys[order - 48]!);
      to.keys[order - 48] = argument;
      return gives(old);
    }
    const databyte = sent.string.length > 0 ? sent.string.charCodeAt(0) : 0;
    if (order === 64) return gives({ kind: "start", to, databyte });
    if (to === invoker) return INVALID;
    if (order === 65) this.model.makeAvailable(to);
    else if (order === 66) return gives(this.model.makeWaiting(to));
    else if (order === 67) this.model.makeRunning(to);
    else return INVALID;
    return DONE;
  }

  #page(page: GatePage, { order, string }: Message): Message {
    const { text } = page;
    if (order < text.length) return message(0, text.slice(order));
    if (order < 2 * text.length) {
      const offset = order - text.length;
      if (string.length > text.length - offset) return RANGE;
      page.text = text.slice(0, offset) + string + text.slice(offset + string.length);
      return DONE;
    }
    if (order !== 2 * text.length) return INVALID;
    page.text = "\0".repeat(text.length);
    return DONE;
  }

  #misc(name: "clock" | "returner" | "data", sent: Message): Message {
    if (sent.order === KT) return message(0x201);
    if (name === "returner") return message(sent.order, sent.string, sent.keys.slice(0, 3));
    if (name === "data") {
      if (sent.order !== 0) return INVALID;
      if (sent.string.length > MOST_DATA) return RANGE;
      return gives({ kind: "data", value: numberOf(sent.string) });
    }
    if (sent.order === 7) return message(0, bigEndian(this.model.time * 256n, 8));
    return sent.order === 8 ? message(0, bigEndian(this.model.idle, 8)) : INVALID;
  }

  // --- Joins and waits --------------------------------------------------------------------------

  #join(join: GateJoin, sent: Message, invoker?: GateDomain): Message | null {
    if (sent.order === 0) {
      if (join.token) join.token.void = true;
      join.held = null;
      join.token = { void: false };
      return gives({ kind: "resume", to: join, how: "return", token: join.token });
    }
    if (sent.order !== 1) return INVALID;
    if (present(join.waiter) !== DK0) return TAKEN;
    const { held } = join;
    join.held = null;
    if (held) return held;
    if (!join.token || join.token.void) return NOTHING;
    // The invoker, or whoever key 4 is a resume key to, waits.
    if (invoker?.step.kind !== CALL && present(sent.keys[3]!).kind !== "resume") return INVALID;
    join.waiter = sent.keys[3]!;
    return null;
  }

  /** The message that a join waits for. */
  arrive(join: GateJoin, sent: Message, where: Where): void {
    join.token = null;
    const { waiter } = join;
    join.waiter = DK0;
    if (present(waiter) === DK0) join.held = sent;
    else this.model.answer(waiter, sent, where);
  }

  #wait(wait: GateWait, sent: Message, invoker?: GateDomain): Message | null {
    if (sent.order === 0) {
      if (invoker?.step.kind !== CALL) return INVALID;
      if (present(wait.waiter) !== DK0) return TAKEN;
      if (wait.time <= this.model.time * 256n) return DONE;
      this.model.wait(wait, sent.keys[3]!);
      return null;
    }
    if (sent.order !== 1) return INVALID;
    if (sent.string.length !== 8) return RANGE;
    wait.time = numberOf(sent.string);
    const isPast = wait.time <= this.model.time * 256n;
    if (isPast && present(wait.waiter) !== DK0) this.model.wakeWaiter(wait);
    return DONE;
  }
}

/** What a sense key lets through. */
function weakened(key: GateKey, senses: boolean): GateKey {
  if (!senses || key.kind === "data") return key;
  const isNode = key.kind === "node" || key.kind === "fetch" || key.kind === "sense";
  return isNode ? { ...key, kind: "sense" } : DK0;
}

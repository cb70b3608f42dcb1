// What the naive model of gates is made of: keys as plain objects, meters with one counter each, domains
// with sixteen slots and a puppet's script, joins and waits.

import { Puppet, type Step } from "./puppet.js";

export type How = "restart" | "return" | "fault";
/** What a resume key is good for; void after its first use, in every copy. */
export interface Token {
  void: boolean;
}

export type GateKey =
  | { kind: "data"; value: bigint }
  | { kind: "start"; to: Callee; databyte: number }
  | { kind: "resume"; to: GateDomain | GateJoin; how: How; token: Token }
  | { kind: "node" | "fetch" | "sense" | "meter"; to: GateMeter; databyte: number }
  | { kind: "domain"; to: GateDomain }
  | { kind: "page"; to: GatePage }
  | { kind: "misc"; name: "clock" | "returner" | "data" };
export type Callee = GateDomain | GateJoin | GateWait;

export const DK0: GateKey = { kind: "data", value: 0n };
export const data = (value: bigint | number): GateKey => ({ kind: "data", value: BigInt(value) });
export const start = (to: Callee, databyte = 0): GateKey => ({ kind: "start", to, databyte });

/** What a key means now: rescinded and used ones are DK(0). */
export function present(key: GateKey): GateKey {
  if (key.kind === "resume" && key.token.void) return DK0;
  return "to" in key && key.to.rescinded ? DK0 : key;
}

/** A key in words, the same for keys that mean the same. */
export function nameOf(key: GateKey): string {
  const now = present(key);
  if (now.kind === "data") return `data ${now.value}`;
  if (now.kind === "misc") return now.name;
  if (now.kind === "resume") return `${now.how} ${now.to.name}`;
  return `${now.kind} ${now.to.name}${"databyte" in now && now.databyte ? `/${now.databyte}` : ""}`;
}

export interface Message {
  readonly order: number;
  /** Bytes, each a character. */
  readonly string: string;
  /** Four of them. */
  readonly keys: GateKey[];
}

export function message(order: number, string = "", keys: readonly GateKey[] = []): Message {
  return { order: order >>> 0, string, keys: [0, 1, 2, 3].map((n) => keys[n] ?? DK0) };
}

/** Bytes of a number, the highest first. */
export function bigEndian(value: bigint, bytes: number): string {
  const list = Array.from({ length: bytes }, (_, n) => Number((value >> BigInt(8 * n)) & 255n));
  return String.fromCharCode(...list.reverse());
}

export function numberOf(string: string): bigint {
  return [...string].reduce((sum, c) => (sum << 8n) | BigInt(c.charCodeAt(0)), 0n);
}

export class GateMeter {
  rescinded = false;
  consumed = 0n;
  keeper: GateKey = DK0;
  /** What is in slot 3 where that is no counter. */
  bad: GateKey | null = null;
  /** Slots that mean nothing to the kernel: 9, 13, 14. */
  readonly slots = new Map<number, GateKey>();
  /** Domains that nobody helps, in the order in which they came. */
  parked: GateDomain[] = [];

  constructor(
    readonly name: string,
    public counter: bigint,
    readonly superior: GateMeter | null,
  ) {}
}

export type GateState =
  | "stopped"
  | "ready"
  | "available"
  | "waiting"
  | "stalled"
  | "parked"
  | "trapped";

/** What a step's log entry will say; `string` is null where nothing came. */
export interface Entry {
  order: number;
  databyte: number;
  stored: number;
  sent: number;
  string: string | null;
}

export class GateDomain {
  state: GateState = "stopped";
  rescinded = false;
  consumed = 0n;
  readonly keys: GateKey[] = Array.from({ length: 16 }, () => DK0);
  keeper: GateKey = DK0;
  meter: GateKey;
  /** Who wants in, in the order in which they came. */
  stallers: GateDomain[] = [];
  stalledOn: GateDomain | null = null;
  /** While it is waiting: who has it, can make it go on; `why` it waits. */
  token: Token | null = null;
  why: "answer" | "kept" | null = null;
  trap: { code: number; where: string } | null = null;
  /** Its place in the script, and the cycles until it invokes, or has logged what came back. */
  place = 0;
  doing: "invoke" | "log" = "invoke";
  left: number;
  /** Its ecall is executed, and what it invokes is to be done when it is dispatched with cycles. */
  invokes = false;
  entry: Entry = { order: 0, databyte: 0, stored: 0, sent: 0, string: "" };
  readonly log: Entry[] = [];
  readonly puppet: Puppet;

  constructor(
    readonly name: string,
    meter: GateMeter,
    steps: readonly Step[],
    begin: number,
    logPages = 1,
  ) {
    this.meter = { kind: "meter", to: meter, databyte: 0 };
    this.puppet = new Puppet(steps, logPages);
    this.left = begin + Puppet.head(this.step);
  }

  get step(): Step {
    return this.puppet.steps[this.place]!;
  }

  /** A register as the present step has loaded it. */
  register(number: number): number {
    return this.puppet.registers(this.place)[number]!;
  }

  slotsIn(number: number): (number | null)[] {
    const word = this.register(number);
    return [0, 8, 16, 24].map((shift) => {
      const slot = (word >>> shift) & 255;
      return slot < 16 ? slot : null;
    });
  }
}

export class GatePage {
  rescinded = false;
  /** Bytes, each a character. */
  text = "\0".repeat(4096);
  constructor(readonly name: string) {}
}

/** A message that may come before it is asked for. */
export class GateJoin {
  rescinded = false;
  token: Token | null = null;
  held: Message | null = null;
  waiter: GateKey = DK0;
  constructor(readonly name: string) {}
}

export class GateWait {
  rescinded = false;
  /** In 2^-12 µs: 256 to a cycle. */
  time = 0n;
  waiter: GateKey = DK0;
  sequence = 0;
  constructor(readonly name: string) {}
}

// Random worlds of puppets for fast-check: trees of meters, scripts, keys and what the host does. Plain
// records with numbers for things, so that they shrink and print.

import fc from "fast-check";
import { CALL, FORK, RETURN } from "./invoke.js";
import { call, fork, NONE, reply, rest, type Step } from "./puppet.js";

/** A key by what it means; things are numbers, taken modulo how many there are. */
export interface KeyPlan {
  readonly kind:
    | "start"
    | "domain"
    | "node"
    | "fetch"
    | "meter"
    | "join"
    | "wait"
    | "clock"
    | "returner"
    | "data"
    | "number";
  readonly of: number;
  readonly databyte: number;
}

export interface DomainPlan {
  readonly meter: number;
  readonly steps: readonly Step[];
  readonly keys: readonly KeyPlan[];
  readonly keeper: KeyPlan | null;
}

export interface GatePlan {
  readonly quantum: number;
  readonly meters: readonly { superior: number; cycles: bigint; keeper: KeyPlan | null }[];
  readonly domains: readonly DomainPlan[];
}

/** Slots that hold keys which the scripts count on: nothing is received there. */
export const NUMBERS = [8, 9, 10, 11];
export const JOIN = 2;
export const WAIT = 3;
const TAKEN = [4, 5, 6, 7, 12, 13, 14, 15];
const ANY = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, NONE];

const slot = fc.constantFrom(...ANY);
const passed = fc.array(slot, { maxLength: 4 });
const taken = fc.array(fc.constantFrom<number | null>(null, ...TAKEN), { maxLength: 4 });
const busy = fc.oneof({ weight: 3, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(60) });

const ORDERS = [
  ...[0, 1, 2, 3, 7, 8, 9, 13, 18, 19, 25, 29, 32, 34, 35, 36, 38, 40, 41],
  ...[33, 34, 52, 60, 64, 64, 65, 66, 67, 0x80000000, 0x12345],
];
const order = fc.constantFrom(...ORDERS);
const string = fc.oneof(
  { weight: 4, arbitrary: fc.constant("") },
  { weight: 4, arbitrary: fc.string({ maxLength: 60, unit: fc.constantFrom(..."abcXYZ01") }) },
  // A time for a wait object.
  { weight: 2, arbitrary: fc.nat(4000).map((cycles) => timeOf(cycles)) },
);

/** What is not as it must be. */
const raw = fc.constantFrom<Readonly<Record<number, number>>>(
  { 13: 4097 },
  { 12: 0, 13: 1 },
  { 15: 0, 16: 1 },
  { 15: 0x1000, 16: 8 },
  { 16: 0 },
);

const anyStep: fc.Arbitrary<Step> = fc
  .record({
    kind: fc.oneof(
      { weight: 4, arbitrary: fc.constant<Step["kind"]>(CALL) },
      { weight: 3, arbitrary: fc.constant<Step["kind"]>(RETURN) },
      { weight: 2, arbitrary: fc.constant<Step["kind"]>(FORK) },
    ),
    slot,
    order,
    string,
    keys: passed,
    take: taken,
    busy,
    raw: fc.oneof({ weight: 40, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: raw }),
  })
  .map(({ raw: registers, ...step }) => (registers ? { ...step, raw: registers } : step));

/** Steps of a role, which go on with the first of them, and begin at a place. */
type Role = (first: number) => Step[];

const server = fc.tuple(busy, busy, string).map(
  ([a, b, said]): Role =>
    (first) => [
      rest({ take: [4, 5, 6, 7], busy: a }),
      reply(7, {
        order: 40 + a,
        string: said,
        take: [4, 5, 6, 7],
        keys: [4, 5, 6],
        busy: b,
        next: first + 1,
      }),
    ],
);

const client = fc.tuple(fc.nat(7), busy, order, passed).map(
  ([to, n, what, keys]): Role =>
    (first) => [
      call(to, {
        order: what,
        string: "from a client",
        keys,
        take: [12, 13],
        busy: n,
        next: first,
      }),
    ],
);

/** A keeper: raises the counter by key 3 and restarts by key 4. */
const keeper = fc.tuple(fc.constantFrom(...NUMBERS), busy).map(
  ([number, n]): Role =>
    (first) => [
      rest({ take: [null, null, 5, 6] }),
      call(5, { order: 19, keys: [number], take: [14], busy: n }),
      reply(6, { order: 17, string: "unseen", take: [null, null, 5, 6], next: first + 1 }),
    ],
);

/** Of a domain: says what becomes of a trap by the order, which is 0 or a trap code. */
const trapKeeper = fc.tuple(busy, fc.constantFrom(0, 0, 0x77)).map(
  ([n, what]): Role =>
    (first) => [
      rest({ take: [null, null, 5, 6] }),
      reply(6, { order: what, take: [null, null, 5, 6], busy: n, next: first + 1 }),
    ],
);

const forker = fc.tuple(fc.nat(7), busy, passed).map(
  ([to, n, keys]): Role =>
    (first) => [fork(to, { order: 5000 + n, string: "forked", keys, busy: n, next: first })],
);

/** Has a server answer into a join, and takes what came there, sooner or later. */
const joiner = fc.tuple(fc.nat(7), busy, busy).map(
  ([to, a, b]): Role =>
    (first) => [
      call(JOIN, { order: 0, take: [4] }),
      fork(to, { order: 600 + a, string: "into a join", keys: [null, null, null, 4], busy: a }),
      call(JOIN, { order: 1, take: [12, 13, 14], busy: b, next: first }),
    ],
);

/** Sets a time and waits for it. */
const waiter = fc.array(fc.nat(20_000), { minLength: 1, maxLength: 4 }).map(
  (times): Role =>
    () =>
      times.flatMap((time) => [
        call(WAIT, { order: 1, string: timeOf(time) }),
        call(WAIT, { order: 0 }),
      ]),
);

const free = fc.array(anyStep, { minLength: 1, maxLength: 8 }).map(
  (steps): Role =>
    () =>
      steps,
);

const role = fc.oneof(
  { weight: 3, arbitrary: free },
  { weight: 5, arbitrary: server },
  { weight: 5, arbitrary: client },
  { weight: 3, arbitrary: keeper },
  { weight: 2, arbitrary: trapKeeper },
  { weight: 2, arbitrary: forker },
  { weight: 3, arbitrary: joiner },
  { weight: 2, arbitrary: waiter },
);

/** A few steps of its own, then a role. */
const script = fc
  .tuple(fc.array(anyStep, { maxLength: 3 }), role, fc.boolean())
  .map(([before, after, goesRound]): Step[] => {
    const steps = [...before, ...after(before.length)];
    const last = steps.at(-1)!;
    if (goesRound && last.next === undefined) steps[steps.length - 1] = { ...last, next: 0 };
    return steps;
  });

const plain = (kind: KeyPlan["kind"], weight: number) => ({
  weight,
  arbitrary: fc.record({ kind: fc.constant(kind), of: fc.nat(9), databyte: fc.nat(9) }),
});

export const key: fc.Arbitrary<KeyPlan> = fc.oneof(
  plain("start", 10),
  plain("domain", 2),
  plain("node", 2),
  plain("fetch", 1),
  plain("meter", 1),
  plain("join", 2),
  plain("wait", 2),
  plain("clock", 1),
  plain("returner", 2),
  plain("data", 1),
  plain("number", 1),
);

const few = fc.bigInt(0n, 900n);
export const cycles = fc.oneof(
  { weight: 2, arbitrary: few },
  { weight: 1, arbitrary: fc.constant(1n << 40n) },
);
const startKey = plain("start", 1).arbitrary;
const keeperKey = fc.oneof({ weight: 6, arbitrary: startKey }, { weight: 1, arbitrary: key });

export const plan: fc.Arbitrary<GatePlan> = fc.record({
  quantum: fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }) },
    { weight: 3, arbitrary: fc.integer({ min: 20, max: 300 }) },
  ),
  meters: fc.array(
    fc.record({ superior: fc.nat(9), cycles, keeper: fc.option(keeperKey, { freq: 2 }) }),
    { minLength: 1, maxLength: 4 },
  ),
  domains: fc.array(
    fc.record({
      meter: fc.nat(9),
      steps: script,
      keys: fc.array(key, { minLength: 8, maxLength: 8 }),
      keeper: fc.option(startKey, { freq: 3 }),
    }),
    { minLength: 2, maxLength: 6 },
  ),
});

/** What the host does between runs. */
export type Act =
  | { readonly kind: "run"; readonly cycles: number }
  | { readonly kind: "set"; readonly of: number; readonly cycles: bigint }
  | { readonly kind: "start" | "stop" | "rescind"; readonly of: number }
  | { readonly kind: "keeper" | "domainKeeper"; readonly of: number; readonly key: KeyPlan }
  | { readonly kind: "key"; readonly of: number; readonly slot: number; readonly key: KeyPlan };

const of = fc.nat(9);
const run = fc.record({ kind: fc.constant("run" as const), cycles: fc.nat(2000) });

export const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: run },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("set" as const), of, cycles }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("start" as const), of }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("stop" as const), of }) },
    // Seldom, or nobody were left: the last of them.
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("rescind" as const), of: fc.nat(20) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom("keeper" as const, "domainKeeper"),
        of,
        key: keeperKey,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("key" as const), of, slot: fc.nat(7), key }),
    },
  ),
  { minLength: 5, maxLength: 40, size: "max" },
);

/** 8 bytes of a time in 2^-12 µs. */
export function timeOf(cycles: number): string {
  const units = BigInt(cycles) * 256n;
  return String.fromCharCode(
    ...[56n, 48n, 40n, 32n, 24n, 16n, 8n, 0n].map((shift) => Number((units >> shift) & 255n)),
  );
}

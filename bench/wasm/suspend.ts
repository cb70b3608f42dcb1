#!/usr/bin/env node
// npm run with-node -- 26 dist/bench/wasm/suspend.js: what `suspend: true` costs, and a suspension itself.

import wabt from "wabt";
import type { Guest, Keeper } from "../../src/index.js";
import { createKernel } from "../../src/index.js";
import { type Instrumented, instrument } from "../../src/instrument/index.js";

const TEXT = `(module
  (import "host" "act" (func $act))
  (func (export "nothing"))
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2)) (then (local.get $n))
      (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
        (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
  (func (export "spin") (param $n i32)
    (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "acts") (param $n i32)
    (loop $more (call $act)
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`;

const ROUNDS = 15;
const CALLS = 20_000;
/** So many of these are suspended in each round. */
const WAITS = 2000;
const WAIT_CYCLES = 1000;

const { parseWat } = await wabt();
const module = instrument(parseWat("suspend.wat", TEXT).toBinary({}).buffer);

function guest(suspend: boolean, keeper?: Keeper, of: Instrumented = module): Guest {
  const kernel = createKernel();
  const meter = kernel.createMeter({
    superior: kernel.primeMeter,
    ...(keeper && { cycles: 0n, keeper }),
  });
  return kernel.loadWasm(of, { meter, suspend, imports: { host: { act() {} } } });
}

interface Row {
  readonly what: string;
  readonly unit: string;
  readonly count: number;
  readonly run: (guest: Guest) => Promise<unknown>;
}

const rows: Row[] = [
  {
    ...{ what: "an empty call", unit: "ns", count: CALLS },
    async run(guest) {
      for (let i = 0; i < CALLS; i++) await guest.call("nothing");
    },
  },
  {
    ...{ what: "a call of the host's", unit: "ns", count: 10 * CALLS },
    run: (guest) => guest.call("acts", 10 * CALLS),
  },
  { what: "a run of loops", unit: "ms", count: 1, run: (guest) => guest.call("spin", 100_000_000) },
  { what: "a run of calls", unit: "ms", count: 1, run: (guest) => guest.call("fib", 32) },
];

async function timed({ unit, count, run }: Omit<Row, "what">, guest: Guest): Promise<number> {
  const start = performance.now();
  await run(guest);
  return ((performance.now() - start) * (unit === "ns" ? 1e6 : 1)) / count;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

for (const row of rows) {
  const times: [number[], number[]] = [[], []];
  const guests = [guest(false), guest(true)];
  for (let round = 0; round < ROUNDS; round++) {
    for (const which of [0, 1] as const) times[which].push(await timed(row, guests[which]!));
  }
  const [plain, suspendable] = times.map(median);
  const ratio = (suspendable! / plain!).toFixed(2);
  console.log(
    `${row.what}: ${plain!.toFixed(0)} ${row.unit}; with suspend ${suspendable!.toFixed(0)} (${ratio})`,
  );
}

const later: Keeper = async ({ meter }) => meter.add(BigInt(WAIT_CYCLES));
const turns = (WAITS * WAIT_CYCLES) / 5;
const wait: Omit<Row, "what"> = {
  ...{ unit: "ns", count: WAITS },
  run: (guest) => guest.call("spin", turns),
};
const waits: number[] = [];
for (let round = 0; round < ROUNDS; round++) waits.push(await timed(wait, guest(true, later)));
console.log(
  `suspended and resumed, by a keeper that answers later: ${median(waits).toFixed(0)} ns`,
);

// A crowd that stalls on one domain, a keeper that is busy: how long each takes to stall, and, once it has
// cycles for all, to be let in and run.

import { bursts, createKernel, type Domain, type Kernel } from "../src/index.js";
import type { Figure, Size } from "./bench.js";
import { CALLEE, caller, taker } from "./callers.js";
import { Sample } from "./measure.js";
import { guest, pass } from "./pair.js";

const ORDER_MAKE_AVAILABLE = 65;
/** Rounds are long, and steady. */
const ROUNDS = 3;

export function crowds(size: Size): Figure[] {
  const count = size.small ? 10_000 : 1_000_000;
  const rounds = Array.from({ length: Math.min(ROUNDS, size.rounds) }, () => crowd(count));
  const figure = (name: string, of: (round: Round) => number) =>
    new Sample(rounds.map(of)).figure({ name, parameters: { domains: count } });
  return [
    figure("stalling on a busy keeper", ({ stalled }) => stalled),
    figure("let in when it is available, and run", ({ run }) => run),
  ];
}

/** Nanoseconds for each domain of the crowd. */
interface Round {
  readonly stalled: number;
  readonly run: number;
}

function crowd(count: number): Round {
  const kernel = createKernel({ nodes: count + 64, frames: 4096, quantum: 100 });
  const keeper = busyKeeper(kernel);
  const meter = kernel.createMeter({
    superior: kernel.primeMeter,
    cycles: 0n,
    keeper: keeper.startKey(),
  });
  const program = bursts({ run: 1, times: 1 });
  for (let i = 0; i < count; i++) kernel.createDomain({ meter, program }).start();
  const stalled = timed(kernel, count, "idle");
  meter.set(BigInt(count));
  const { code } = kernel.invoke(keeper.domainKey, ORDER_MAKE_AVAILABLE);
  if (code !== 0) throw new Error(`crowd: the keeper can't be made available (${code})`);
  const run = timed(kernel, count, "idle");
  if (meter.peek() !== 0n) throw new Error(`crowd: ${meter.peek()} of ${count} have not run`);
  kernel.dispose();
  return { stalled, run };
}

/** It waits for an answer that never comes. */
function busyKeeper(kernel: Kernel): Domain {
  const silent = guest(kernel, taker());
  const keeper = guest(kernel, caller(0));
  keeper.keys.set(CALLEE, silent.startKey());
  silent.start();
  pass(kernel, 1000);
  keeper.start();
  pass(kernel, 1000);
  if (keeper.state !== "waiting") throw new Error(`crowd: the keeper is ${keeper.state}`);
  return keeper;
}

function timed(kernel: Kernel, count: number, reason: string): number {
  const start = performance.now();
  let outcome = kernel.step().reason;
  while (outcome === "ran") outcome = kernel.step().reason;
  if (outcome !== reason) throw new Error(`crowd: ended as ${outcome}, expected ${reason}`);
  return ((performance.now() - start) * 1e6) / count;
}

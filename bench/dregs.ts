// Two domains that talk over the dregs of a meter: its counter is zero, so each takes the other's cache when
// its turn comes. Below the meter there are many who are prepared and idle: with the dry bits they
// are never looked at, without them all are, each time.

import { readFileSync } from "node:fs";
import { indexOf } from "../src/id.js";
import { bursts, createKernel } from "../src/index.js";
import type { Figure, Size } from "./bench.js";
import { CALLEE, caller, server } from "./callers.js";
import { measure } from "./measure.js";
import { candidate, counted, guest, pass, type Talk, talk } from "./pair.js";

const BUILD = readFileSync(new URL("../../build/kernel.bench.wasm", import.meta.url));
/** Two switches to a round. */
const SWITCHES = 2;
/** Meters of the idle ones. */
const LEAVES = 100;
/** Enough for the bench, and less than an advance. */
const DREGS = 1n << 40n;

export function conversations(size: Size): Figure[] {
  const idle = size.small ? 2000 : 100_000;
  const count = 1000;
  const few = 10;
  const talks = { with: dregs(idle, false), without: dregs(idle, true), alone: dregs(0, false) };
  const each = (name: keyof typeof talks, rounds: number) => {
    const one = candidate(name, talks[name], rounds);
    return { ...one, operations: rounds * SWITCHES };
  };
  const samples = measure([each("with", count), each("without", few), each("alone", count)], size);
  const name = "switch over the dregs of a meter";
  const alone = { name: "none idle", sample: samples.get("alone")! };
  const bits = { name: "with dry bits", sample: samples.get("with")! };
  return [
    samples.get("with")!.figure({ name, parameters: { idle }, yardstick: alone }),
    samples.get("without")!.figure({
      name,
      parameters: { idle, "dry bits": "ignored" },
      yardstick: bits,
    }),
    samples.get("alone")!.figure({ name, parameters: { idle: 0 } }),
  ];
}

function dregs(idle: number, ignoreDry: boolean): Talk {
  const kernel = createKernel({
    nodes: idle + LEAVES + 64,
    frames: 4096,
    advance: 2n * DREGS,
    build: BUILD,
    ignoreDry,
  });
  const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: DREGS });
  const callee = guest(kernel, server(0), meter);
  callee.start();
  pass(kernel, 1000);
  crowdBelow(kernel, meter, idle);
  const one = guest(kernel, caller(0), meter);
  one.keys.set(CALLEE, callee.startKey());
  one.start();
  const talking = talk(kernel, () => counted(kernel, one));
  const scavenges = () => kernel.statistics().scavenges;
  const before = [scavenges(), talking.count()] as const;
  pass(kernel, 100 * talking.cycles);
  if (scavenges() - before[0] < 2n * BigInt(talking.count() - before[1])) {
    throw new Error("dregs: there were switches without a scavenge");
  }
  return talking;
}

type TheKernel = ReturnType<typeof createKernel>;

/** Prepared domains that never run. */
function crowdBelow(kernel: TheKernel, meter: TheKernel["primeMeter"], count: number): void {
  if (count === 0) return;
  const leaves = Array.from({ length: LEAVES }, () => kernel.createMeter({ superior: meter }));
  const program = bursts({ run: 1 });
  const domains = Array.from({ length: count }, (_, i) =>
    kernel.createDomain({ meter: leaves[i % LEAVES]!, program }),
  );
  const { prepareEach } = kernel.core.exports as unknown as {
    prepareEach(first: number, count: number, stride: number): number;
  };
  const first = indexOf(domains[0]!.id);
  if (indexOf(domains.at(-1)!.id) !== first + count - 1 || prepareEach(first, count, 1) !== 0) {
    throw new Error("dregs: not all could be prepared");
  }
}

// What it costs to tell the host: events, which it takes in batches, and the occasions on which the kernel
// comes back to it: a keeper's call, a system call.

import {
  CONTROL_EVENTS,
  CONTROL_TRACED,
  EVENT_CAPACITY,
  EVENT_PARK,
  EVENT_SLICE,
} from "../assembly/layout.js";
import { bursts, createKernel, loadElf } from "../src/index.js";
import { atMost, type Bench, type Figure, type Size } from "./bench.js";
import { type Candidate, measure } from "./measure.js";
import { talker } from "./talker.js";
import { PRIME, Tree } from "./tree.js";

const QUANTUM = 100_000;
const PASSES = 0x7fffffff;
const DOMAINS = 100;

export const bench: Bench = {
  name: "events",
  about: "events written by the kernel and taken by the host; keeper calls and system calls",
  run(size) {
    return [...events(size), keeperCalls(size), systemCalls(size)];
  },
};

/** Writing an event for a slice, and taking batches of them. */
function events(size: Size): Figure[] {
  const slices = size.small ? 100_000 : 400_000;
  const unit = "ns an event";
  const written = measure([steps("untraced", slices), steps("traced", slices)], size);
  const writing = written.get("traced")!.minus(written.get("untraced")!);
  const names = {
    looked: "taken by the host, nobody listens",
    made: "taken by the host as an object",
  };
  const taken = measure(
    [takes(names.looked, slices, EVENT_PARK), takes(names.made, slices / 10, EVENT_SLICE)],
    size,
  );
  const [looked, made] = [taken.get(names.looked)!, taken.get(names.made)!];
  return [
    writing.figure({ name: "written by the kernel", parameters: {}, unit, goal: atMost(2.5) }),
    looked.figure({ name: names.looked, parameters: {}, unit, goal: atMost(2.5) }),
    made.figure({ name: names.made, parameters: {}, unit }),
  ];
}

/** Domains that have cycles for ever, take turns. */
function ring(): Tree {
  const program = { run: 0xffffffff, wait: 0 };
  const tree = new Tree({ nodes: DOMAINS + 2, advance: 1n << 48n, program });
  tree.start(
    tree.domains(DOMAINS, () => PRIME),
    DOMAINS,
  );
  tree.exports.step(2 * DOMAINS * QUANTUM, PASSES);
  return tree;
}

function steps(name: "traced" | "untraced", slices: number): Candidate {
  const { view, exports } = ring();
  view.setControl(CONTROL_TRACED, Number(name === "traced"));
  const perStep = EVENT_CAPACITY / 2;
  return {
    name,
    operations: slices,
    expected: name === "traced" ? slices : 0,
    run: () => {
      let seen = 0;
      for (let left = slices; left > 0; left -= perStep) {
        exports.step(Math.min(left, perStep) * QUANTUM, PASSES);
        seen += view.control(CONTROL_EVENTS);
        view.setControl(CONTROL_EVENTS, 0);
      }
      return seen;
    },
  };
}

/** The same batch is taken again and again: all are slices, and those of one kind are wanted. */
function takes(name: string, events: number, kind: number): Candidate {
  const { view, exports } = ring();
  view.setControl(CONTROL_TRACED, 1);
  const batch = 500;
  exports.step(batch * QUANTUM, PASSES);
  return {
    name,
    operations: events,
    expected: kind === EVENT_SLICE ? events * QUANTUM : 0,
    run: () => {
      let sum = 0;
      for (let taken = 0; taken < events; taken += batch) {
        view.setControl(CONTROL_EVENTS, batch);
        for (const { amount } of view.takeEvents(1 << kind)) sum += Number(amount);
      }
      return sum;
    },
  };
}

/** A meter that is dry after each slice, with a keeper that adds a slice. */
function keeperCalls(size: Size): Figure {
  const calls = size.small ? 2000 : 5000;
  const name = "slice and keeper call";
  const run = () => {
    const kernel = createKernel({ nodes: 10, frames: 4, quantum: 1000 });
    const meter = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 0n,
      keeper: () => meter.add(1000n),
    });
    const domain = kernel.createDomain({ meter, program: bursts({ run: 1_000_000 }) });
    domain.start();
    const start = performance.now();
    while (meter.keeperCalls < calls) kernel.step();
    const milliseconds = performance.now() - start;
    return { checksum: meter.keeperCalls, milliseconds };
  };
  const samples = measure([{ name, operations: calls, expected: calls, run }], size);
  return samples.get(name)!.figure({ name, parameters: {} });
}

/** A program that makes nothing but system calls. */
function systemCalls(size: Size): Figure {
  const calls = size.small ? 2000 : 5000;
  const name = "system call (brk)";
  const program = loadElf(talker());
  const run = () => {
    const kernel = createKernel({ nodes: 10, frames: 512 });
    const domain = kernel.createDomain({ meter: kernel.primeMeter, program });
    domain.start();
    const start = performance.now();
    for (let i = 0; i < calls; i++) kernel.step();
    const milliseconds = performance.now() - start;
    return { checksum: Number(kernel.statistics().hostCalls), milliseconds };
  };
  const samples = measure([{ name, operations: calls, expected: calls, run }], size);
  return samples.get(name)!.figure({ name, parameters: {} });
}

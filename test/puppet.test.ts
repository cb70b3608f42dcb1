// Puppets themselves: their scripts are done in order, in exactly as many cycles as puppet.ts says.

import { expect, test } from "vitest";
import { createKernel, type Kernel } from "../src/index.js";
import { BEGIN, exit, HEAD, LOGGED, Puppet, play, REST, type Step, work } from "./puppet.js";

const WHOLE = HEAD + LOGGED + REST;

function started(steps: readonly Step[], logPages = 1) {
  const kernel = createKernel({ nodes: 16, frames: 128 });
  const made = play(kernel, kernel.primeMeter, steps, { logPages });
  made.domain.start();
  return { kernel, ...made };
}

/** Steps until so many cycles are over. */
function run(kernel: Kernel, cycles: number): void {
  const until = kernel.time + BigInt(cycles);
  while (kernel.step({ cycles: until - kernel.time }).reason === "ran");
}

test("each step takes what it is said to take", () => {
  const { kernel, domain, seen } = started([work(0), work(7), work(100), exit(3)]);
  run(kernel, BEGIN + HEAD + LOGGED - 1);
  expect(seen.count).toBe(0);
  run(kernel, 1);
  expect(seen.count).toBe(1);
  run(kernel, REST + HEAD + 2 * 7 + LOGGED);
  expect(seen.count).toBe(2);
  run(kernel, 1000);
  expect(domain.exitCode).toBe(3);
  expect(domain.consumed).toBe(BigInt(BEGIN + 3 * WHOLE + 2 * 107 + HEAD));
});

test("a script that goes round fills its log, and then over again", () => {
  const { kernel, seen } = started([work(1), { ...work(2), next: 0 }], 2);
  const { capacity } = seen.puppet;
  expect(capacity).toBe(127);
  run(kernel, BEGIN + 200 * (WHOLE + 3));
  expect(seen.count).toBe(200);
  expect(seen.log).toHaveLength(127);
});

test("what is too long is refused", () => {
  const string = "x".repeat(4000);
  const steps = Array.from({ length: 15 }, () => ({ ...work(0), string }));
  expect(() => new Puppet(steps)).toThrow("is too long");
  expect(() => new Puppet([], 3)).toThrow("expected 1, 2, 4");
});

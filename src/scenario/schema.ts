import { z } from "zod";
import { MAX_NODES, MAX_PROCESSORS, MAX_RUN } from "../../assembly/layout.js";
import { ELF_MEMORY_LIMIT } from "../elf.js";
import { INSTRUCTION_CLASSES } from "../index.js";

/** Counters are unsigned 64-bit numbers (R1); 2^64 − 1 is what "unlimited" is. */
export const UNLIMITED = 2n ** 64n - 1n;
export const STATES = [
  "stopped",
  "ready",
  "running",
  "waiting",
  "parked",
  "trapped",
  "ended",
] as const;
/** Most domains that one `[[domain]]` table can make. */
export const MAX_COPIES = 1_000_000;

// Every message says what was expected; what was found is added by whoever knows the value.

function integer(least: number, most: number) {
  const error = `an integer from ${grouped(least)} to ${grouped(most)}`;
  return z.bigint({ error }).min(BigInt(least), error).max(BigInt(most), error).transform(Number);
}

function grouped(number: number): string {
  return number.toLocaleString("en-US").replaceAll(",", "_");
}

function countOf(least: bigint) {
  const error = `a count of cycles from ${least} to 2^64 − 1`;
  return z.bigint({ error }).min(least, error).max(UNLIMITED, error);
}

const U32 = 2 ** 32 - 1;
const cycles = countOf(0n);
const somecycles = countOf(1n);
const text = z.string({ error: "a string" });
const yes = z.literal(true, { error: "true" });
const flag = z.boolean({ error: "true or false" });

/** A name goes into tables and paths of a terminal: one line, and not too long for it. */
const nameError = "a name: 1 to 40 letters, digits or signs, without blanks at its ends";
const name = z
  .string({ error: nameError })
  .regex(/^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,40}(?<! )$/u, nameError);

/** A number of cycles, or two between which it is drawn. */
function span(least: number) {
  const number = integer(least, U32);
  const error = `an integer from ${least} to ${grouped(U32)}, or [least, most]`;
  return z.union([number, z.tuple([number, number])], { error });
}

const boundsError = "a count, or { min = …, max = … }";
const bounds = z.union(
  [cycles, z.strictObject({ min: cycles.optional(), max: cycles.optional() })],
  {
    error: boundsError,
  },
);

const kernelCost = integer(0, MAX_RUN).optional();
const kernelCostsShape = { refill: kernelCost, visit: kernelCost, switch: kernelCost };
const costsShape = Object.fromEntries(
  INSTRUCTION_CLASSES.map((name) => [name, integer(1, 255).optional()]),
);

const kernelShape = {
  nodes: integer(2, MAX_NODES).optional(),
  frames: integer(0, 2 ** 20).optional(),
  quantum: integer(1, MAX_RUN).optional(),
  advance: somecycles.optional(),
  tapered: flag.optional(),
  costs: z.strictObject(costsShape, { error: "a table" }).optional(),
  "kernel-costs": z.strictObject(kernelCostsShape, { error: "a table" }).optional(),
  "ignore-dry": flag.optional(),
  processors: integer(1, MAX_PROCESSORS).optional(),
  seed: integer(0, U32).optional(),
};

const keeperShape = {
  refill: somecycles.optional(),
  times: integer(1, U32).optional(),
  period: somecycles.optional(),
  deny: yes.optional(),
  report: yes.optional(),
};

const meterShape = {
  name,
  superior: text,
  cycles: cycles.optional(),
  keeper: z.strictObject(keeperShape, { error: "a table such as { refill = 1000 }" }).optional(),
};

const burstsShape = {
  run: span(1),
  wait: span(0).optional(),
  times: integer(1, U32).optional(),
  seed: integer(0, U32).optional(),
};

const domainShape = {
  name,
  meter: text,
  program: text.optional(),
  bursts: z.strictObject(burstsShape, { error: "a table such as { run = 1000 }" }).optional(),
  args: z.array(text, { error: "an array of strings" }).optional(),
  stdin: text.optional(),
  memory: integer(4096, ELF_MEMORY_LIMIT).optional(),
  count: integer(1, MAX_COPIES).optional(),
};

const atShape = {
  cycle: cycles,
  off: text.optional(),
  on: text.optional(),
  add: text.optional(),
  set: text.optional(),
  rescind: text.optional(),
  stop: text.optional(),
  start: text.optional(),
  move: text.optional(),
  "move-domain": text.optional(),
  cycles: cycles.optional(),
  superior: text.optional(),
  meter: text.optional(),
};

const expectShape = {
  cycle: cycles.optional(),
  domain: text.optional(),
  meter: text.optional(),
  exit: integer(-(2 ** 31), U32).optional(),
  state: z.enum(STATES, { error: `one of ${STATES.join(", ")}` }).optional(),
  output: text.optional(),
  "output-contains": text.optional(),
  trap: integer(0, U32).optional(),
  consumed: bounds.optional(),
  counter: bounds.optional(),
  "keeper-calls": bounds.optional(),
  conserved: yes.optional(),
  idle: flag.optional(),
};

const fileShape = {
  kernel: z.strictObject(kernelShape, { error: "a table: [kernel]" }).default({}),
  meter: tablesOf("meter", z.strictObject(meterShape, { error: "a table" })),
  domain: tablesOf("domain", z.strictObject(domainShape, { error: "a table" })),
  at: tablesOf("at", z.strictObject(atShape, { error: "a table" })),
  expect: tablesOf("expect", z.strictObject(expectShape, { error: "a table" })),
};

function tablesOf<T extends z.ZodType>(key: string, table: T) {
  return z.array(table, { error: `tables, each headed [[${key}]]` }).default([]);
}

export const scenarioSchema = z.strictObject(fileShape);
export type ScenarioData = z.output<typeof scenarioSchema>;

/** The keys that each table knows, by its path without numbers. */
export const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(fileShape),
  kernel: Object.keys(kernelShape),
  "kernel.costs": Object.keys(costsShape),
  "kernel.kernel-costs": Object.keys(kernelCostsShape),
  meter: Object.keys(meterShape),
  "meter.keeper": Object.keys(keeperShape),
  domain: Object.keys(domainShape),
  "domain.bursts": Object.keys(burstsShape),
  at: Object.keys(atShape),
  expect: Object.keys(expectShape),
  "expect.consumed": ["min", "max"],
  "expect.counter": ["min", "max"],
  "expect.keeper-calls": ["min", "max"],
};

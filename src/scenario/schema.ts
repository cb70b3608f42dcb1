import { z } from "zod";
import { MAX_NODES, MAX_PROCESSORS, MAX_RUN } from "../../assembly/layout.js";
import { ELF_MEMORY_LIMIT } from "../elf.js";
import { INSTRUCTION_CLASSES } from "../index.js";
import { guestShape, key, keyShape, slotShape, slots } from "./key.js";
import { residenceSchema } from "./residence.js";
import {
  RESIDENCE_BOUNDS,
  RESIDENCE_SHARES,
  residenceClaimShape,
  residenceShape,
  scanActShape,
  storageKeeperShape,
  storageShape,
} from "./residence-shapes.js";
import { timeSchema } from "./time.js";
import {
  billingShape,
  clockShape,
  faultShape,
  partitionActShape,
  partitionClaimShape,
  partitionShape,
  partitionsShape,
  SHARES,
  taskShape,
} from "./time-shapes.js";
import {
  bounds,
  cycles,
  flag,
  integer,
  name,
  somecycles,
  span,
  stringShape,
  text,
  U32,
  yes,
} from "./values.js";
import { program, results, wasmShape } from "./wasm-shapes.js";

export const STATES = [
  "stopped",
  "available",
  "ready",
  "running",
  "waiting",
  "parked",
  "trapped",
  "ended",
  "rescinded",
] as const;
/** Most domains that one `[[domain]]` table can make. */
export const MAX_COPIES = 1_000_000;
/** Most keys of a message; of one that is answered, the fourth is where the answer goes. */
export const MOST_KEYS = 4;

const kernelCost = integer(0, MAX_RUN).optional();
const kernelCostsShape = {
  refill: kernelCost,
  visit: kernelCost,
  switch: kernelCost,
  invoke: kernelCost,
};
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
  ...storageKeeperShape,
  ...guestShape,
};

const meterShape = {
  name,
  superior: text,
  cycles: cycles.optional(),
  ...storageShape,
  keeper: z.strictObject(keeperShape, { error: "a table such as { refill = 1000 }" }).optional(),
};

const burstsShape = {
  run: span(1),
  wait: span(0).optional(),
  every: integer(1, U32).optional(),
  phase: integer(0, U32).optional(),
  times: integer(1, U32).optional(),
  seed: integer(0, U32).optional(),
};

const mapShape = {
  page: text.optional(),
  segment: text.optional(),
  at: integer(0, U32),
  write: flag.optional(),
};
const mapError = `a table such as { page = "shared", at = 0x8000 }`;
const guestError = `a table such as { start = "guest" }`;

const domainShape = {
  name,
  meter: text,
  program: program.optional(),
  bursts: z.strictObject(burstsShape, { error: "a table such as { run = 1000 }" }).optional(),
  args: z.array(text, { error: "an array of strings" }).optional(),
  stdin: text.optional(),
  memory: integer(4096, ELF_MEMORY_LIMIT).optional(),
  count: integer(1, MAX_COPIES).optional(),
  keys: slots.optional(),
  keeper: z.strictObject(guestShape, { error: guestError }).optional(),
  pages: z
    .array(z.strictObject(mapShape, { error: mapError }), { error: "an array of pages" })
    .optional(),
  ...taskShape,
};

const nodeShape = { name, keys: slots.optional() };
const contentShape = { slot: integer(0, 15), page: text.optional(), segment: text.optional() };
const contentError = `a table such as { slot = 0, page = "shared" }`;
const segmentShape = {
  name,
  slots: z.array(z.strictObject(contentShape, { error: contentError }), {
    error: "an array of slots",
  }),
};
const pageShape = { name, ...stringShape };

const keysError = `an array of at most ${MOST_KEYS} keys`;
const messageShape = {
  order: integer(0, U32).optional(),
  ...stringShape,
  keys: z.array(key, { error: keysError }).max(MOST_KEYS, keysError).optional(),
};
const target = z
  .union([text, key], { error: `the name of a domain, or a key such as { start = "server" }` })
  .optional();

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
  "rescind-domain": text.optional(),
  send: target,
  call: target,
  cycles: cycles.optional(),
  superior: text.optional(),
  meter: text.optional(),
  ...messageShape,
  answer: name.optional(),
  ...partitionActShape,
  ...scanActShape,
};

const toldShape = { order: integer(0, U32).optional(), ...stringShape };
const toldError = `a table such as { order = 1, text = "…" }`;

const expectShape = {
  cycle: cycles.optional(),
  domain: text.optional(),
  meter: text.optional(),
  answer: text.optional(),
  page: text.optional(),
  exit: integer(-(2 ** 31), U32).optional(),
  state: z.enum(STATES, { error: `one of ${STATES.join(", ")}` }).optional(),
  output: text.optional(),
  "output-contains": text.optional(),
  trap: integer(0, U32).optional(),
  consumed: bounds.optional(),
  returned: bounds.optional(),
  failed: bounds.optional(),
  exhausted: bounds.optional(),
  result: results.optional(),
  console: z
    .array(z.strictObject(toldShape, { error: toldError }), { error: "an array of messages" })
    .optional(),
  counter: bounds.optional(),
  "keeper-calls": bounds.optional(),
  answered: flag.optional(),
  order: integer(0, U32).optional(),
  ...stringShape,
  offset: integer(0, 4095).optional(),
  word: integer(0, U32).optional(),
  conserved: yes.optional(),
  idle: flag.optional(),
  messages: bounds.optional(),
  stalls: bounds.optional(),
  ...partitionClaimShape,
  ...residenceClaimShape,
};

const namedShape = { name };
const fileShape = {
  kernel: z.strictObject(kernelShape, { error: "a table: [kernel]" }).default({}),
  meter: tablesOf("meter", meterShape),
  domain: tablesOf("domain", domainShape),
  node: tablesOf("node", nodeShape),
  page: tablesOf("page", pageShape),
  segment: tablesOf("segment", segmentShape),
  join: tablesOf("join", namedShape),
  wait: tablesOf("wait", namedShape),
  ...timeSchema.shape,
  ...residenceSchema.shape,
  partition: tablesOf("partition", partitionShape),
  at: tablesOf("at", atShape),
  expect: tablesOf("expect", expectShape),
};

function tablesOf<Shape extends z.ZodRawShape>(key: string, shape: Shape) {
  const table = z.strictObject(shape, { error: "a table" });
  return z.array(table, { error: `tables, each headed [[${key}]]` }).default([]);
}

export const scenarioSchema = z.strictObject(fileShape);
export type ScenarioData = z.output<typeof scenarioSchema>;

/** Claims that are counts. */
export const BOUNDS = [
  ...["consumed", "counter", "keeper-calls", "messages", "stalls"],
  ...["returned", "failed", "exhausted"],
  ...["billed", "ran", "critical-used", "bankruptcies", "backwards", "jumps", "missed-ticks"],
  ...RESIDENCE_BOUNDS,
];

function claimKeys(claims: readonly string[], keys: string[]): Record<string, string[]> {
  return Object.fromEntries(claims.map((claim) => [`expect.${claim}`, keys]));
}

const KEY = Object.keys(keyShape);
const SLOT = Object.keys(slotShape);

/** The keys that each table knows, by its path without numbers. */
export const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(fileShape),
  kernel: Object.keys(kernelShape),
  "kernel.costs": Object.keys(costsShape),
  "kernel.kernel-costs": Object.keys(kernelCostsShape),
  billing: Object.keys(billingShape),
  "billing.clock": Object.keys(clockShape),
  "billing.clock.fault": Object.keys(faultShape),
  partitions: Object.keys(partitionsShape),
  residence: Object.keys(residenceShape),
  partition: Object.keys(partitionShape),
  meter: Object.keys(meterShape),
  "meter.keeper": Object.keys(keeperShape),
  domain: Object.keys(domainShape),
  "domain.program": Object.keys(wasmShape),
  "domain.bursts": Object.keys(burstsShape),
  "domain.keys": SLOT,
  "domain.keeper": Object.keys(guestShape),
  "domain.pages": Object.keys(mapShape),
  node: Object.keys(nodeShape),
  "node.keys": SLOT,
  page: Object.keys(pageShape),
  segment: Object.keys(segmentShape),
  "segment.slots": Object.keys(contentShape),
  join: Object.keys(namedShape),
  wait: Object.keys(namedShape),
  at: Object.keys(atShape),
  "at.keys": KEY,
  "at.send": KEY,
  "at.call": KEY,
  expect: Object.keys(expectShape),
  ...claimKeys(BOUNDS, ["min", "max"]),
  ...claimKeys([...SHARES, ...RESIDENCE_SHARES], ["min", "max", "about", "within"]),
  "expect.console": Object.keys(toldShape),
};

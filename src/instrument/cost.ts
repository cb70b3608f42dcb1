// What instructions cost: a table, by opcode, from what a host says by class and by name.
//
// Bound: whatever a table says, nothing runs for long without paying. Control instructions and lengths cost a
// cycle at least; between two of them a function runs on in the order of its text, where of the instructions
// that are free every 64th (FREE_RUN) costs a cycle all the same.

import { OptionError } from "../errors.js";
import { didYouMean } from "../nearest.js";
import { checkNames, show, whole } from "../options.js";
import { CLASSES, type CostClass, INSTRUCTIONS } from "./names.js";
import { ATOMIC, GC, MISC, PLAIN, PREFIX_ATOMIC, PREFIX_GC, PREFIX_MISC, SIMD } from "./opcode.js";

/** In whole cycles, up to 1,000,000 each. */
export interface Costs {
  /** Of what nothing else says, from 1. 1. */
  readonly default?: number;
  /** By class; "control" and "exception" from 1, others from 0. */
  readonly classes?: Readonly<Partial<Record<CostClass, number>>>;
  /** Of single instructions, by their names in the text format ("i64.div_s"); they prevail over their class. */
  readonly instructions?: Readonly<Record<string, number>>;
  /** What instructions cost beside, by what they go over, from 1. */
  readonly lengths?: Lengths;
}

export interface Lengths {
  /** 1,024 bytes that `memory.fill`, `copy` and `init` go over; part of a cycle at the end is not charged. 128. */
  readonly kibibyte?: number;
  /** An element of a table, or of an array. 1. */
  readonly element?: number;
  /** A page of 64 KiB by which a memory grows. 8,192. */
  readonly page?: number;
}

/** Of instructions that are free, one in so many costs a cycle. */
export const FREE_RUN = 64;
const MOST = 1_000_000;
const NEVER_FREE: ReadonlySet<string> = new Set(["control", "exception"]);
const LENGTHS = { kibibyte: 128, element: 1, page: 8192 };
/** Elements of arrays, and the like: a rate is for so many. */
const UNIT = 1024;

/** Cycles by opcode; of an instruction that is not known 0. */
export class CostTable {
  readonly plain = new Int32Array(PLAIN.length);
  readonly #gc = new Int32Array(GC.length);
  readonly #misc = new Int32Array(MISC.length);
  readonly #simd = new Int32Array(SIMD.length);
  readonly #atomic = new Int32Array(ATOMIC.length);
  /** Cycles for 1,024 bytes, elements and pages. */
  readonly bytes: number;
  readonly elements: number;
  readonly pages: number;

  /** @throws {OptionError} */
  constructor(costs: Costs = {}) {
    checkNames("costs", costs, ["default", "classes", "instructions", "lengths"]);
    const { classes = {}, instructions = {}, lengths = {} } = costs;
    checkKeys("costs.classes", classes, CLASSES);
    checkKeys("costs.lengths", lengths, Object.keys(LENGTHS));
    const general = whole("costs.default", costs.default ?? 1, 1, MOST);
    for (const [name, cycles] of Object.entries(classes)) {
      whole(`costs.classes.${name}`, cycles, NEVER_FREE.has(name) ? 1 : 0, MOST);
    }
    const single = checkInstructions(instructions);
    for (const { name, kind, prefix, code } of INSTRUCTIONS) {
      if (kind === "structure") continue;
      this.of(prefix)[code] = single.get(name) ?? classes[kind] ?? general;
    }
    const rate = (of: keyof Lengths) =>
      whole(`costs.lengths.${of}`, lengths[of] ?? LENGTHS[of], 1, MOST);
    this.bytes = rate("kibibyte");
    this.elements = rate("element") * UNIT;
    this.pages = rate("page") * UNIT;
  }

  /** Behind a prefix; 0 is none. */
  of(prefix: number): Int32Array {
    if (prefix === 0) return this.plain;
    if (prefix === PREFIX_GC) return this.#gc;
    if (prefix === PREFIX_MISC) return this.#misc;
    return prefix === PREFIX_ATOMIC ? this.#atomic : this.#simd;
  }
}

function checkInstructions(costs: Readonly<Record<string, number>>): Map<string, number> {
  const kinds = new Map(INSTRUCTIONS.map(({ name, kind }) => [name, kind]));
  checkKeys("costs.instructions", costs, kinds.keys());
  const single = new Map<string, number>();
  for (const [name, cycles] of Object.entries(costs)) {
    const kind = kinds.get(name)!;
    if (kind === "structure") {
      throw new OptionError(
        `costs.instructions: "${name}" only gives structure, and costs nothing`,
      );
    }
    whole(`costs.instructions["${name}"]`, cycles, NEVER_FREE.has(kind) ? 1 : 0, MOST);
    single.set(name, cycles);
  }
  return single;
}

function checkKeys(what: string, given: object, known: Iterable<string>): void {
  if (typeof given !== "object" || given === null) {
    throw new OptionError(`${what}: found ${show(given)}, expected an object of cycles by name`);
  }
  const names = new Set(known);
  for (const name of Object.keys(given)) {
    if (names.has(name)) continue;
    const guess = didYouMean(name, names);
    const few = names.size < 20 ? `, expected one of ${[...names].join(", ")}` : "";
    throw new OptionError(`${what}: no "${name}"${guess || few}`);
  }
}

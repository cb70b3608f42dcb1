// What instructions cost the reference interpreter, by opcode; and tables of costs made up by a seed, of which
// that is worked out again, by opcodes and names that are written down here once more.

import { dice } from "../../bench/wasm/guest.js";
import type { CostClass, Costs } from "../../src/instrument/index.js";

export interface Prices {
  /** Of an instruction that gives more than structure. */
  of(opcode: number): number;
  /** Of 1,024 bytes, an element, a page. */
  readonly kibibyte: number;
  readonly element: number;
  readonly page: number;
}

export const USUAL: Prices = { of: () => 1, kibibyte: 128, element: 1, page: 8192 };
/** Of the instructions that are free, as the text of a function has them, each so-manieth costs 1. */
export const FREE = 64;

const CLASSES: Partial<Record<CostClass, (opcode: number) => boolean>> = {
  parametric: (opcode) => opcode >= 0x1a && opcode <= 0x1c,
  variable: (opcode) => opcode >= 0x20 && opcode <= 0x24,
  table: (opcode) => [0x25, 0x26].includes(opcode) || (opcode >= 0xfc0c && opcode <= 0xfc11),
  memory: (opcode) => (opcode >= 0x28 && opcode <= 0x40) || (opcode >= 0xfc08 && opcode <= 0xfc0b),
  numeric: (opcode) => (opcode >= 0x41 && opcode <= 0xc4) || (opcode >= 0xfc00 && opcode <= 0xfc07),
  reference: (opcode) => opcode >= 0xd0 && opcode <= 0xd2,
  control: (opcode) => opcode <= 0x13,
};
const NAMES: Record<string, readonly number[]> = {
  ...{ "i32.const": [0x41], "i64.const": [0x42], "f64.const": [0x44], "i32.eqz": [0x45] },
  ...{ "i32.add": [0x6a], "i32.sub": [0x6b], "i32.gt_s": [0x4a], "i32.div_s": [0x6d] },
  ...{ "i64.div_u": [0x80], "i64.rem_s": [0x81], "i64.add": [0x7c], "f64.sqrt": [0x9f] },
  ...{ "f32.div": [0x95], "i32.wrap_i64": [0xa7], "i64.trunc_sat_f64_u": [0xfc07] },
  ...{ "local.get": [0x20], "local.set": [0x21], "global.set": [0x24], drop: [0x1a] },
  ...{ select: [0x1b, 0x1c], "i32.load": [0x28], "i64.store32": [0x3e], "memory.grow": [0x40] },
  ...{ "memory.fill": [0xfc0b], "memory.copy": [0xfc0a], "table.fill": [0xfc11] },
  ...{ "table.get": [0x25], "ref.func": [0xd2], "ref.null": [0xd0], br: [0x0c], br_if: [0x0d] },
  ...{ br_table: [0x0e], call: [0x10], call_indirect: [0x11], return: [0x0f], if: [0x04] },
};
const isControl = (name: string) => (NAMES[name]?.[0] ?? 0xff) <= 0x13;

/** Often free, now and then dear: functions must pass what makes them count for themselves. */
export function randomCosts(seed: number): Costs {
  const roll = dice(seed);
  roll(2);
  const least = (from: number) => Math.max(from, [0, 0, 1, 2 + roll(20), 300, 40_000][roll(6)]!);
  const some = <Name extends string>(names: Name[], leastOf: (name: Name) => number) => {
    const chosen = names.filter(() => roll(2) === 0);
    return Object.fromEntries(chosen.map((name) => [name, least(leastOf(name))]));
  };
  return {
    ...(roll(2) ? { default: least(1) } : {}),
    classes: some(Object.keys(CLASSES) as CostClass[], (name) => (name === "control" ? 1 : 0)),
    instructions: some(Object.keys(NAMES), (name) => (isControl(name) ? 1 : 0)),
    lengths: some(["kibibyte", "element", "page"], () => 1),
  };
}

export function pricesOf({ default: general = 1, classes, instructions, lengths }: Costs): Prices {
  const known = new Map<number, number>();
  return {
    ...{
      kibibyte: lengths?.kibibyte ?? USUAL.kibibyte,
      element: lengths?.element ?? USUAL.element,
    },
    page: lengths?.page ?? USUAL.page,
    of(opcode) {
      const price = known.get(opcode) ?? find(opcode);
      known.set(opcode, price);
      return price;
    },
  };

  function find(opcode: number): number {
    for (const [name, cycles] of Object.entries(instructions ?? {})) {
      if (NAMES[name]!.includes(opcode)) return cycles;
    }
    for (const [name, cycles] of Object.entries(classes ?? {})) {
      if (CLASSES[name as CostClass]!(opcode)) return cycles;
    }
    return general;
  }
}

// Random programs that throw, catch, delegate and rethrow, by themselves and by their host: counted as a copy of each
// counts that adds one before every instruction. RUNS and SEED ask for others.

import { describe, expect, test } from "vitest";
import { dice } from "../../bench/wasm/guest.js";
import { metered } from "../../bench/wasm/variants.js";
import { wat } from "./wat.js";

const RUNS = Number(process.env.RUNS ?? 80);
const SEED = Number(process.env.SEED ?? 1);
const ADVANCES = [1n, 13n, 1_000_000n];
const FUEL = 60;
/** What only gives structure, and costs nothing. */
const STRUCTURE = /^(block|loop|try|try_table|else|end|catch|catch_all|delegate)\b/;
const COUNT = "global.get $count i64.const 1 i64.add global.set $count";

/** The lines of a program: one instruction each. */
class Maker {
  readonly lines: string[] = [];
  readonly #roll: (bound: number) => number;
  readonly #isLegacy: boolean;
  /** By function: whether it gives an i32. */
  readonly #gives: readonly boolean[];
  #left = 0;
  /** Labels around: whether it is a loop's, or of a handler that may rethrow. */
  #labels: ("block" | "loop" | "handler")[] = [];

  constructor(seed: number, isLegacy: boolean) {
    this.#roll = dice(seed);
    this.#isLegacy = isLegacy;
    this.#gives = Array.from({ length: 2 + this.#roll(6) }, (_, at) => at > 0 && this.#roll(2) > 0);
  }

  text(): string {
    this.#add(
      "(module",
      '(import "host" "act" (func $act (param i32)))',
      "(tag $e) (tag $other (param i32))",
    );
    this.#add('(global $state (export "state") (mut i32) (i32.const 99))');
    this.#add(`(global $fuel (mut i32) (i32.const ${FUEL}))`);
    this.#add('(global $count (export "count") (mut i64) (i64.const 0))');
    // Some can be called by reference; they hand over their counters in another way.
    const some = [...this.#gives.keys()].filter((at) => !this.#gives[at] && this.#roll(3) === 0);
    this.#add(`(table funcref (elem ${some.map((at) => `$f${at}`).join(" ")}))`);
    for (const [at, gives] of this.#gives.entries()) {
      this.#add(`(func $f${at} ${at === 0 ? '(export "run")' : ""} ${gives ? "(result i32)" : ""}`);
      this.#body(gives, some.length);
      this.#add(")");
    }
    this.#add(")");
    return this.lines.join("\n");
  }

  #add(...lines: string[]): void {
    this.lines.push(...lines);
  }

  #body(gives: boolean, referenced: number): void {
    this.#left = 30;
    this.#labels = [];
    if (this.#roll(3) === 0) {
      this.#flat(gives);
      return;
    }
    this.#add("global.get $fuel", "i32.const 1", "i32.sub", "global.set $fuel");
    this.#add("global.get $fuel", "i32.const 0", "i32.lt_s", "if");
    if (gives) this.#add("i32.const 5");
    this.#add("return", "end");
    this.#several(5, gives, referenced);
    if (gives) this.#add("global.get $state");
  }

  /** One block, which its callers may pay for. */
  #flat(gives: boolean): void {
    for (let left = this.#roll(4); left >= 0; left--) this.#add("i32.const 7", "drop");
    if (gives) this.#add("global.get $state");
    if (this.#roll(3) === 0) this.#add("throw $e");
  }

  #several(depth: number, gives: boolean, referenced: number): void {
    for (let left = 1 + this.#roll(4); left > 0; left--) this.#statement(depth, gives, referenced);
  }

  /** 0 or 1, which is on the stack then. */
  #chance(): void {
    this.#add("global.get $state", "i32.const 1103515245", "i32.mul", "i32.const 12345", "i32.add");
    this.#add("global.set $state", "global.get $state", `i32.const ${8 + this.#roll(20)}`);
    this.#add("i32.shr_u", "i32.const 1", "i32.and");
  }

  #within(head: string, label: "block" | "loop" | "handler", fill: () => void): void {
    this.#add(head);
    this.#labels.push(label);
    fill();
    this.#labels.pop();
  }

  #statement(depth: number, gives: boolean, referenced: number): void {
    if (depth === 0 || --this.#left < 0) {
      this.#add("i32.const 7", "drop");
      return;
    }
    const inner = () => this.#several(depth - 1, gives, referenced);
    switch (this.#roll(12)) {
      case 0:
        this.#within("block", "block", inner);
        this.#add("end");
        return;
      case 1:
        this.#chance();
        this.#within("if", "block", inner);
        if (this.#roll(2)) this.#within("else", "block", inner);
        this.#add("end");
        return;
      case 2:
        this.#within("loop", "loop", inner);
        this.#add("end");
        return;
      case 3:
      case 4:
        this.#call(referenced);
        return;
      case 5:
      case 6:
        this.#try(inner);
        return;
      case 7: {
        this.#chance();
        const to = this.#roll(this.#labels.length + 1);
        const isLoop = this.#labels.at(-1 - to) === "loop";
        if (isLoop) {
          this.#add("global.get $fuel", "i32.const 1", "i32.sub", "global.set $fuel");
          this.#add("global.get $fuel", "i32.const 0", "i32.gt_s", "i32.and");
        }
        this.#add(to === this.#labels.length ? "drop" : `br_if ${to}`);
        return;
      }
      case 8:
        this.#chance();
        this.#add("if", ...(this.#roll(2) ? ["throw $e"] : ["i32.const 4", "throw $other"]), "end");
        return;
      case 9:
        this.#chance();
        this.#add("call $act");
        return;
      case 10: {
        this.#chance();
        this.#add("if");
        const handler = this.#labels.toReversed().indexOf("handler");
        if (this.#isLegacy && handler >= 0) this.#add(`rethrow ${handler + 1}`);
        else this.#add(...(gives ? ["i32.const 6"] : []), "return");
        this.#add("end");
        return;
      }
      default:
        this.#add("global.get $state", "i32.const 3", "i32.xor", "global.set $state");
    }
  }

  #call(referenced: number): void {
    if (referenced > 0 && this.#roll(4) === 0) {
      this.#add(`i32.const ${this.#roll(referenced)}`, "call_indirect");
      return;
    }
    const callee = this.#roll(this.#gives.length);
    this.#add(`call $f${callee}`);
    if (this.#gives[callee]) this.#add("drop");
  }

  #try(inner: () => void): void {
    if (!this.#isLegacy) {
      const clause = ["catch_all", "catch $e"][this.#roll(2)];
      this.#within("block", "block", () => {
        this.#within(`try_table (${clause} 0)`, "block", inner);
        this.#add("end");
      });
      this.#add("end");
      return;
    }
    this.#within("try", "block", inner);
    const kind = this.#roll(4);
    if (kind === 0) {
      this.#add(`delegate ${this.#roll(this.#labels.length + 1)}`);
      return;
    }
    if (kind < 3) this.#within("catch $e", "handler", inner);
    if (kind > 1) this.#within("catch_all", "handler", inner);
    this.#add("end");
  }
}

/** The same program, which counts for itself. */
function counting(text: string): string {
  return text
    .split("\n")
    .map((line) => (/^[()]/.test(line) || STRUCTURE.test(line) ? line : `${COUNT} ${line}`))
    .join("\n");
}

/** What comes of it, of three calls. */
function run(
  module: WebAssembly.Module,
  more?: WebAssembly.Imports,
  made = (_: WebAssembly.Instance) => {},
) {
  let calls = 0;
  const act = (chance: number) => {
    if (++calls % 3 === 0 && chance) throw new RangeError("the host's");
  };
  const instance = new WebAssembly.Instance(module, { host: { act }, ...more });
  made(instance);
  const outcomes: unknown[] = [];
  for (let turn = 0; turn < 3; turn++) {
    try {
      outcomes.push((instance.exports.run as () => unknown)());
    } catch (error) {
      outcomes.push((error as object).constructor.name);
    }
    outcomes.push((instance.exports.state as WebAssembly.Global).value, calls);
  }
  return { outcomes, count: (instance.exports.count as WebAssembly.Global).value };
}

const known: string[] = [];
for (const [name, text] of [
  ["legacy", "try catch_all end"],
  ["try_table", "block try_table (catch_all 0) end end"],
] as const) {
  const bytes = await wat(`(module (func ${text}))`);
  if (WebAssembly.validate(bytes as BufferSource)) known.push(name);
}

describe.each(known)("random programs with handlers, %s", (encoding) => {
  test(`${RUNS} from seed ${SEED} on`, async () => {
    let thrown = 0;
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const text = new Maker(seed, encoding === "legacy").text();
      const own = await wat(counting(text));
      const expected = run(new WebAssembly.Module(own as BufferSource));
      for (const advance of ADVANCES) {
        const meter = metered({ advance });
        const { bytes, imports } = meter.transform(await wat(text));
        const extra = imports!();
        const module = new WebAssembly.Module(bytes as BufferSource);
        const { outcomes } = run(module, extra.imports, extra.made);
        expect(outcomes, `seed ${seed}`).toEqual(expected.outcomes);
        expect(meter.counted(), `seed ${seed}, advance ${advance}`).toBe(expected.count);
      }
      if (expected.outcomes.some((each) => typeof each === "string")) thrown++;
    }
    // Some end by an exception, and some don't.
    expect(thrown).toBeGreaterThan(RUNS / 10);
    expect(thrown).toBeLessThan(RUNS - RUNS / 10);
  });
});

// Modules that were instrumented before: opened from their bytes, and not instrumented twice.

import { describe, expect, test } from "vitest";
import { createKernel, OptionError } from "../src/index.js";
import { instrument, ModuleError, openInstrumented } from "../src/instrument/index.js";
import { Bytes } from "./wasm/bytes.js";
import { wat } from "./wasm/wat.js";

const TEXT = `(module
  (import "primemeter" "refill" (func $own))
  (global (export "primemeter.counter") (mut i32) (i32.const 0))
  (memory (export "memory") 1)
  (func $start (i32.store (i32.const 0) (i32.const 7)))
  (start $start)
  (func (export "spin") (param $n i32)
    (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`;
/** As an instrumented module must be, but that nothing in it counts. */
const FORGED = `(module
  (import "m" "f" (func (param i64) (result i64)))
  (global (export "c") (mut i64) (i64.const 0))
  (func (export "s")))`;

interface Stamp {
  version?: number;
  counter?: string;
  start?: string | null;
}

/** A module with a stamp at its end that says so. */
async function stamped(text: string, stamp: Stamp = {}): Promise<Uint8Array> {
  const { version = 1, counter = "c", start = "s" } = stamp;
  return new Bytes()
    .append(await wat(text))
    .section(0, (to) => {
      to.name("primemeter").u32(version).name(counter).name("m").name("f");
      to.add(start === null ? 0 : 1);
      if (start !== null) to.name(start);
    })
    .take();
}

function refusal(bytes: Uint8Array, open = openInstrumented): ModuleError {
  try {
    open(bytes);
  } catch (error) {
    if (error instanceof ModuleError) return error;
    throw error;
  }
  throw new Error("opened");
}

describe("opening", () => {
  test("a module from its bytes runs and pays as the one that was made", async () => {
    const made = instrument(await wat(TEXT));
    expect(made).toMatchObject({ counter: "primemeter.counter'", start: "primemeter.start" });
    const bytes = Uint8Array.from(made.bytes);
    const opened = openInstrumented(bytes);
    bytes.fill(0);
    const { counter, start, refill } = made;
    expect(opened).toMatchObject({ counter, start, refill, figures: undefined });
    expect(opened.bytes).toEqual(made.bytes);
    const paid: bigint[] = [];
    for (const module of [made, opened]) {
      const kernel = createKernel({ nodes: 8 });
      const imports = { primemeter: { refill: () => {} } };
      const guest = kernel.loadWasm(module, { meter: kernel.primeMeter, imports });
      await guest.call("spin", 10);
      paid.push(guest.domain.consumed + guest.domain.owed);
    }
    expect(paid).toEqual([53n, 53n]);
  });

  test("one without a start function, or that is empty", async () => {
    expect(openInstrumented(instrument(await wat("(module)")).bytes).start).toBeUndefined();
  });

  test.each([["text"], [null], [new ArrayBuffer(8)]])("no bytes: %s", (bytes) => {
    expect(() => openInstrumented(bytes as never)).toThrow(OptionError);
  });

  test("every prefix of an instrumented module is refused", async () => {
    const { bytes } = instrument(await wat(TEXT));
    const codes = new Set<string>();
    for (let length = 0; length < bytes.length; length++) {
      const { code, offset } = refusal(bytes.subarray(0, length));
      codes.add(code);
      expect(offset).toBeLessThanOrEqual(length);
    }
    expect([...codes].toSorted()).toEqual(["MALFORMED", "NOT_INSTRUMENTED"]);
  });

  test("one that is not instrumented", async () => {
    expect(refusal(await wat(TEXT))).toMatchObject({
      code: "NOT_INSTRUMENTED",
      message: expect.stringMatching(
        /found no section "primemeter", expected a module that is instrumented \(byte \d+\)/,
      ),
    });
  });

  test("one of another version", async () => {
    const error = refusal(await stamped(FORGED, { version: 2 }));
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(
      "found a module that was instrumented by version 2, expected 1: instrument it anew",
    );
  });

  const types: [what: string, text: string, stamp: Stamp, message: string][] = [
    ["no such counter", FORGED, { counter: "d" }, 'the export "d" that can be set'],
    ["a counter of 32 bits", FORGED.replaceAll("i64)", "i32)"), {}, 'the export "c" that can'],
    ["a counter that is constant", FORGED.replace("(mut i64)", "i64"), {}, 'export "c" that can'],
    ["a counter that is a function", FORGED, { counter: "s" }, 'the export "s" that can be set'],
    [
      "a counter that is imported",
      FORGED.replace('(global (export "c")', '(global (export "c") (import "m" "g")').replace(
        "(i64.const 0)",
        "",
      ),
      {},
      'an i64 global of its own as the export "c" that can be set',
    ],
    [
      "a counter by two names",
      FORGED.replace('(export "c")', '(export "c") (export "d")'),
      {},
      'the counter as the export "c" only',
    ],
    ["no refill", FORGED.replace('"m" "f"', '"m" "g"'), {}, 'as the one import "m"."f"'],
    ["a refill without result", FORGED.replace("(result i64)", ""), {}, 'import "m"."f"'],
    [
      "two refills",
      FORGED.replace("(module", '(module (import "m" "f" (func))'),
      {},
      'as the one import "m"."f"',
    ],
    ["no such start", FORGED, { start: "t" }, 'without parameters as the export "t"'],
    [
      "a start that takes something",
      FORGED.replace('(export "s")', '(export "s") (param i32)'),
      {},
      'without parameters as the export "s"',
    ],
    [
      "a start section",
      FORGED.replace('(func (export "s"))', '(func $s (export "s")) (start $s)'),
      {},
      "found a start section, expected none: nobody would count it",
    ],
  ];

  test.each(types)("a forged one: %s", async (_, text, stamp, message) => {
    const error = refusal(await stamped(text, stamp));
    expect(error.code).toBe("MALFORMED");
    expect(error.message).toContain(message);
  });

  test("a stamp is checked, and is no proof", async () => {
    const { counter, start, refill } = openInstrumented(await stamped(FORGED));
    expect({ counter, start, refill }).toEqual({
      ...{ counter: "c", start: "s" },
      refill: { module: "m", field: "f" },
    });
    expect(openInstrumented(await stamped(FORGED, { start: null })).start).toBeUndefined();
    const twice = new Bytes().append(await stamped(FORGED));
    twice.append((await stamped("(module)")).subarray(8));
    expect(refusal(twice.take()).message).toContain('found a second section "primemeter"');
    const long = (await stamped("(module)")).slice();
    const more = new Bytes().append(long).add(0);
    more.list[9]!++;
    expect(refusal(more.take()).message).toContain('found more than section "primemeter" has');
  });
});

describe("instrumenting what is instrumented", () => {
  test("is refused by name", async () => {
    for (const bytes of [instrument(await wat(TEXT)).bytes, await stamped(FORGED)]) {
      const error = refusal(bytes, instrument);
      expect(error.code).toBe("INSTRUMENTED");
      expect(error.message).toMatch(
        /^module: found a module that is instrumented already, expected one that is not \(byte /,
      );
    }
  });
});

test("figures tell what instrumenting came to", async () => {
  const bytes = new Bytes()
    .append(await wat(TEXT))
    .section(0, (to) => to.name(".debug_line").add(1, 2, 3))
    .take();
  // The start function, and the loop.
  expect(instrument(bytes).figures).toEqual({
    functions: 2,
    blocks: 2,
    dropped: [".debug_line"],
  });
});

// Modules that are large in one respect, and guests by which so much would be had for nothing.

import { describe, expect, test } from "vitest";
import { HOSTILE } from "../bench/wasm/hostile.js";
import { createKernel, ExhaustedError } from "../src/index.js";
import { instrument, ModuleError } from "../src/instrument/index.js";
import { Bytes, header } from "./wasm/bytes.js";
import { ran, tree } from "./wasm/plugin.js";
import { wat } from "./wasm/wat.js";

describe("a module that is large in one respect is as good as it was", () => {
  test.each(HOSTILE)("$name", ({ make }) => {
    for (const bytes of [1000, 200_000]) {
      const module = make(bytes);
      const made = instrument(module);
      expect(WebAssembly.validate(made.bytes)).toBe(WebAssembly.validate(module as BufferSource));
      // What counting adds is so much for each instruction at most.
      expect(made.bytes.length).toBeLessThan(12 * module.length + 200);
    }
  });
});

describe("what an engine takes of a function", () => {
  const withLocals = (count: number) =>
    header()
      .section(1, (to) => to.add(1, 0x60, 0, 0))
      .section(3, (to) => to.add(1, 0))
      .section(5, (to) => to.add(1, 0, 1))
      .section(10, (to) =>
        to.add(1).sized((body) => {
          body.add(1).u32(count).add(0x7e, 0x41, 0, 0x40, 0, 0x1a, 0x0b);
        }),
      )
      .take();

  test("50,000 locals: those that are left are what counting needs, or it is refused by name", () => {
    const most = withLocals(49_994);
    expect(WebAssembly.validate(instrument(most).bytes)).toBe(true);
    for (const count of [49_995, 50_000, 50_001, 2 ** 32 - 1]) {
      expect(() => instrument(withLocals(count))).toThrow(ModuleError);
      expect(() => instrument(withLocals(count))).toThrow(
        `${count} locals, expected at most 49994`,
      );
    }
  });
});

describe("nothing is free", () => {
  test("a block that costs more than 2^31", async () => {
    // One function of 999 cycles, which its callers pay for, and one that calls it three million times.
    const calls = new Uint8Array(6_000_000);
    for (let at = 0; at < calls.length; at += 2) calls[at] = 0x10;
    const plain = new Bytes().add(0);
    for (let i = 0; i < 499; i++) plain.add(0x41, 0, 0x1a);
    plain.add(0x0b);
    const size = new Bytes().u32(calls.length + 2).list;
    const code = new Bytes()
      .add(2)
      .u32(plain.length)
      .append(plain)
      .add(...size, 0);
    const head = header()
      .section(1, (to) => to.add(1, 0x60, 0, 0))
      .section(3, (to) => to.add(2, 0, 0))
      .section(7, (to) => to.u32(1).name("run").add(0, 1))
      .add(10)
      .u32(code.length + calls.length + 1)
      .append(code)
      .take();
    const bytes = Buffer.concat([head, calls, Uint8Array.of(0x0b)]);
    const kernel = createKernel();
    const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 1000n });
    const guest = kernel.loadWasm(instrument(bytes), { meter });
    await expect(guest.call("run")).rejects.toThrow(ExhaustedError);
    expect(ran(guest)).toBe(3_000_000n * 999n);
    expect(meter.peek()).toBe(0n);
  });

  const waits = async (timeout: bigint) => {
    const text = `(module (memory 1 1 shared) (func (export "run") (result i32)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const ${timeout}))))`;
    const { kernel, plugin } = tree();
    return kernel.loadWasm(instrument(await wat(text)), { meter: plugin });
  };

  test("waiting for a memory, which stops the host: a cycle for a nanosecond, before it begins", async () => {
    const short = await waits(1000n);
    expect(await short.call("run")).toBe(2);
    expect(ran(short)).toBe(1004n);
    for (const timeout of [-1n, 10n ** 18n]) {
      const guest = await waits(timeout);
      await expect(guest.call("run")).rejects.toThrow(ExhaustedError);
    }
  });
});

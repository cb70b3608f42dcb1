// Types of guests: what a host declares of a module is checked where it calls. Each line that is to be refused says
// so; `npm run types` refuses a line that is not refused, and this test is there to run what the others do.

import { expect, expectTypeOf, test } from "vitest";
import type { Guest, Kernel, WorkerGuest } from "../src/index.js";
import type { Instrumented } from "../src/instrument/index.js";
import { instrumented, tree } from "./wasm/plugin.js";

interface Exports {
  add(a: number, b: number): number;
  long: (a: bigint) => bigint;
  swap(a: number, b: bigint): [bigint, number];
  note(): void;
  memory: WebAssembly.Memory;
  count: WebAssembly.Global<"i64">;
}

interface Imports {
  host: { log(value: number): void };
}

const TEXT = `(module
  (import "host" "log" (func $log (param i32)))
  (memory (export "memory") 1) (global (export "count") (mut i64) (i64.const 7))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "long") (param i64) (result i64) (local.get 0))
  (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func (export "note") (call $log (i32.const 3))))`;

test("declared exports and imports are checked", async () => {
  const { kernel, plugin: meter } = tree();
  const module = await instrumented(TEXT);
  const noted: number[] = [];
  const imports: Imports = { host: { log: (value) => noted.push(value) } };
  const guest = kernel.loadWasm<Exports, Imports>(module, { meter, imports });
  expectTypeOf(guest).toEqualTypeOf<Guest<Exports>>();

  const sum = await guest.call("add", 1, 2);
  expectTypeOf(sum).toEqualTypeOf<number>();
  const long = await guest.call("long", 5n);
  expectTypeOf(long).toEqualTypeOf<bigint>();
  const pair = guest.callNow("swap", 1, 2n);
  expectTypeOf(pair).toEqualTypeOf<[bigint, number]>();
  const nothing = await guest.call("note");
  expectTypeOf(nothing).toEqualTypeOf<void>();
  expectTypeOf(guest.exports.memory).toEqualTypeOf<WebAssembly.Memory>();
  expectTypeOf(guest.exports.count.value).toEqualTypeOf<bigint>();
  expectTypeOf(guest.exports).not.toHaveProperty("add");
  expect([sum, long, pair, nothing, noted]).toEqual([3, 5n, [2n, 1], undefined, [3]]);
  expect(guest.exports.count.value).toBe(7n);
});

test("what does not fit is refused", () => {
  // Never called: only its types matter.
  const wrong = (kernel: Kernel, module: Instrumented, guest: Guest<Exports>) => {
    const { primeMeter: meter } = kernel;
    // @ts-expect-error no such function
    guest.call("sub", 1, 2);
    // @ts-expect-error a memory can't be called
    guest.call("memory");
    // @ts-expect-error too few
    guest.call("add", 1);
    // @ts-expect-error too many
    guest.callNow("add", 1, 2, 3);
    // @ts-expect-error a bigint where a number is expected
    guest.call("add", 1n, 2);
    // @ts-expect-error a number where a bigint is expected
    guest.callNow("long", 1);
    // @ts-expect-error functions are not among them
    guest.exports.add(1, 2);
    // @ts-expect-error no such export
    guest.exports.table;
    // @ts-expect-error imports are needed
    kernel.loadWasm<Exports, Imports>(module, { meter });
    // @ts-expect-error one is missing
    kernel.loadWasm<Exports, Imports>(module, { meter, imports: { host: {} } });
    const host = { log: (of: string) => of };
    // @ts-expect-error one is of another type
    kernel.loadWasm<Exports, Imports>(module, { meter, imports: { host } });
    // @ts-expect-error 3 is no module
    kernel.loadWasm(module, { meter, imports: { host: 3 } });
    // @ts-expect-error a number has no exports
    kernel.loadWasm<number>(module, { meter });
  };
  expect(wrong).toBeTypeOf("function");
});

test("guests in threads of their own are checked alike", () => {
  const checked = async (kernel: Kernel, module: Instrumented) => {
    const { primeMeter: meter } = kernel;
    const imports: Imports = { host: { log: () => {} } };
    const guest = kernel.loadWasm<Exports, Imports>(module, { meter, imports, worker: true });
    expectTypeOf(guest).toEqualTypeOf<WorkerGuest<Exports>>();
    expectTypeOf(await guest.call("add", 1, 2)).toEqualTypeOf<number>();
    expectTypeOf(await guest.callNow("swap", 1, 2n)).toEqualTypeOf<[bigint, number]>();
    // @ts-expect-error no such function
    guest.call("sub", 1, 2);
    // @ts-expect-error too few
    guest.callNow("add", 1);
  };
  expect(checked).toBeTypeOf("function");
});

test("undeclared ones are as loose as ever", async () => {
  const { kernel, plugin: meter } = tree();
  const imports = { host: { log: () => {} } };
  const guest = kernel.loadWasm(await instrumented(TEXT), { meter, imports });
  expectTypeOf(guest).toEqualTypeOf<Guest>();
  const sum = await guest.call("add", 1, 2);
  expectTypeOf(sum).toEqualTypeOf<unknown>();
  expectTypeOf(guest.callNow("swap", "1", 2n)).toEqualTypeOf<unknown>();
  expectTypeOf(guest.exports.memory).toEqualTypeOf<WebAssembly.ExportValue | undefined>();
  expect(sum).toBe(3);
  // Imports need not be declared where exports are; where there are none, nothing needs to be said of them.
  const declared = kernel.loadWasm<Exports>(await instrumented(TEXT), { meter, imports });
  expect(await declared.call("add", 1, 2)).toBe(3);
  kernel.loadWasm(await instrumented("(module)"), { meter });
  const any: Guest = declared;
  expect(any).toBe(declared);
});

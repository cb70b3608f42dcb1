// Guests of a kernel from their text, and what must be true of the kernel at any time.

import { expect } from "vitest";
import type { Guest, GuestOptions, Keeper, Kernel, KernelOptions, Meter } from "../../src/index.js";
import { createKernel } from "../../src/index.js";
import { type Instrumented, instrument } from "../../src/instrument/index.js";
import { wat } from "./wat.js";

/** Cycles of a turn of `spin`. */
export const TURN = 5n;

/** `spin n` runs n turns; `forever` does not end; `dig n` calls itself n times. */
export const SPINNER = `(module
  (import "host" "act" (func $act))
  (func $spin (export "spin") (param $n i32)
    (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "forever") (loop $more (br $more)))
  (func (export "around") (param $n i32)
    (call $spin (local.get $n)) (call $act) (call $spin (local.get $n)))
  (func (export "divide") (param $n i32) (result i32)
    (call $spin (local.get $n)) (i32.div_s (i32.const 1) (i32.const 0)))
  (func $dig (export "dig") (param $n i32)
    (if (local.get $n) (then (call $dig (i32.sub (local.get $n) (i32.const 1)))))))`;

/** What `around n` costs beside its turns: the arguments, and the calls. */
export const AROUND = 5n;

export interface Tree {
  readonly kernel: Kernel;
  readonly tenant: Meter;
  readonly plugin: Meter;
}

/** A plugin's meter under a tenant's. */
export function tree(
  options: { cycles?: bigint; keeper?: Keeper; kernel?: KernelOptions } = {},
): Tree {
  const { cycles = 1_000_000n, keeper, kernel: given } = options;
  const kernel = createKernel({ nodes: 64, ...given });
  const { primeMeter } = kernel;
  const tenant = kernel.createMeter({ name: "tenant", superior: primeMeter, cycles });
  if (keeper) tenant.keeper = keeper;
  const plugin = kernel.createMeter({ name: "plugin", superior: tenant.key });
  return { kernel, tenant, plugin };
}

const known = new Map<string, Instrumented>();

export async function instrumented(text: string): Promise<Instrumented> {
  const module = known.get(text) ?? instrument(await wat(text));
  known.set(text, module);
  return module;
}

/** The spinner, or another text, under the plugin's meter. */
export async function load(
  { kernel, plugin }: Tree,
  options: Partial<GuestOptions> & { text?: string; act?: () => void } = {},
): Promise<Guest> {
  const { text = SPINNER, act = () => {}, ...more } = options;
  const imports = { host: { act } };
  return kernel.loadWasm(await instrumented(text), { meter: plugin, imports, ...more });
}

/** Nothing is wrong in the store, and each meter of the chain has paid for all who ran below. */
export function balanced({ kernel, tenant, plugin }: Tree): void {
  expect(kernel.check().findings).toEqual([]);
  let consumed = 0n;
  for (const domain of kernel.domains()) consumed += domain.consumed;
  for (const meter of [plugin, tenant, kernel.primeMeter]) {
    const { granted, consumed: paid } = meter.statistics();
    expect(paid, meter.name).toBe(consumed);
    expect(BigInt.asUintN(64, granted - meter.peek()), meter.name).toBe(consumed);
  }
}

/** All that a guest ran. */
export function ran(guest: Guest): bigint {
  return guest.domain.consumed + guest.domain.owed;
}

/** Whether a promise is settled by now. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  await new Promise((resolve) => setTimeout(resolve, 5));
  return settled;
}

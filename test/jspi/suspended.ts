// What tests of suspended guests share: waiting until nothing moves, and a guest whose result tells of each turn.

import type { Guest, GuestOptions } from "../../src/index.js";
import { load, type Tree } from "../wasm/plugin.js";

/**
 * `mix n` hashes n numbers by way of its memory and calls `act` half-way; `catching n` does so, too, and catches
 * whatever can be caught; `dig n` goes n deep; `pick` calls `act`, which may call `taken` out of the table.
 */
export const MIXER = `(module
  (import "host" "act" (func $act))
  (memory (export "memory") 1)
  (table (export "table") 1 funcref)
  (elem (i32.const 0) $taken)
  (func $mix (export "mix") (param $n i32) (result i32) (local $i i32)
    (i32.store (i32.const 8) (i32.const 17))
    (loop $more
      (if (i32.eq (local.get $i) (i32.shr_u (local.get $n) (i32.const 1))) (then (call $act)))
      (i32.store (i32.const 8)
        (i32.add (i32.rotl (i32.load (i32.const 8)) (i32.const 5)) (local.get $i)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i32.load (i32.const 8)))
  (func (export "forever") (loop $more (br $more)))
  (func (export "catching") (param $n i32) (result i32)
    (loop $again (result i32)
      (try (result i32)
        (do (call $mix (local.get $n)))
        (catch_all (br $again)))))
  (func $dig (export "dig") (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (i32.const 1) (call $dig (i32.sub (local.get $n) (i32.const 1)))))
      (else (i32.const 0))))
  (func $taken (drop (call $mix (i32.const 1000))))
  (func (export "pick")
    (try (do (call $act)) (catch_all))
    (drop (call $mix (i32.const 10))))
  (tag $gone)
  (func (export "throw") (param $n i32) (drop (call $mix (local.get $n))) (throw $gone))
  (func (export "trap") (param $n i32) (drop (call $mix (local.get $n))) unreachable))`;

/** A mixer that is suspended where it can't go on. */
export function mixer(
  world: Tree,
  options: Partial<GuestOptions> & { act?: () => void } = {},
): Promise<Guest> {
  return load(world, { text: MIXER, suspend: true, ...options });
}

/** Lets everything go on that can. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

/** What becomes of a promise, to be looked at any time. */
export function watched<Value>(promise: Promise<Value>): { value?: Value; error?: unknown } {
  const seen: { value?: Value; error?: unknown } = {};
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error) => {
      seen.error = error;
    },
  );
  return seen;
}

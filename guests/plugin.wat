;; A plugin, good or bad as it is called: a module of WebAssembly that a scenario runs metered.
;; npm run guests makes plugin.wasm of it.
(module
  ;; The Collatz steps of all numbers from 1 to n, together: the honest work.
  (func (export "steps") (param $n i32) (result i32)
    (local $number i64) (local $steps i32)
    (loop $numbers
      (local.set $number (i64.extend_i32_u (local.get $n)))
      (block $one
        (loop $next
          (br_if $one (i64.le_u (local.get $number) (i64.const 1)))
          (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
          (if (i64.eqz (i64.and (local.get $number) (i64.const 1)))
            (then (local.set $number (i64.shr_u (local.get $number) (i64.const 1))))
            (else
              (local.set $number
                (i64.add (i64.mul (local.get $number) (i64.const 3)) (i64.const 1)))))
          (br $next)))
      (local.tee $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $numbers))
    (local.get $steps))

  ;; Never ends.
  (func (export "spin") (loop $more (br $more)))

  ;; Works for n turns of a loop, and traps.
  (func (export "crash") (param $n i32)
    (loop $more
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    unreachable)

  ;; How often it was called, and what it was called with.
  (global $calls (mut i64) (i64.const 0))
  (func (export "echo") (param i32 i64 f32 f64) (result i64 i32 i64 f32 f64)
    (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
    (global.get $calls) (local.get 0) (local.get 1) (local.get 2) (local.get 3)))

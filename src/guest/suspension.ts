// Suspending a guest in the midst of a call and letting it go on, by JSPI: WebAssembly.Suspending and
// WebAssembly.promising, which TypeScript does not know. Internal.
//
// An import that may suspend must not even be called where there is nothing to suspend: below a call that is not
// `promising`, or with a frame of the host between. So the guest's import is a small module of ours, which asks first
// by a function that is plain, and waits only where that says so.

interface Jspi {
  Suspending: new (act: (...args: never[]) => unknown) => WebAssembly.ImportValue;
  promising(act: unknown): (...args: unknown[]) => Promise<unknown>;
}

const engine = WebAssembly as unknown as Partial<Jspi>;

/** What `look` answers for `wait` to be called, and then `look` again. */
export const WAIT = -2n;

// (import "" "look" (func (param i64) (result i64)))
// (import "" "wait" (func))
// (func (export "refill") (param $counter i64) (result i64)
//   (loop (result i64)
//     (if (i64.eq (local.tee $counter (call 0 (local.get $counter))) (i64.const -2))
//       (then (call 1) (br 1)))
//     (local.get $counter)))
const WAITER =
  "AGFzbQEAAAABCQJgAX4BfmAAAAIRAgAEbG9vawAAAAR3YWl0AAEDAgEABwoBBnJlZmlsbAACChkBFwADfiAAEAAiAEJ+" +
  "UQRAEAEMAQsgAAsL";

let waiter: WebAssembly.Module | undefined;

/** Whether the engine has JSPI. */
export function canSuspend(): boolean {
  return typeof engine.Suspending === "function" && typeof engine.promising === "function";
}

/** The import by which a guest is refilled, and waits until it may go on; `left`: it has gone on, and left again. */
export function suspendingRefill(
  look: () => bigint,
  wait: () => Promise<void>,
  left: () => void,
): WebAssembly.ExportValue {
  waiter ??= new WebAssembly.Module(Uint8Array.from(atob(WAITER), (byte) => byte.charCodeAt(0)));
  const suspend = new engine.Suspending!(() => {
    const waiting = wait();
    // The engine is to have its turn first when that is over.
    queueMicrotask(() => waiting.then(left));
    return waiting;
  });
  const imports = { "": { look, wait: suspend } };
  return new WebAssembly.Instance(waiter, imports).exports.refill!;
}

/** A function of the guest on a stack of its own, which may be suspended: it gives a promise. */
export function promising(act: unknown): (...args: unknown[]) => Promise<unknown> {
  return engine.promising!(act);
}

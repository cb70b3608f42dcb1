// The only file that instantiates the kernel.

import { CONTROL, CONTROL_PANIC, WASM_PAGE_SIZE } from "../assembly/layout.js";
import { KERNEL_BASE64 } from "../build/embedded.js";
import { CapacityError, KernelPanicError, StateError } from "./errors.js";

/** The kernel's exports; numbers are u32 or i32. See assembly/ for what each does. */
export interface KernelExports {
  initialize(nodes: number, frames: number, processors: number): number;
  step(cycles: number, passes: number): number;
  idleUntil(): void;
  invoke(order: number): number;
  nodeCreate(): number;
  nodeAllocation(index: number): number;
  nodeFree(index: number, allocation: number): number;
  meterCreate(superior: number, allocation: number, keeper: number): number;
  meterPeek(index: number, allocation: number): number;
  meterConsumed(index: number, allocation: number): number;
  meterGranted(index: number, allocation: number): number;
  meterSet(index: number, allocation: number): number;
  meterAdd(index: number, allocation: number): number;
  meterRecall(index: number, allocation: number): number;
  meterUnprepare(index: number, allocation: number): number;
  domainCreate(
    meter: number,
    allocation: number,
    programKind: number,
    program: number,
    seed: number,
  ): number;
  domainStart(index: number, allocation: number): number;
  domainStop(index: number, allocation: number): number;
  domainEnd(index: number, allocation: number): number;
  domainUnprepare(index: number, allocation: number): number;
  domainRestart(index: number, allocation: number, call: number): number;
  domainDecline(index: number, allocation: number, call: number): number;
  allocateRun(count: number): number;
  costSet(kind: number, cycles: number): number;
  framesFree(): number;
  imageCreate(codeBase: number, codeSize: number): number;
  imageFree(image: number): number;
  machineCreate(image: number, pages: number): number;
  machineFree(machine: number): void;
  machineMap(machine: number, first: number, count: number, marks: number): number;
  machineTranslate(machine: number, address: number, marks: number): number;
}

export interface KernelInstance {
  readonly exports: KernelExports;
  readonly memory: WebAssembly.Memory;
}

let embedded: WebAssembly.Module | undefined;

/**
 * A kernel over a fresh memory of at least so many bytes, made synchronously. `build` is the bytes of
 * another build of the kernel, such as the one with assertions.
 *
 * @throws {CapacityError} NO_MEMORY when the machine has not that much.
 */
export function instantiate(bytes: number, build?: Uint8Array): KernelInstance {
  const pages = Math.ceil(bytes / WASM_PAGE_SIZE);
  const memory = reserve(pages);
  let module: WebAssembly.Module;
  if (build) {
    module = new WebAssembly.Module(build as Uint8Array<ArrayBuffer>);
  } else {
    embedded ??= new WebAssembly.Module(
      Uint8Array.from(atob(KERNEL_BASE64), (character) => character.charCodeAt(0)),
    );
    module = embedded;
  }
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { memory, exports: guard(exports, new DataView(memory.buffer)) };
}

function reserve(pages: number): WebAssembly.Memory {
  const asked = `${pages * WASM_PAGE_SIZE} bytes`;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CapacityError("NO_MEMORY", `kernel: no memory of ${asked} can be had (${why})`);
  }
}

type Anything = (...args: unknown[]) => unknown;

/** Every call of the kernel is watched: after a panic it answers nothing but that panic. */
function guard(exports: WebAssembly.Exports, control: DataView): KernelExports {
  let panic: KernelPanicError | undefined;
  const guarded: Record<string, Anything> = {};
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== "function") continue;
    const call = value as Anything;
    // Five parameters at most; wasm ignores those that a function doesn't take.
    guarded[name] = (a, b, c, d, e) => {
      if (panic) throw panic;
      try {
        return call(a, b, c, d, e);
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        const code = control.getInt32(CONTROL + CONTROL_PANIC, true);
        panic = new KernelPanicError(
          `the kernel stopped in ${name} (panic ${code}: ${error.message}); this is a bug of primemeter`,
        );
        throw panic;
      }
    };
  }
  return guarded as unknown as KernelExports;
}

/** What stands in for the exports and the memory once a kernel is disposed of. */
export function disposed<Thing extends object>(): Thing {
  const refuse = () => {
    throw new StateError("the kernel is disposed of");
  };
  return new Proxy({} as Thing, { get: refuse, set: refuse });
}

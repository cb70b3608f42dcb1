// The only file that instantiates the kernel; in workers the text of src/worker-source.ts does.

import { CONTROL, CONTROL_PANIC, WASM_PAGE_SIZE } from "../assembly/layout.js";
import { KERNEL_BASE64, SHARED_KERNEL_BASE64 } from "../build/embedded.js";
import { CapacityError, KernelPanicError, OptionError, StateError } from "./errors.js";
import { Lock, type LockExports } from "./lock.js";

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

/** What the build for several processors has besides. */
export interface SharedExports extends KernelExports {
  go(): void;
  halt(): void;
  still(): void;
  domainResume(index: number, allocation: number, call: number): number;
}

/** One kernel for several processors: what its workers need, and what keeps them off. */
export interface Shared {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly lock: Lock;
}

export interface KernelInstance {
  readonly exports: KernelExports;
  readonly memory: WebAssembly.Memory;
  /** Undefined in the build for one processor. */
  readonly shared: Shared | undefined;
}

const embedded = new Map<string, WebAssembly.Module>();

/**
 * A kernel over a fresh memory of at least so many bytes, made synchronously. `build` is the bytes of
 * another build of the kernel, such as the one with assertions.
 *
 * @throws {CapacityError} NO_MEMORY when the machine has not that much. @throws {OptionError} for a build
 * that is not for several processors, where there are to be some.
 */
export function instantiate(
  bytes: number,
  processors: number,
  build?: Uint8Array,
): KernelInstance {
  const module = moduleOf(processors, build);
  const isShared = sharedBuild(module);
  if (processors > 1 && !isShared) {
    throw new OptionError(`build: found one for a single processor, expected one for ${processors}`);
  }
  const pages = Math.ceil(bytes / WASM_PAGE_SIZE);
  const memory = reserve(pages, isShared);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const guard = new Guard(memory);
  const guarded = guard.exports<SharedExports & LockExports>(exports);
  if (!isShared) return { memory, exports: guarded, shared: undefined };
  const lock = new Lock(guarded);
  const shared = { module, memory, lock, exports: locked(guarded, lock) };
  return { memory, exports: shared.exports, shared };
}

function moduleOf(isShared: boolean, build: Uint8Array | undefined): WebAssembly.Module {
  if (build) return new WebAssembly.Module(build as Uint8Array<ArrayBuffer>);
  const base64 = isShared ? SHARED_KERNEL_BASE64 : KERNEL_BASE64;
  let module = embedded.get(base64);
  if (!module) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    module = new WebAssembly.Module(bytes);
    embedded.set(base64, module);
  }
  return module;
}

function reserve(pages: number, shared: boolean): WebAssembly.Memory {
  const asked = `${pages * WASM_PAGE_SIZE} bytes`;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CapacityError("NO_MEMORY", `kernel: no memory of ${asked} can be had (${why})`);
  }
}

type Anything = (...args: unknown[]) => unknown;

/** Watches every call of the kernel: after a panic it answers nothing but that panic. */
class Guard {
  readonly #control: DataView;
  #panic: KernelPanicError | undefined;

  constructor(memory: WebAssembly.Memory) {
    this.#control = new DataView(memory.buffer);
  }

  exports<Exports>(exports: WebAssembly.Exports): Exports {
    const guarded: Record<string, Anything> = {};
    for (const [name, value] of Object.entries(exports)) {
      if (typeof value !== "function") continue;
      const call = value as Anything;
      // Five parameters at most; wasm ignores those that a function doesn't take.
      guarded[name] = (a, b, c, d, e) => {
        if (this.#panic) throw this.#panic;
        try {
          return call(a, b, c, d, e);
        } catch (error) {
          if (!(error instanceof WebAssembly.RuntimeError)) throw error;
          throw this.#stop(name, error.message);
        }
      };
    }
    return guarded as Exports;
  }

  /** Throws where another instance over this memory has panicked. */
  check(): void {
    if (!this.#panic && this.#code === 0) return;
    throw this.#panic ?? this.#stop("a processor", "its own error is that of its worker");
  }

  get #code(): number {
    return this.#control.getInt32(CONTROL + CONTROL_PANIC, true);
  }

  #stop(where: string, message: string): KernelPanicError {
    this.#panic = new KernelPanicError(
      `the kernel stopped in ${where} (panic ${this.#code}: ${message}); this is a bug of primemeter`,
    );
    return this.#panic;
  }
}

/** Every call of the kernel under its lock. */
function locked(exports: SharedExports, lock: Lock): SharedExports {
  const held: Record<string, Anything> = {};
  for (const [name, call] of Object.entries(exports) as [string, Anything][]) {
    held[name] = (a, b, c, d, e) => lock.hold(() => call(a, b, c, d, e));
  }
  return held as unknown as SharedExports;
}

/** What stands in for the exports and the memory once a kernel is disposed of. */
export function disposed<Thing extends object>(): Thing {
  const refuse = () => {
    throw new StateError("the kernel is disposed of");
  };
  return new Proxy({} as Thing, { get: refuse, set: refuse });
}

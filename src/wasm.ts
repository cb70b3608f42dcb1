// The only file that instantiates the kernel; in workers the text of src/worker-source.ts does.

import { STATUS_BUSY } from "../assembly/codes.js";
import { CONTROL, CONTROL_CODE, CONTROL_PANIC, WASM_PAGE_SIZE } from "../assembly/layout.js";
import { KERNEL_BASE64, SHARED_KERNEL_BASE64 } from "../build/embedded.js";
import { CapacityError, KernelPanicError, OptionError, StateError } from "./errors.js";
import { Lock, type LockExports } from "./lock.js";

/** The kernel's exports; numbers are u32 or i32. See assembly/ for what each does. */
export interface KernelExports {
  initialize(nodes: number, frames: number, processors: number): number;
  step(cycles: number, passes: number): number;
  hostedSpend(index: number, allocation: number, cycles: number): number;
  hostedRefill(index: number, allocation: number): number;
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
  machineMapPage(
    machine: number,
    at: number,
    page: number,
    allocation: number,
    marks: number,
  ): number;
  machineUnmapPage(machine: number, at: number, page: number, allocation: number): number;
  joinCreate(): number;
  waitCreate(): number;
  pageCreate(): number;
  segmentCreate(level: number): number;
  segmentPut(index: number, allocation: number, slot: number): number;
  gateTake(index: number, allocation: number, call: number): number;
  gateSend(order: number): number;
  timeOpen(slots: number): number;
  timeBegin(flags: number): void;
  timePeek(): void;
  partitionCreate(parent: number, budget: number, max: number): number;
  partitionChange(index: number, budget: number, max: number): number;
  partitionCritical(index: number): number;
  windowSet(slots: number): number;
  taskSet(
    index: number,
    allocation: number,
    partition: number,
    priority: number,
    flags: number,
  ): number;
  domainCharge(index: number, allocation: number): number;
  residenceOpen(core: number, pages: number): number;
  residencePeriod(period: number, phase: number, offset: number): number;
  corePageCreate(): number;
  corePageBytes(page: number): number;
  corePageDrop(page: number): void;
  machineMapCore(machine: number, at: number, page: number, marks: number): number;
  meterStoragePeek(index: number, allocation: number): number;
  meterStorageSet(index: number, allocation: number): number;
  meterStorageAdd(index: number, allocation: number): number;
}

/** What the build for several processors has besides, for the host. */
export interface SharedExports extends KernelExports {
  go(): void;
  halt(): void;
  still(): number;
  rouse(): void;
  look(): void;
  domainAnswer(index: number, allocation: number, call: number): number;
  domainResume(index: number, allocation: number, call: number): number;
}

/** A kernel of several processors: what its workers need, and how the host comes between them. */
export interface Shared {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Under the lock, each call of them. */
  readonly exports: SharedExports;
  /** For processors that take their turns in the host's instance. */
  readonly turns: TurnExports;
  readonly lock: Lock;
  /** Called once, when the kernel has panicked. */
  onPanic(act: () => void): void;
  readonly hasPanicked: boolean;
  /** Throws where it has. */
  check(): void;
}

export interface TurnExports {
  become(index: number): void;
  turn(): number;
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
 * @throws {CapacityError} NO_MEMORY when the machine has not that much. @throws {OptionError} where there
 * are to be several processors and the build is not for that.
 */
export function instantiate(bytes: number, build?: Uint8Array, several = false): KernelInstance {
  const module = moduleOf(build, several);
  const isShared = WebAssembly.Module.exports(module).some(({ name }) => name === "enter");
  if (several && !isShared) {
    throw new OptionError(`build: found one for a single processor, expected one for several`);
  }
  const memory = reserve(Math.ceil(bytes / WASM_PAGE_SIZE), isShared);
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const guard = new Guard(memory);
  const guarded = guard.exports(instance.exports);
  if (!isShared) return { memory, exports: guarded as KernelExports, shared: undefined };
  const lock = new Lock(guarded as LockExports, () => guard.check());
  const exports = locked(guarded, lock, new DataView(memory.buffer));
  const shared: Shared = {
    module,
    memory,
    exports,
    turns: guarded as TurnExports,
    lock,
    get hasPanicked() {
      return guard.hasPanicked;
    },
    check: () => guard.check(),
    onPanic: (act) => {
      guard.onPanic = act;
    },
  };
  return { memory, exports, shared };
}

function moduleOf(build: Uint8Array | undefined, several: boolean): WebAssembly.Module {
  if (build) return new WebAssembly.Module(build as Uint8Array<ArrayBuffer>);
  const base64 = several ? SHARED_KERNEL_BASE64 : KERNEL_BASE64;
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

type Call = (...args: unknown[]) => unknown;
type Calls = Record<string, Call>;

/** Watches every call of the kernel: after a panic it answers nothing but that panic. */
class Guard {
  /** Called once. */
  onPanic: () => void = () => {};
  readonly #control: DataView;
  #panic: KernelPanicError | undefined;

  constructor(memory: WebAssembly.Memory) {
    this.#control = new DataView(memory.buffer);
  }

  exports(exports: WebAssembly.Exports): unknown {
    const guarded: Calls = {};
    for (const [name, value] of Object.entries(exports)) {
      if (typeof value !== "function") continue;
      const call = value as Call;
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
    return guarded;
  }

  /** Whether this instance, or another one over this memory, has. */
  get hasPanicked(): boolean {
    return this.#panic !== undefined || this.#code !== 0;
  }

  check(): void {
    if (this.#panic) throw this.#panic;
    if (this.hasPanicked) throw this.#stop("a worker", "what it threw is in no one's hands");
  }

  get #code(): number {
    return this.#control.getInt32(CONTROL + CONTROL_PANIC, true);
  }

  #stop(where: string, message: string): KernelPanicError {
    this.#panic = new KernelPanicError(
      `the kernel stopped in ${where} (panic ${this.#code}: ${message}); this is a bug of primemeter`,
    );
    this.onPanic();
    return this.#panic;
  }
}

/** Every call under the kernel lock; again where it needs somebody to come in who has not come yet. */
function locked(guarded: unknown, lock: Lock, memory: DataView): SharedExports {
  const held: Calls = {};
  const isInvokeBusy = () => memory.getUint32(CONTROL + CONTROL_CODE, true) === STATUS_BUSY;
  for (const [name, call] of Object.entries(guarded as Calls)) {
    const isBusy = (answer: unknown) =>
      // Every number may be an answer.
      name === "invoke" ? isInvokeBusy() : CLAIMING.test(name) && answer === STATUS_BUSY;
    held[name] = (a, b, c, d, e) =>
      lock.hold(() => {
        let answer = call(a, b, c, d, e);
        for (; isBusy(answer); answer = call(a, b, c, d, e)) lock.waitOn();
        return answer;
      });
  }
  return held as unknown as SharedExports;
}

/** Exports that may have to wait for a processor, and answer a status; others answer numbers of their own. */
const CLAIMING = /^(meter(?!Create)|domain(?!Create)|gate|nodeFree|still)/;

/** What stands in for the exports and the memory once a kernel is disposed of. */
export function disposed<Thing extends object>(): Thing {
  const refuse = () => {
    throw new StateError("the kernel is disposed of");
  };
  return new Proxy({} as Thing, { get: refuse, set: refuse });
}

// What a guest pays for the functions of the host that it calls: so much for each call, or their time by a clock.
//
// Time invariant: `onTop` is the guest whose host function runs, of all that are under way the latest; its clock
// runs, and no other. It stands still while a guest runs that the function has called: that pays for itself.

import { CLOCK_HZ } from "../../assembly/layout.js";
import { OptionError } from "../errors.js";
import { callable, checkNames, show, whole } from "../options.js";
import { haveStack } from "./stack.js";

/** Cycles for each call, 0 to 1,000,000,000; or by the time that they take. */
export type HostCallsOptions = number | HostTimeOptions;

export interface HostTimeOptions {
  /** What `createWallClock` makes, or anything that reads cycles of 16 MHz. */
  readonly clock: { read(): bigint };
  /** What a millisecond costs, in cycles, 1 to 1,000,000,000. 16,000. */
  readonly cyclesPerMs?: number;
}

type Act = (...args: unknown[]) => unknown;

const MOST = 1_000_000_000;
const TICKS_PER_MS = CLOCK_HZ / 1000;
/** Frames that charging takes at most: who has called with less on the stack is not to dodge it. */
const STACK_FRAMES = 200;

/** @throws {OptionError} @internal */
export function checkHostCalls(given: HostCallsOptions | undefined): HostCallsOptions | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "number") return whole("hostCalls", given, 0, MOST);
  if (typeof given !== "object" || given === null) {
    throw new OptionError(
      `hostCalls: found ${show(given)}, expected cycles a call or { clock, cyclesPerMs }`,
    );
  }
  checkNames("hostCalls", given, ["clock", "cyclesPerMs"]);
  const { clock, cyclesPerMs = TICKS_PER_MS } = given;
  callable("hostCalls.clock.read", clock?.read);
  const time: unknown = clock.read();
  if (typeof time !== "bigint") {
    throw new OptionError(`hostCalls.clock.read: answered ${show(time)}, expected a bigint`);
  }
  return { clock, cyclesPerMs: whole("hostCalls.cyclesPerMs", cyclesPerMs, 1, MOST) };
}

let onTop: HostCalls | undefined;

/** Runs something of a guest: the host function that calls it, if one does, does not pay for that time. @internal */
export function runGuest<Result>(act: () => Result): Result {
  const caller = onTop;
  if (!caller) return act();
  onTop = undefined;
  caller.pause();
  try {
    return act();
  } finally {
    onTop = caller;
    caller.resume();
  }
}

/** Of one guest. @internal */
export class HostCalls {
  /** Cycles of a call; undefined where time is charged. */
  readonly #each: bigint | undefined;
  readonly #read: () => bigint;
  readonly #cyclesPerMs: bigint;
  readonly #charge: (cycles: bigint) => void;
  /** Since when it is to pay; undefined while it is not. */
  #since: bigint | undefined;
  /** Of a cycle that is not full yet: × TICKS_PER_MS. */
  #rest = 0n;

  /** `charge` takes cycles that the guest is to have paid, or to owe, when it goes on. */
  constructor(options: HostCallsOptions, charge: (cycles: bigint) => void) {
    this.#charge = charge;
    const isFixed = typeof options === "number";
    this.#each = isFixed ? BigInt(options) : undefined;
    this.#read = isFixed ? () => 0n : () => options.clock.read();
    this.#cyclesPerMs = isFixed ? 0n : BigInt(options.cyclesPerMs ?? TICKS_PER_MS);
  }

  /** Imports of a module, its functions charged. Whatever else it imports stays what it is. */
  imports(module: WebAssembly.Module, given: WebAssembly.Imports): WebAssembly.Imports {
    const charged: WebAssembly.Imports = Object.create(null);
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      const values = given[from];
      // The engine says what is wrong with what is no object.
      if (!isObject(values)) {
        charged[from] = values!;
        continue;
      }
      charged[from] ??= Object.create(null) as WebAssembly.ModuleImports;
      const value: unknown = values[name];
      const isFunction = kind === "function" && typeof value === "function";
      const own = isFunction ? this.#charged(value as Act) : value;
      charged[from][name] = own as WebAssembly.ImportValue;
    }
    return charged;
  }

  /** Does what a function of the host does for the guest, until it returns or throws. */
  run<Result>(act: () => Result): Result {
    if (this.#each !== undefined) {
      this.#charge(this.#each);
      return act();
    }
    haveStack(STACK_FRAMES);
    const below = onTop;
    below?.pause();
    try {
      onTop = this;
      this.resume();
      return act();
    } finally {
      onTop = below;
      this.pause();
      below?.resume();
    }
  }

  resume(): void {
    this.#since = this.#read();
  }

  /** Charges the time since it was resumed. */
  pause(): void {
    const since = this.#since;
    this.#since = undefined;
    const elapsed = since === undefined ? 0n : this.#read() - since;
    if (elapsed <= 0n) return;
    const due = elapsed * this.#cyclesPerMs + this.#rest;
    this.#rest = due % BigInt(TICKS_PER_MS);
    this.#charge(due / BigInt(TICKS_PER_MS));
  }

  #charged(act: Act): Act {
    return (...args) => this.run(() => act(...args));
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

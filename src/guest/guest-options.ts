// What a guest is loaded with. Internal, but for the options.

import type { Core } from "../core.js";
import { OptionError, StateError } from "../errors.js";
import type { Instrumented } from "../instrument/instrument.js";
import type { Meter, MeterKey } from "../meter.js";
import { checkNames, nameOf, show, yes } from "../options.js";
import type { AnyImports } from "./exports.js";
import { checkHostCalls, type HostCallsOptions } from "./host-calls.js";
import { canSuspend } from "./suspension.js";

export interface GuestOptions<Imports extends object = AnyImports> {
  name?: string;
  meter: Meter | MeterKey;
  /** What the module imports, as for WebAssembly.instantiate. */
  imports?: Imports;
  /**
   * Whether a call that can't go on half-way (its keeper answers later; its meter is off or dry; it is stopped) waits
   * there, and goes on from that very instruction, instead of being ended by a trap. Needs JSPI of the engine. Calls
   * are made one after the other then. False.
   */
  suspend?: boolean;
  /**
   * What becomes of a call whose meter is dry where its keeper declines, or there is none: "park", it waits until somebody
   * refills it, if it has not begun or `suspend` is on; "trap", it ends with ExhaustedError. "park".
   */
  onDecline?: "park" | "trap";
  /** What its calls of functions that it imports cost it: cycles each, or their time by a clock. Nothing. */
  hostCalls?: HostCallsOptions;
}

/** The options with what they are where they are not given. @internal */
export type CheckedGuestOptions = Required<Omit<GuestOptions, "meter" | "name" | "hostCalls">> &
  Pick<GuestOptions, "meter"> & {
    name: string | undefined;
    hostCalls: HostCallsOptions | undefined;
  };

const NAMES = ["name", "meter", "imports", "suspend", "onDecline", "hostCalls", "worker"];

/** @throws {OptionError} @throws {StateError} for what the kernel, or the engine, can't do. @internal */
export function checkGuest(
  core: Core,
  module: Instrumented,
  options: GuestOptions,
): CheckedGuestOptions {
  checkNames("loadWasm", options, NAMES);
  if (core.shared) throw new StateError("loadWasm: a kernel of several processors runs no guests");
  if (!(module?.bytes instanceof Uint8Array) || typeof module.refill?.module !== "string") {
    throw new OptionError("loadWasm: expected a module that `instrument` of primemeter/wasm made");
  }
  const { imports = {}, suspend = false, onDecline = "park", meter } = options;
  if (typeof imports !== "object" || imports === null) {
    throw new OptionError(`imports: found ${show(imports)}, expected an object of modules`);
  }
  if (onDecline !== "park" && onDecline !== "trap") {
    throw new OptionError(`onDecline: found ${show(onDecline)}, expected "park" or "trap"`);
  }
  if (yes("suspend", suspend) && !canSuspend()) {
    throw new StateError(
      "suspend: found an engine without JSPI, expected one with WebAssembly.Suspending " +
        "(Node 24 and later, Chromium 137 and later), or `worker`",
    );
  }
  const hostCalls = checkHostCalls(options.hostCalls);
  return { name: nameOf(options.name), meter, imports, suspend, onDecline, hostCalls };
}

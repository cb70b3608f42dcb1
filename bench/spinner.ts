// A guest in WebAssembly that spins, under a chain of meters.

import {
  createKernel,
  type Guest,
  type Keeper,
  type KernelOptions,
  type Meter,
} from "../src/index.js";
import { instrument } from "../src/instrument/index.js";

/**
 * `spin n`: n turns, of 5 cycles. `mix n`: n turns, of 19, that multiply, load and store. `act`: calls the host,
 * and spins for ever.
 */
export const SPINNER_BASE64 =
  "AGFzbQEAAAABCAJgAABgAX8AAgwBBGhvc3QDYWN0AAADBAMBAQAFAwEAAQcUAwRzcGluAAEDbWl4AAIDYWN0AAMKRgMOAANAIABBAWsiAA0ACwsr" +
  "AANAIABBNGxB/P8DcSAAQRRsQfz/A3EoAgAgAGo2AgAgAEEBayIADQALCwkAEAADQAwACws=";

export const TURN = { spin: 5, mix: 19 };

export interface Spinner {
  readonly guest: Guest;
  /** The lowest of its meters, and the one below the prime meter. */
  readonly meter: Meter;
  readonly top: Meter;
}

export interface SpinnerOptions {
  /** Meters below the prime meter. */
  readonly depth?: number;
  /** What the top has, and who is asked there. */
  readonly cycles?: bigint;
  readonly keeper?: Keeper;
  readonly kernel?: KernelOptions;
  readonly act?: () => void;
}

export function spinner(options: SpinnerOptions = {}): Spinner {
  const { depth = 1, cycles = 2n ** 62n, keeper, act = () => {} } = options;
  const kernel = createKernel({ nodes: 64, ...options.kernel });
  const top = kernel.createMeter({ superior: kernel.primeMeter, cycles });
  if (keeper) top.keeper = keeper;
  let meter = top;
  for (let level = 1; level < depth; level++) meter = kernel.createMeter({ superior: meter });
  const module = instrument(Buffer.from(SPINNER_BASE64, "base64"));
  const guest = kernel.loadWasm(module, { meter, imports: { host: { act } } });
  return { guest, meter, top };
}

/** What it has run in all. */
export function ranOf({ guest }: Spinner): bigint {
  return guest.domain.consumed + guest.domain.owed;
}

// By what modules are told apart in a cache: the SHA-256 of what they are made of, with what, and by which instrumenter.

import { INSTRUMENTER } from "../../build/instrumenter.js";
import { OptionError, StateError } from "../errors.js";
import { CostTable } from "./cost.js";
import { checkInstrument, type InstrumentOptions } from "./instrument.js";
import { readSourceMap } from "./source-map.js";

const TEXT = new TextEncoder();
const DIGEST_BYTES = 32;

/** Options as a text, the same for those that say the same. @throws {OptionError} */
export function textOf(options: InstrumentOptions): string {
  const { costs, sourceMap } = checkInstrument(options);
  // What JSON would leave out is refused here.
  if (costs !== undefined) new CostTable(costs);
  const isMap = ["undefined", "string", "object"].includes(typeof sourceMap);
  if (!isMap) readSourceMap(sourceMap, 0);
  try {
    return JSON.stringify(options, (_, value) => (isRecord(value) ? sorted(value) : value));
  } catch (error) {
    throw new OptionError(`sourceMap: expected what JSON can say (${(error as Error).message})`);
  }
}

/** 64 hexadecimal digits. `text` is `textOf` options. @throws {StateError} without WebCrypto. */
export async function keyOf(
  bytes: Uint8Array<ArrayBuffer>,
  text: string,
  instrumenter = INSTRUMENTER,
): Promise<string> {
  const head = TEXT.encode(`${instrumenter} ${text}`);
  const all = new Uint8Array(head.length + DIGEST_BYTES);
  all.set(head);
  all.set(await digestOf(bytes), head.length);
  return Array.from(await digestOf(all), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** SHA-256. @throws {StateError} without WebCrypto. */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle;
  if (!subtle) {
    throw new StateError(
      "cache: found no crypto.subtle, expected Node, or a page that was served by https or from localhost",
    );
  }
  return new Uint8Array(await subtle.digest("SHA-256", bytes));
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

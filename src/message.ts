// Messages: what goes through a gate, and comes back. An order code, a string of bytes and four keys.

import { MAX_STRING } from "../assembly/layout.js";
import type { Core } from "./core.js";
import { OptionError } from "./errors.js";
import { type Key, ZERO_KEY } from "./key.js";
import { type KeyLike, keyOf } from "./key-like.js";
import { checkNames, show, u32 } from "./options.js";

/** What the host sends. */
export interface Message {
  /** 0 to 2^32 − 1; without it 0. */
  order?: number;
  /** At most 4,096 bytes, a text as UTF-8; without it none. */
  string?: Uint8Array | string;
  /** Keys 1, 2, …: at most four. The others are DK(0). */
  keys?: readonly KeyLike[];
}

/** What has come. */
export interface Delivery {
  readonly order: number;
  readonly string: Uint8Array;
  readonly keys: readonly [Key, Key, Key, Key];
}

const NAMES = ["order", "string", "keys"];
/** Keys that go with a message. @internal */
export const MESSAGE_KEYS = 4;

/**
 * A message as the kernel takes it, with its own copies of everything. `most` is how many keys the caller
 * may give; key 4 is `last` where he may not.
 *
 * @throws {OptionError} @throws {RescindedError} for a handle of what was rescinded.
 *
 * @internal
 */
export function deliveryOf(
  core: Core,
  what: string,
  message: Message,
  most = MESSAGE_KEYS,
  last = ZERO_KEY,
): Delivery {
  checkNames(what, message, NAMES);
  const { order = 0, string = "", keys = [] } = message;
  if (!Array.isArray(keys) || keys.length > most) {
    const found = Array.isArray(keys) ? `${keys.length} keys` : show(keys);
    throw new OptionError(`${what}: keys: found ${found}, expected an array of at most ${most}`);
  }
  const all = Array.from(keys as readonly KeyLike[], (key, i) =>
    keyOf(core, key, `${what}: keys[${i}]`),
  );
  while (all.length < MESSAGE_KEYS) all.push(ZERO_KEY);
  if (most < MESSAGE_KEYS) all[MESSAGE_KEYS - 1] = last;
  return {
    order: u32(`${what}: order`, order),
    string: bytesOf(`${what}: string`, string, MAX_STRING),
    keys: all as unknown as Delivery["keys"],
  };
}

/** A copy of bytes, or a text as UTF-8. @throws {OptionError} @internal */
export function bytesOf(what: string, value: Uint8Array | string, most: number): Uint8Array {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) {
    throw new OptionError(`${what}: found ${show(value)}, expected a Uint8Array or a text`);
  }
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value.slice();
  if (bytes.length > most) {
    throw new OptionError(`${what}: found ${bytes.length} bytes, expected at most ${most}`);
  }
  return bytes;
}

/** A message of the kernel's own making. @internal */
export function delivery(order: number, string: Uint8Array = NO_BYTES, ...keys: Key[]): Delivery {
  const [a = ZERO_KEY, b = ZERO_KEY, c = ZERO_KEY, d = ZERO_KEY] = keys;
  return { order, string, keys: [a, b, c, d] };
}

const NO_BYTES = new Uint8Array(0);

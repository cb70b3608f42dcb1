// What the host may say where a key is wanted: a key, or a handle that stands for just one.

import type { Core } from "./core.js";
import { Domain } from "./domain.js";
import { OptionError, RescindedError } from "./errors.js";
import { copyKey, type Key } from "./key.js";
import { Meter, MeterKey } from "./meter.js";
import { Node } from "./node.js";

/**
 * A key, or a handle that confers what one key does: a MeterKey, or a Node, which is its service key.
 * There are several keys to a Meter or a Domain, so one has to be named: `meter.key` lets its holder run
 * below, `meter.serviceKey` also reads and sets; `domain.startKey()` sends messages, `domain.domainKey`
 * does all.
 */
export type KeyLike = Key | MeterKey | Node;

/**
 * The key, as a copy of its own.
 *
 * @throws {OptionError} for what is none, and for a handle of another kernel. @throws {RescindedError} for a
 * handle of what was rescinded; a key of such is DK(0).
 *
 * @internal
 */
export function keyOf(core: Core, like: KeyLike, what: string): Key {
  if (like instanceof MeterKey || like instanceof Node) {
    if (!like.isOf(core)) {
      throw new OptionError(`${what}: found one of another kernel, expected one of this kernel`);
    }
    if (!core.isLive(like.id)) throw new RescindedError(`the ${what}`);
    return { kind: like instanceof Node ? "node" : "meter", id: like.id, databyte: 0 };
  }
  const keys = keysOf(like);
  if (keys) throw new OptionError(`${what}: found ${keys[0]}, expected a key: say ${keys[1]}`);
  return copyKey(like, what);
}

/** What somebody may have meant who gave the handle itself. */
function keysOf(like: unknown): [found: string, expected: string] | undefined {
  if (like instanceof Meter) return ["a Meter", "its `key` or its `serviceKey`"];
  if (like instanceof Domain) return ["a Domain", "its `startKey()` or its `domainKey`"];
  const isHandle = typeof like === "object" && like !== null && "key" in like;
  return isHandle ? ["a handle", "its `key`"] : undefined;
}

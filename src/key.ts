// Keys as plain records: what a slot holds, and what goes through the kernel's key registers.

import {
  KIND_DATA,
  KIND_DOMAIN,
  KIND_FETCH,
  KIND_HOST,
  KIND_METER,
  KIND_NODE,
  KIND_SENSE,
} from "../assembly/layout.js";
import { OptionError } from "./errors.js";
import type { NodeId } from "./id.js";

/**
 * A data key holds 0 to 2^88 − 1; `DK(0)` is `{ kind: "data", value: 0n }`. A host key holds the number
 * of a function of the host. The others name a node; `databyte` is 0 to 255. The super meter key, over
 * the prime meter, can be seen but not put anywhere.
 */
export type Key =
  | { readonly kind: "data"; readonly value: bigint }
  | { readonly kind: "host"; readonly number: number }
  | { readonly kind: "super" }
  | { readonly kind: NodeKind; readonly id: NodeId; readonly databyte: number };

export type NodeKind = "node" | "fetch" | "sense" | "meter" | "domain";

/** DK(0). */
export const ZERO_KEY: Key = Object.freeze({ kind: "data", value: 0n });

export const KIND_NUMBERS: Readonly<Record<NodeKind, number>> = Object.freeze({
  node: KIND_NODE,
  fetch: KIND_FETCH,
  sense: KIND_SENSE,
  meter: KIND_METER,
  domain: KIND_DOMAIN,
});

export const KIND_NAMES: ReadonlyMap<number, NodeKind> = new Map(
  Object.entries(KIND_NUMBERS).map(([name, number]) => [number, name as NodeKind]),
);

export { KIND_DATA, KIND_HOST };

const DATA_LIMIT = 1n << 88n;

/** Throws OptionError for what is no key that the host may put in a slot. */
export function checkKey(key: Key, what: string): void {
  const fail = (expected: string): never => {
    throw new OptionError(`${what}: expected ${expected}`);
  };
  if (typeof key !== "object" || key === null) fail("a key, such as { kind: 'data', value: 0n }");
  if (key.kind === "data") {
    if (typeof key.value !== "bigint" || key.value < 0n || key.value >= DATA_LIMIT) {
      fail("a data key's value to be a bigint from 0n to 2n ** 88n - 1n");
    }
  } else if (key.kind === "host") {
    const isNumber = Number.isInteger(key.number) && key.number > 0 && key.number < 2 ** 32;
    if (!isNumber) fail("a host key made by kernel.hostKey");
  } else if (key.kind === "super") {
    fail("a key other than the super meter key, which stands over the prime meter only");
  } else if (!Object.hasOwn(KIND_NUMBERS, key.kind)) {
    fail(`a key kind of data, host, ${Object.keys(KIND_NUMBERS).join(", ")}`);
  } else {
    if (!Number.isSafeInteger(key.id) || key.id < 1) fail("the id of a node");
    if (!Number.isInteger(key.databyte) || key.databyte < 0 || key.databyte > 255) {
      fail("a databyte from 0 to 255");
    }
    if (key.kind === "meter" && key.databyte !== 0)
      fail("databyte 0, as all meter keys have (§3.1)");
  }
}

// Keys as plain records: what a slot holds, and what goes through the kernel's key registers.

import {
  KIND_DATA,
  KIND_DOMAIN,
  KIND_FETCH,
  KIND_HOST,
  KIND_METER,
  KIND_NODE,
  KIND_PAGE,
  KIND_SEGMENT,
  KIND_SENSE,
  KIND_START,
  MISC_CLOCK,
  MISC_DATA,
  MISC_DISCRIM,
  MISC_RETURNER,
} from "../assembly/layout.js";
import { OptionError } from "./errors.js";
import type { NodeId } from "./id.js";
import { show } from "./options.js";

/**
 * A data key holds 0 to 2^88 − 1; `DK(0)` is `{ kind: "data", value: 0n }`. A host key holds the number
 * of something of the host: a keeper, a host object, the end of a call. A misc key names a service of
 * the kernel itself. The others name a node; `databyte` is 0 to 255. The super meter key, over the prime
 * meter, can be seen but not put anywhere.
 *
 * Records are copied where they are taken, and what they name is looked up each time: one that names a
 * rescinded node is DK(0).
 */
export type Key =
  | { readonly kind: "data"; readonly value: bigint }
  | { readonly kind: "host"; readonly number: number }
  | { readonly kind: "super" }
  | { readonly kind: "misc"; readonly name: MiscName }
  | ResumeKey
  | { readonly kind: NodeKind; readonly id: NodeId; readonly databyte: number };

/**
 * Lets a domain go on that waits, once: it is void as soon as the domain goes on, by whatever cause. The
 * data byte is how: 0 restarts it, 1 returns a message to it, 2 is of one that has trapped.
 */
export interface ResumeKey {
  readonly kind: "resume";
  readonly id: NodeId;
  readonly databyte: number;
  /** Which of the domain's waits it is for, 0 to 2^48 − 1. */
  readonly call: number;
}

export type NodeKind =
  | "node"
  | "fetch"
  | "sense"
  | "meter"
  | "domain"
  | "start"
  | "page"
  | "segment";

/** The services of the kernel that need no node. */
export type MiscName = "clock" | "returner" | "data" | "discrim";

/** DK(0). */
export const ZERO_KEY: Key = Object.freeze({ kind: "data", value: 0n });
/** Answers the time: order 7, and the time in which nobody ran: order 8, in 2^−12 µs. */
export const clockKey: Key = Object.freeze({ kind: "misc", name: "clock" });
/** Answers the order, the string and keys 1 to 3 that it is invoked with. */
export const returnerKey: Key = Object.freeze({ kind: "misc", name: "returner" });
/** Makes data keys: order 0 answers the number in the string, at most 11 bytes, big-endian. */
export const makerKey: Key = Object.freeze({ kind: "misc", name: "data" });
/**
 * Tells what a key is without invoking it. Order 0: 1 for a data key 1, 2 resume, 3 node, fetch, sense, page or segment, 4
 * meter, 6 start, 5 another. Order 2: 0 where keys 1 and 2 are the same, else 1.
 */
export const discrimKey: Key = Object.freeze({ kind: "misc", name: "discrim" });

export const KIND_NUMBERS: Readonly<Record<NodeKind, number>> = Object.freeze({
  node: KIND_NODE,
  fetch: KIND_FETCH,
  sense: KIND_SENSE,
  meter: KIND_METER,
  domain: KIND_DOMAIN,
  start: KIND_START,
  page: KIND_PAGE,
  segment: KIND_SEGMENT,
});

export const KIND_NAMES: ReadonlyMap<number, NodeKind> = namesOf(KIND_NUMBERS);

/** The data bytes of misc keys. */
export const MISC_NUMBERS: Readonly<Record<MiscName, number>> = Object.freeze({
  clock: MISC_CLOCK,
  returner: MISC_RETURNER,
  data: MISC_DATA,
  discrim: MISC_DISCRIM,
});

export const MISC_NAMES: ReadonlyMap<number, MiscName> = namesOf(MISC_NUMBERS);

export { KIND_DATA, KIND_HOST };

/** Data keys hold less than this. */
const DATA_LIMIT = 1n << 88n;
/** The last kind of resume keys. */
const MOST_RESUME = 2;
/** Resume keys count waits modulo this. */
const CALL_LIMIT = 2 ** 48;

function namesOf<Name extends string>(numbers: Readonly<Record<Name, number>>) {
  return new Map(Object.entries<number>(numbers).map(([name, number]) => [number, name as Name]));
}

/**
 * A copy of a key that the host may put in a slot: whoever hands one in may change it later.
 *
 * @throws {OptionError} for what is no such key.
 */
export function copyKey(key: Key, what: string): Key {
  if (typeof key !== "object" || key === null || typeof key.kind !== "string") {
    throw new OptionError(
      `${what}: found ${show(key)}, expected a key, such as { kind: "data", value: 0n }`,
    );
  }
  const copy = { ...key };
  const expected = faultOf(copy);
  if (expected) throw new OptionError(`${what}: expected ${expected}`);
  return copy;
}

/** What was expected instead of a key that is none. */
function faultOf(key: Key): string | undefined {
  switch (key.kind) {
    case "data": {
      const isNumber = typeof key.value === "bigint" && key.value >= 0n && key.value < DATA_LIMIT;
      return isNumber ? undefined : "a data key's value to be a bigint from 0n to 2n ** 88n - 1n";
    }
    case "host": {
      const isNumber = Number.isSafeInteger(key.number) && key.number > 0;
      return isNumber ? undefined : "a host key made by kernel.hostKey or kernel.hostObject";
    }
    case "misc": {
      const names = Object.keys(MISC_NUMBERS);
      return names.includes(key.name) ? undefined : `the name to be one of ${names.join(", ")}`;
    }
    case "super":
      return "a key other than the super meter key, which stands over the prime meter only";
    case "resume": {
      const isCall = Number.isInteger(key.call) && key.call >= 0 && key.call < CALL_LIMIT;
      if (!isCall) return "a resume key's call to be a whole number from 0 to 2 ** 48 - 1";
      return designationFault(key, MOST_RESUME);
    }
    default:
      return nodeKeyFault(key);
  }
}

function nodeKeyFault(key: Key & { kind: NodeKind }): string | undefined {
  if (!Object.hasOwn(KIND_NUMBERS, key.kind)) {
    return `a key kind of data, host, ${Object.keys(KIND_NUMBERS).join(", ")}, misc, resume`;
  }
  if (key.databyte !== 0) {
    if (key.kind === "meter") return "databyte 0, as all meter keys have (§3.1)";
    if (key.kind === "page" || key.kind === "segment") {
      return `databyte 0, as all ${key.kind} keys have`;
    }
  }
  return designationFault(key, 255);
}

function designationFault(key: { id: NodeId; databyte: number }, most: number): string | undefined {
  if (!Number.isSafeInteger(key.id) || key.id < 1) return "the id of a node";
  const isByte = Number.isInteger(key.databyte) && key.databyte >= 0 && key.databyte <= most;
  return isByte ? undefined : `a databyte from 0 to ${most}`;
}

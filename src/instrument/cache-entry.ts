// A module of a cache as a file: "pmcache1", the SHA-256 of what follows, the length of a JSON (u32), that, the module.

import { digestOf } from "./cache-key.js";
import { type Figures, Instrumented } from "./instrument.js";
import { openInstrumented } from "./open.js";
import type { SourceMap } from "./source-map.js";

interface Extras {
  /** The module's key: files may be moved. */
  readonly key: string;
  readonly figures: Figures;
  readonly sourceMap?: SourceMap | undefined;
}

const MAGIC = new TextEncoder().encode("pmcache1");
const DIGEST_AT = MAGIC.length;
const LENGTH_AT = DIGEST_AT + 32;
const JSON_AT = LENGTH_AT + 4;

export async function entryOf(key: string, made: Instrumented): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes, figures, sourceMap } = made;
  const extras: Extras = { key, figures: figures!, sourceMap };
  const json = new TextEncoder().encode(JSON.stringify(extras));
  const entry = new Uint8Array(JSON_AT + json.length + bytes.length);
  entry.set(MAGIC);
  new DataView(entry.buffer).setUint32(LENGTH_AT, json.length, true);
  entry.set(json, JSON_AT);
  entry.set(bytes, JSON_AT + json.length);
  entry.set(await digestOf(entry.subarray(LENGTH_AT)), DIGEST_AT);
  return entry;
}

/** The module in a file; undefined where that is not what was written for this key. */
export async function opened(
  key: string,
  entry: Uint8Array<ArrayBuffer>,
): Promise<Instrumented | undefined> {
  if (entry.length < JSON_AT || !isSame(MAGIC, entry.subarray(0, DIGEST_AT))) return undefined;
  const digest = await digestOf(entry.subarray(LENGTH_AT));
  if (!isSame(digest, entry.subarray(DIGEST_AT, LENGTH_AT))) return undefined;
  const { buffer, byteOffset } = entry;
  const moduleAt = JSON_AT + new DataView(buffer, byteOffset).getUint32(LENGTH_AT, true);
  const json = new TextDecoder().decode(entry.subarray(JSON_AT, moduleAt));
  const { key: written, figures, sourceMap } = JSON.parse(json) as Extras;
  if (written !== key) return undefined;
  const { bytes, counter, start, refill } = openInstrumented(entry.subarray(moduleAt));
  return new Instrumented(bytes, { counter, start, ...refill }, { figures, sourceMap });
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

// What guests are run as: as they are, encoded anew with nothing changed, and metered.

import {
  type Instrumented,
  type InstrumentOptions,
  instrument,
} from "../../src/instrument/instrument.js";
import type { Extra, Transformed, Variant } from "./intercept.js";

/** A variant, and what its instances have counted so far. */
export interface Counting extends Variant {
  counted(): bigint;
}

/** Cycles that a refill brings: an advance. */
export const ADVANCE = 1_000_000n;

export const plain: Variant = { name: "plain", transform: (bytes) => ({ bytes }) };

/** The control: what differs between two runs of the same code. */
export const reencoded: Variant = {
  name: "re-encoded",
  transform: (bytes) => ({ bytes: reencode(bytes) }),
};

/** Metered, with a refill that grants at once. A module is instrumented once, for all its instances. */
export function metered({
  name = "metered",
  advance = ADVANCE,
  ...options
}: { name?: string; advance?: bigint } & InstrumentOptions = {}): Counting {
  const made = new Map<Uint8Array, Instrumented>();
  const counters: Counter[] = [];
  const transform = (bytes: Uint8Array): Transformed => {
    const known = [...made].find(([each]) => Buffer.compare(each, bytes) === 0);
    const result = known?.[1] ?? instrument(bytes, options);
    made.set(known?.[0] ?? bytes, result);
    return { bytes: result.bytes, imports: () => refilled(result) };
  };
  const refilled = ({ refill, counter: name, start }: Instrumented): Extra => {
    const counter: Counter = { granted: 0n, global: undefined };
    counters.push(counter);
    const grant = (left: bigint) => {
      const advances = left < 0n ? -left / advance + 1n : 1n;
      counter.granted += advances * advance;
      return left + advances * advance;
    };
    return {
      imports: { [refill.module]: { [refill.field]: grant } },
      hidden: start === undefined ? [name] : [name, start],
      made({ exports }) {
        counter.global = exports[name] as WebAssembly.Global;
        if (start !== undefined) (exports[start] as () => void)();
      },
    };
  };
  const left = ({ global }: Counter): bigint => global?.value ?? 0n;
  return {
    name,
    transform,
    counted: () => counters.reduce((sum, each) => sum + each.granted - left(each), 0n),
  };
}

/** Of one instance; what it has counted is what was granted less what is left. */
interface Counter {
  granted: bigint;
  global: WebAssembly.Global | undefined;
}

const SECTION_SIZE_BYTES = 5;
const HEADER = 8;

/** Every section's size takes five bytes: other bytes, which V8 takes for another module; the same code. */
function reencode(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [bytes.subarray(0, HEADER)];
  for (let at = HEADER; at < bytes.length; ) {
    const id = bytes[at++]!;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const head = new Uint8Array(1 + SECTION_SIZE_BYTES);
    head[0] = id;
    for (let place = 1; place <= SECTION_SIZE_BYTES; place++) {
      const more = place < SECTION_SIZE_BYTES ? 0x80 : 0;
      head[place] = (Math.floor(size / 2 ** (7 * (place - 1))) & 0x7f) | more;
    }
    parts.push(head, bytes.subarray(at, at + size));
    at += size;
  }
  return new Uint8Array(Buffer.concat(parts));
}

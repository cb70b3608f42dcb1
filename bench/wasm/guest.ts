// Programs of others, as they are on npm: what they are made of and what they are given to do.

import { bytesOf } from "./fresh.js";
import { intercept, type Variant } from "./intercept.js";

/** A package whose WebAssembly is run. */
export interface Guest {
  readonly name: string;
  /** What made its module. */
  readonly producer: string;
  /** Its modules, as paths under node_modules; that of the work first. */
  readonly modules: readonly string[];
  /** Loads it as its users do, in a copy of its own; within `intercept` as a variant. */
  load(): Promise<Work>;
}

/** Loads a guest as a variant of itself. */
export async function loadAs(variant: Variant, guest: Guest): Promise<Work> {
  const before = CRASHES.map((event) => process.rawListeners(event));
  try {
    return await intercept(variant, guest.modules.map(bytesOf), () => guest.load());
  } finally {
    // Emscripten's glue wants to hear of everybody's errors, and hides them.
    for (const [at, event] of CRASHES.entries()) {
      for (const listener of process.rawListeners(event)) {
        if (!before[at]!.includes(listener)) process.off(event, listener as () => void);
      }
    }
  }
}

const CRASHES = ["uncaughtException", "unhandledRejection"];

/** Does the work once, some 0.2 to 0.5 s of it, and answers what came out. The same each time. */
export type Work = () => Checksum | Promise<Checksum>;

export type Checksum = number | string;

/** FNV-1a of bytes or of a text. */
export function checksum(of: Uint8Array | string): number {
  const bytes = typeof of === "string" ? Buffer.from(of) : of;
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Whole numbers below `bound`, the same ones each time. */
export function dice(seed = 1): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const SYLLABLES = ["ka", "ro", "mi", "ten", "su", "lo", "ver", "da", "phi", "on"];

/** Something like prose, of about so many bytes. */
export function prose(bytes: number): string {
  const roll = dice(bytes);
  const words = Array.from({ length: 800 }, () =>
    Array.from({ length: 1 + roll(4) }, () => SYLLABLES[roll(SYLLABLES.length)]).join(""),
  );
  let text = "";
  while (text.length < bytes) {
    text += words[Math.min(roll(800), roll(800))];
    text += roll(12) === 0 ? ".\n" : " ";
  }
  return text;
}

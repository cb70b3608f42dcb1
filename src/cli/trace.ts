import { closeSync, openSync, writeSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import type { Kernel } from "../index.js";
import { decimal } from "./json.js";

const EVENTS = ["slice", "refill", "wait", "keeper", "park", "trap", "end"] as const;

/**
 * Writes every event of a kernel as a line of JSON; meters and domains by name. Throws
 * InvalidArgumentError if the file cannot be written.
 */
export function traceTo(file: string, kernel: Kernel): () => void {
  const handle = open(file);
  for (const name of EVENTS) {
    kernel.on(name, (event: object) => {
      const named = Object.entries<unknown>({ event: name, ...event }).map(([key, value]) => [
        key,
        key === "meter" || key === "domain" ? (value as { name: string }).name : value,
      ]);
      writeSync(handle, `${JSON.stringify(Object.fromEntries(named), decimal)}\n`);
    });
  }
  return () => closeSync(handle);
}

function open(file: string): number {
  try {
    return openSync(file, "w");
  } catch (error) {
    throw new InvalidArgumentError(`error: --trace: ${(error as Error).message}`);
  }
}

import { closeSync, openSync, writeSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { EVENT_NAMES } from "../event.js";
import type { ScenarioRun } from "../scenario/run.js";
import { decimal } from "./json.js";

/**
 * Writes every event of a run's kernel, and each call of a guest, as a line of JSON; meters and domains by name, what
 * programs print and errors as text. Throws InvalidArgumentError if the file cannot be written.
 */
export function traceTo(file: string, run: ScenarioRun): () => void {
  const handle = open(file);
  const write = (name: string, event: object) => {
    const named = Object.entries<unknown>({ event: name, ...event }).map(([key, value]) => [
      key,
      plain(value),
    ]);
    writeSync(handle, `${JSON.stringify(Object.fromEntries(named), decimal)}\n`);
  };
  for (const name of EVENT_NAMES) run.kernel.on(name, (event: object) => write(name, event));
  run.onCall(({ cycle: time, ...called }) => write("call", { ...called, time }));
  return () => closeSync(handle);
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Error) return String(value);
  return value instanceof Object && "name" in value ? value.name : value;
}

function open(file: string): number {
  try {
    return openSync(file, "w");
  } catch (error) {
    throw new InvalidArgumentError(`error: --trace: ${(error as Error).message}`);
  }
}

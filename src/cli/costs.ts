import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import type { Costs } from "../instrument/index.js";
import { fileFault } from "../scenario/programs.js";
import { type Plain, TomlDocument } from "../scenario/toml.js";

/** A file's bytes. @throws {InvalidArgumentError} */
export function read(file: string, expected: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new InvalidArgumentError(`${file}: found ${fileFault(error)}, expected ${expected}`);
  }
}

/**
 * What instructions cost, as a file says: TOML or JSON, by its end. What it says is checked where it is used.
 *
 * @throws {InvalidArgumentError} @throws {ScenarioError} for what is no TOML, with its place.
 */
export function readCosts(file: string): Costs {
  if (!/\.(toml|json)$/i.test(file)) {
    throw new InvalidArgumentError(`${file}: found another ending, expected .toml or .json`);
  }
  const text = read(file, "a table of costs").toString();
  if (/toml$/i.test(file)) return numbered(new TomlDocument(file, text).root) as Costs;
  try {
    return JSON.parse(text) as Costs;
  } catch (error) {
    throw new InvalidArgumentError(`${file}: not JSON: ${(error as Error).message}`);
  }
}

/** With plain numbers for integers. */
function numbered(value: Plain): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(numbered);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, numbered(each)]));
}

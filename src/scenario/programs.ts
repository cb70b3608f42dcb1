import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ElfError } from "../errors.js";
import { loadElf, type Program } from "../index.js";
import type { Problem } from "./problem.js";
import { describe, type TomlDocument } from "./toml.js";

/** The programs that a scenario names, each file loaded once. */
export class Programs {
  readonly problems: Problem[] = [];
  readonly #loaded = new Map<string, Program | string>();

  constructor(document: TomlDocument) {
    const domains = document.root.domain;
    if (!Array.isArray(domains)) return;
    for (const index of domains.keys()) {
      const path = ["domain", index, "program"];
      const name = document.at(path);
      if (typeof name !== "string") continue;
      if (!this.#loaded.has(name)) this.#loaded.set(name, load(document.file, name));
      const program = this.#loaded.get(name)!;
      if (typeof program === "string") this.problems.push(document.problem(path, program));
    }
  }

  /** Undefined for one that could not be loaded. */
  get(name: string): Program | undefined {
    const program = this.#loaded.get(name);
    return typeof program === "string" ? undefined : program;
  }
}

/** The program, or what is wrong with it. */
function load(file: string, name: string): Program | string {
  const path = resolve(dirname(file), name);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const expected = "expected a program file, by its path from the scenario file";
    return `found ${fileFault(error)} at ${path}, ${expected}`;
  }
  try {
    return loadElf(bytes);
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    return `found a bad program, ${describe(name)}: ${error.message} (${error.code})`;
  }
}

/** Why a file could not be read, in words. */
export function fileFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "a folder";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "a file that is not UTF-8";
  if (code === "EACCES") return "a file that may not be read";
  return message;
}

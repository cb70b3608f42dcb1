// The programs of guests/, each loaded once.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ElfProgram, loadElf } from "../elf.js";

/** The package, as seen from src/locks/ by tests, and from dist/src/locks/ by commands. */
const ROOT = import.meta.url.includes("/dist/src/") ? "../../../" : "../../";

const loaded = new Map<string, ElfProgram>();

export function guestProgram(name: string): ElfProgram {
  let program = loaded.get(name);
  if (!program) {
    const file = fileURLToPath(new URL(`${ROOT}guests/${name}.elf`, import.meta.url));
    program = loadElf(readFileSync(file));
    loaded.set(name, program);
  }
  return program;
}

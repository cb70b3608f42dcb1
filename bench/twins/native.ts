// Twins in C, compiled by gcc into a temporary folder.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Twin {
  /** Runs it: the words it printed. */
  run(...words: (number | string)[]): string[];
}

/** A twin by its name, or undefined, said aloud, where it can't be compiled. */
export function compileTwin(name: string): Twin | undefined {
  const source = new URL(`../../../bench/twins/${name}.c`, import.meta.url).pathname;
  const folder = mkdtempSync(join(tmpdir(), "primemeter-bench-"));
  const path = join(folder, name);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  try {
    execFileSync("gcc", ["-O3", "-o", path, source], { stdio: "pipe" });
  } catch (error) {
    const why = (error as Error).message.split("\n", 1)[0];
    console.error(`bench: no yardstick in C for ${name}: ${why}`);
    return undefined;
  }
  return {
    run: (...words) =>
      execFileSync(path, words.map(String), { encoding: "utf8" }).trim().split(" "),
  };
}

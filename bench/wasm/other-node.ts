// Running the bench with another version of Node than the one at hand: npm has them as packages, one for
// each kind of machine, of some 100 MB. They are had when asked for and kept below node_modules.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setFlagsFromString } from "node:v8";

/** Below this package, whether it is the source that runs or what was built. */
const ROOT = dirname(createRequire(import.meta.url).resolve("primemeter/package.json"));
const CACHE = join(ROOT, "node_modules/.cache/primemeter");
/** The last major version in which V8 reads branch hints only if told to. */
const LAST_WITHOUT_HINTS = 24;

/** Where the binary of a version is, "24" say; it is installed if it isn't there. */
export function nodeBinary(version: string): string {
  const folder = join(CACHE, `node-${version}`);
  const system = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${system}-${process.arch}`;
  const file = system === "win" ? "node.exe" : "node";
  const binary = join(folder, "node_modules", name, "bin", file);
  if (existsSync(binary)) return binary;
  console.error(`bench: npm installs ${name}@${version}, once, some 100 MB …`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `{ "private": true }\n`);
  const given = ["install", "--no-audit", "--no-fund", "--silent", `${name}@${version}`];
  execFileSync("npm", given, { cwd: folder, stdio: "inherit", shell: system === "win" });
  if (!existsSync(binary)) throw new Error(`${name}@${version} has no ${binary}`);
  return binary;
}

/** Runs a script of this package with another version of Node. @returns Its exit code. */
export function runWith(version: string, script: string, given: readonly string[]): number {
  return spawnSync(nodeBinary(version), [script, ...given], { stdio: "inherit" }).status ?? 1;
}

/** Has V8 read the hints which branches are rare, where it would not by itself. Before any module is made. */
export function readBranchHints(): void {
  const major = Number(process.versions.node.split(".")[0]);
  if (major <= LAST_WITHOUT_HINTS) setFlagsFromString("--experimental-wasm-branch-hinting");
}

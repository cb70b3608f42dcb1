// The package as npm would install it into a project.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Source maps are read by the first, JavaScript is run by the others. */
const DEPENDENCIES = [
  "@jridgewell/sourcemap-codec",
  "quickjs-emscripten-core",
  "@jitl/quickjs-ffi-types",
  "@jitl/quickjs-wasmfile-release-sync",
];

/** A folder with the package in its node_modules, and what the library needs of its dependencies. */
export function project(): string {
  const folder = mkdtempSync(join(tmpdir(), "primemeter-"));
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const name = execFileSync("npm", pack, { encoding: "utf8" }).trim();
  const target = join(folder, "node_modules/primemeter");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, name), "--strip-components=1", "-C", target]);
  for (const name of DEPENDENCIES) {
    const path = join("node_modules", name);
    cpSync(path, join(folder, path), { recursive: true });
  }
  return folder;
}

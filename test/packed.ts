// The package as npm would install it into a project.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The only one that the library needs: source maps are read by it. */
const DEPENDENCY = "node_modules/@jridgewell/sourcemap-codec";

/** A folder with the package in its node_modules, and what the library needs of its dependencies. */
export function project(): string {
  const folder = mkdtempSync(join(tmpdir(), "primemeter-"));
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const name = execFileSync("npm", pack, { encoding: "utf8" }).trim();
  const target = join(folder, "node_modules/primemeter");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, name), "--strip-components=1", "-C", target]);
  cpSync(DEPENDENCY, join(folder, DEPENDENCY), { recursive: true });
  return folder;
}

// The package as npm would install it into a project.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder with the package in its node_modules, without its dependencies: the library needs none. */
export function project(): string {
  const folder = mkdtempSync(join(tmpdir(), "primemeter-"));
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const name = execFileSync("npm", pack, { encoding: "utf8" }).trim();
  const target = join(folder, "node_modules/primemeter");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, name), "--strip-components=1", "-C", target]);
  return folder;
}

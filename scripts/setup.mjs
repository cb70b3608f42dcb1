// Runs before start, test and bench: installs from the lock file when something is missing or
// stale, then builds when a source is newer than what was built. Quick and quiet when nothing is.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const digest = (files) => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest("hex");
};
const walk = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : path.endsWith(".ts") ? [path] : [];
  });
const stamp = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");
const run = (words, what) => {
  console.error(`primemeter: ${what} …`);
  const [command, ...args] = words;
  const shell = process.platform === "win32";
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", shell });
  if (status !== 0) {
    console.error(stdout + stderr);
    console.error(`primemeter: ${what} failed`);
    process.exit(1);
  }
};

const installed = join("node_modules", ".primemeter-installed");
const lock = digest(["package-lock.json"]);
if (stamp(installed) !== lock) {
  run(["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"], "installing packages");
  writeFileSync(installed, lock);
}

const sources = digest([
  ...["assembly", "src", "bench"].filter((folder) => statSync(folder).isDirectory()).flatMap(walk),
  ...["asconfig.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"],
  ...["scripts/build.mjs", "scripts/journal.mjs"],
]);
const built = join("build", ".stamp");
if (stamp(built) !== sources || !existsSync("dist/src/cli/main.js")) {
  run([process.execPath, "scripts/build.mjs"], "building");
  writeFileSync(built, sources);
}

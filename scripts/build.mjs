// Builds everything: the kernel (asc), its embedding as a module, the host API and CLI (tsc).
// Any warning of asc fails the build: it ignores options that it does not know.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import binaryen from "assemblyscript/binaryen";
import { JournalTransform } from "./journal.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
mkdirSync("build", { recursive: true });

/** Where the exports of a target are, if not in assembly/index.ts. */
const ENTRIES = {
  bench: "bench/kernel/index.ts",
  "bench-shared": "bench/kernel/shared/index.ts",
  shared: "assembly/shared.ts",
  "shared-debug": "assembly/shared-debug.ts",
};

const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
for (const [target, { outFile, sharedMemory, use = [] }] of Object.entries(targets)) {
  const entry = ENTRIES[target] ?? "assembly/index.ts";
  const transforms = use.includes("SHARED=1") ? [JournalTransform] : [];
  const { error, stdout, stderr } = await asc.main([entry, "--target", target], { transforms });
  // With converge, asc says so when it drops its last pass; that is no warning.
  const said = (stdout.toString() + stderr.toString()).replace("Last converge was suboptimal.", "");
  if (error || said.trim() !== "") {
    console.error(said || error.message);
    console.error(`build: asc --target ${target} failed or warned`);
    process.exit(1);
  }
  const bytes = readFileSync(outFile);
  const module = new WebAssembly.Module(bytes);
  const imports = WebAssembly.Module.imports(module).map(({ name }) => name);
  if (imports.join() !== "memory") {
    console.error(`build: ${outFile} imports ${imports.join(", ")}, expected memory only`);
    process.exit(1);
  }
  // Every worker instantiates it, over a memory that is in use: a segment would be copied in again.
  if (sharedMemory && binaryen.readBinary(bytes).getNumDataSegments() > 0) {
    console.error(`build: ${outFile} has data segments, expected none`);
    process.exit(1);
  }
}

const embed = (name, path) => {
  const lines = readFileSync(path, "base64")
    .match(/.{1,96}/g)
    .map((line) => `  "${line}",`);
  return `export const ${name} = [\n${lines.join("\n")}\n].join("");\n`;
};
writeFileSync(
  "build/embedded.ts",
  [
    "// Made by scripts/build.mjs from assembly/; do not edit.\n",
    embed("KERNEL_BASE64", targets.release.outFile),
    embed("SHARED_KERNEL_BASE64", targets.shared.outFile),
  ].join(""),
);

// By which instrumenter a module was made: caches are good for one and the same.
const instrumenter = createHash("sha256");
for (const name of readdirSync("src/instrument").sort()) {
  instrumenter.update(`${name}\0`).update(readFileSync(`src/instrument/${name}`));
}
writeFileSync(
  "build/instrumenter.ts",
  "// Made by scripts/build.mjs from src/instrument/; do not edit.\n" +
    `export const INSTRUMENTER = "${instrumenter.digest("hex").slice(0, 32)}";\n`,
);

// What sources that are gone had made would be packed.
rmSync("dist", { recursive: true, force: true });
const require = createRequire(import.meta.url);
try {
  execFileSync(
    process.execPath,
    [require.resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json"],
    {
      stdio: "inherit",
    },
  );
} catch {
  process.exit(1);
}

// For `primemeter sim`, which plants faults in it.
copyFileSync(targets["shared-debug"].outFile, "dist/build/kernel.shared.debug.wasm");

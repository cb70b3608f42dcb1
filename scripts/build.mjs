// Builds everything: the kernel (asc), its embedding as a module, the host API and CLI (tsc).
// Any warning of asc fails the build: it ignores options that it does not know.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
mkdirSync("build", { recursive: true });

const entries = {
  bench: "bench/kernel/index.ts",
  "bench-shared": "bench/kernel/shared/index.ts",
};
const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
for (const [target, { outFile }] of Object.entries(targets)) {
  const entry = entries[target] ?? "assembly/index.ts";
  const { error, stdout, stderr } = await asc.main([entry, "--target", target]);
  // With converge, asc says so when it drops its last pass; that is no warning.
  const said = (stdout.toString() + stderr.toString()).replace("Last converge was suboptimal.", "");
  if (error || said.trim() !== "") {
    console.error(said || error.message);
    console.error(`build: asc --target ${target} failed or warned`);
    process.exit(1);
  }
  const module = new WebAssembly.Module(readFileSync(outFile));
  const imports = WebAssembly.Module.imports(module).map(({ name }) => name);
  if (imports.join() !== "memory") {
    console.error(`build: ${outFile} imports ${imports.join(", ")}, expected memory only`);
    process.exit(1);
  }
}

const bytes = readFileSync("build/kernel.wasm").toString("base64");
const lines = bytes.match(/.{1,96}/g).map((line) => `  "${line}",`);
writeFileSync(
  "build/embedded.ts",
  `// Made by scripts/build.mjs from assembly/; do not edit.\nexport const KERNEL_BASE64 = [\n${lines.join("\n")}\n].join("");\n`,
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

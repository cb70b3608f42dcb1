// Compiles the plugins and tools of the examples: node examples/build.mjs [--check]

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const isCheck = process.argv.includes("--check");
const baseDir = fileURLToPath(new URL(".", import.meta.url));
// An abort becomes a trap, so that a plugin imports nothing. Nobody collects its garbage: it lives for one call.
const OPTIONS = ["-O3", "--use", "abort=", "--runtime", "stub"];
const FOLDERS = {
  // ArrayBuffers, which the host makes by `__new`. What is to be done first is `_initialize`, an export as any other.
  "plugin-host/plugins": ["--exportRuntime", "--exportStart", "_initialize"],
  // Numbers only.
  "agent-loop/tools": [],
};

for (const [folder, options] of Object.entries(FOLDERS)) {
  for (const file of readdirSync(new URL(folder, import.meta.url))) {
    if (file.endsWith(".ts")) await build(`${folder}/${file}`, [...OPTIONS, ...options]);
  }
}

async function build(source, options) {
  const target = new URL(source.replace(/ts$/, "wasm"), import.meta.url);
  let bytes;
  const writeFile = (_, contents) => {
    bytes = contents;
  };
  // It would take the kernel's asconfig.json, were it run where that is.
  const words = [source, "--baseDir", baseDir, "-o", "plugin.wasm", ...options];
  const { error, stderr } = await asc.main(words, { writeFile });
  if (error) throw new Error(`${source}: ${stderr}`);
  if (!isCheck) {
    writeFileSync(target, bytes);
  } else if (!readFileSync(target).equals(bytes)) {
    console.error(`${source}: its .wasm is of another source, expected that of npm run examples`);
    process.exitCode = 1;
  }
}

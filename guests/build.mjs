// Rebuilds every guests/*.elf from its C source, and every .wasm from its .wat; with --check rebuilds them in a
// temporary folder and fails naming each that differs from the one committed. Exits with 2 without the compiler.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const COMPILER = "riscv64-unknown-elf-gcc";
/** What the committed files were made with; another version may well make others. */
const VERSION = "12.2.0";
const PACKAGES = "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf (Debian 12)";
const OPTIONS = [
  "--specs=picolibc.specs",
  "-DPICOLIBC_INTEGER_PRINTF_SCANF",
  ...["-march=rv32imac", "-mabi=ilp32", "-std=gnu17", "-O2"],
  ...["-Wall", "-Wextra", "-Werror"],
  ...["-ffunction-sections", "-fdata-sections", "-ffile-prefix-map=.=guests"],
  ...["-nostartfiles", "-Truntime/link.ld", "-s"],
  "-Wl,--gc-sections,--build-id=none,-z,max-page-size=4096,--no-warn-rwx-segments",
  "-Iinclude",
  ...["runtime/crt0.S", "runtime/system.c", "runtime/primemeter.c", "runtime/bank.c"],
];

const folder = fileURLToPath(new URL(".", import.meta.url));
const fail = (status, message) => {
  console.error(`guests: ${message}`);
  process.exit(status);
};
const compile = (args) => {
  // The C locale, so that files come in the same order and messages in the same words.
  const env = { ...process.env, LC_ALL: "C", SOURCE_DATE_EPOCH: "0" };
  return spawnSync(COMPILER, args, { cwd: folder, encoding: "utf8", env });
};

const unknown = process.argv.slice(2).filter((word) => word !== "--check");
if (unknown.length > 0) fail(1, `unknown argument ${unknown[0]}, expected --check or nothing`);
const checking = process.argv.includes("--check");

const sourcesOf = (end) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length))
    .sort();
const target = checking ? mkdtempSync(join(tmpdir(), "primemeter-guests-")) : folder;
if (checking) process.on("exit", () => rmSync(target, { recursive: true }));
const differing = [];
const compare = (name) => {
  if (!checking) return;
  const committed = join(folder, name);
  const same =
    existsSync(committed) && readFileSync(committed).equals(readFileSync(join(target, name)));
  if (!same) differing.push(name);
};

const { parseWat } = await wabt();
const modules = sourcesOf(".wat");
for (const name of modules) {
  const module = parseWat(`${name}.wat`, readFileSync(join(folder, `${name}.wat`), "utf8"));
  writeFileSync(join(target, `${name}.wasm`), module.toBinary({}).buffer);
  module.destroy();
  compare(`${name}.wasm`);
}

const { stdout: found, error } = compile(["-dumpfullversion"]);
if (error) fail(2, `${COMPILER} is missing; it is in the packages ${PACKAGES}`);
const version = found.trim();
const note = version === VERSION ? "" : ` (made with gcc ${VERSION}, this is ${version})`;

const programs = sourcesOf(".c");
for (const program of programs) {
  const made = join(target, `${program}.elf`);
  const { status, stderr } = compile([...OPTIONS, `${program}.c`, "-o", made]);
  if (status !== 0) fail(1, `${program}.c does not compile\n${stderr}`);
  compare(`${program}.elf`);
}
if (differing.length > 0) {
  fail(1, `not what the sources give: ${differing.join(", ")}${note}; run npm run guests`);
}
console.log(
  `guests: ${programs.length + modules.length} programs ${checking ? "unchanged" : "built"}${note}`,
);

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { GUEST_RUNS, guestFile, WILD_ACTS } from "./guests.js";

const folder = fileURLToPath(new URL("../guests/", import.meta.url));
const COMPILER = "riscv64-unknown-elf-gcc";
const QEMU = "qemu-riscv32";

/** Says so when a tool is missing, for what needs it is then skipped. */
function available(tool: string): boolean {
  if (!spawnSync(tool, ["--version"]).error) return true;
  console.warn(`SKIPPED: tests of the guests that need ${tool}, which is not installed`);
  return false;
}

const build = (args: string[], env = process.env) =>
  spawnSync(process.execPath, [join(folder, "build.mjs"), ...args], { encoding: "utf8", env });

describe("npm run guests", () => {
  // A cross compiler is no package of npm: CI installs it; elsewhere this says that it is skipped.
  test.skipIf(!available(COMPILER))("the committed files are what the sources give", () => {
    const { status, stdout, stderr } = build(["--check"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/\d+ programs unchanged/);
    expect(status).toBe(0);
  });

  test("says when the compiler is missing", () => {
    const { status, stderr } = build(["--check"], { PATH: folder });
    expect(stderr).toMatch(new RegExp(`${COMPILER} is missing`));
    expect(status).toBe(2);
  });

  test("refuses other arguments", () => {
    const { status, stderr } = build(["--chekc"]);
    expect(stderr).toMatch(/unknown argument --chekc/);
    expect(status).toBe(1);
  });
});

test("the README tells of every program and every result", () => {
  const text = readFileSync(join(folder, "README.md"), "utf8");
  const programs = readdirSync(folder).filter((name) => name.endsWith(".elf"));
  for (const name of programs) {
    expect(text).toContain(`\`${name.slice(0, -4)}`);
    expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(40 << 10);
  }
  for (const { args, exit, instructions, output } of GUEST_RUNS) {
    if (args.length === 0 && exit === undefined) {
      expect(text).toContain(output.trim());
      if (instructions) expect(text).toContain(instructions.toLocaleString("en-US"));
    }
  }
  for (const { act } of WILD_ACTS) expect(text).toContain(`\`${act}\``);
});

// An oracle that is no package of npm; the same.
describe.skipIf(!available(QEMU))("under qemu", () => {
  const place = mkdtempSync(join(tmpdir(), "primemeter-qemu-")); // for its core dumps
  afterAll(() => rmSync(place, { recursive: true }));
  const start = (program: string, args: readonly string[], input = "") =>
    spawnSync(QEMU, ["-0", program, guestFile(program), ...args], {
      cwd: place,
      encoding: "utf8",
      input,
    });

  test.each(GUEST_RUNS)("$program $args", ({ program, args, stdin, exit, output }) => {
    expect(start(program, args, stdin)).toMatchObject({
      stdout: output,
      status: exit ?? 0,
      signal: null,
    });
  });

  test("hello", () => {
    expect(start("hello", ["a", "", "b c"], "one\ntwo").stdout).toBe(
      [
        "hello from hello [a] [] [b c]",
        "memory 0da3ee45",
        "input 7 bytes 1 lines",
        "clock does not run backwards",
        "",
      ].join("\n"),
    );
  });

  test.each(WILD_ACTS)("wild $act ends by $signal", ({ act, signal }) => {
    const { stdout, signal: found } = start("wild", [act]);
    expect([stdout, found]).toEqual([`wild ${act}\n`, signal]);
  });

  test("spin never ends", () => {
    const { signal, stdout } = spawnSync(QEMU, [guestFile("spin")], {
      timeout: 300,
      encoding: "utf8",
    });
    expect([stdout, signal]).toEqual(["", "SIGTERM"]);
  });
});

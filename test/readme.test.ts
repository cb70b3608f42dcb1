import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const examples = codeOf(readme);

function codeOf(text: string): string[] {
  return [...text.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code!);
}

/** Runs code as a module of a user's project would be, against the built package. */
function run(code: string): string {
  const folder = mkdtempSync(join(tmpdir(), "primemeter-"));
  try {
    const index = new URL("../dist/src/index.js", import.meta.url).href;
    const wasm = new URL("../dist/src/instrument/index.js", import.meta.url).href;
    const quickjs = new URL("../dist/src/quickjs/index.js", import.meta.url).href;
    const own = code
      .replace('"primemeter"', JSON.stringify(index))
      .replace('"primemeter/wasm"', JSON.stringify(wasm))
      .replace('"primemeter/quickjs"', JSON.stringify(quickjs));
    writeFileSync(join(folder, "main.mjs"), own);
    return execFileSync(process.execPath, [join(folder, "main.mjs")], {
      cwd: root,
      encoding: "utf8",
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("README", () => {
  test("its first example does what its comments say", () => {
    expect(examples).toHaveLength(2);
    const lines = run(examples[0]!).split("\n");
    expect(lines[0]).toBe("parked 1000000n");
    expect(lines[1]).toMatch(/^0 sha256 rounds 4000 8237e203\w+$/);
    // The empty line ends the program's output; what is left is what it did not need.
    expect(lines[2]).toBe(` ${50_000_000n - (25_446_255n - 1_000_000n)}n`);
  });

  test("its plugin host does what its comments say", () => {
    expect(run(examples[1]!).trim().split("\n")).toEqual([
      "500500",
      "guest hostile ran out of cycles in the middle of a call: meter hostile is dry",
      "parked 1000000n",
      `55 ${5_000_000n - 1_000_000n - 9_001n - 91n}n`,
    ]);
  });

  test("names only files that exist and commands that the package has", () => {
    const scripts = Object.keys(
      JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts,
    );
    for (const [, path] of readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      expect(() => execFileSync("ls", [path!], { cwd: root })).not.toThrow();
    }
    for (const [, script] of readme.matchAll(/npm run ([a-z]+)/g))
      expect(scripts).toContain(script);
  });
});

test.each([
  ["keys", 3, /\/\/ ((?:\d|dry|sieve).*)/g],
  ["quickjs", 6, /\/\/ ((?:11|TypeError|EXHAUSTED|parked|WRONG_STATE|undefined5).*)/g],
  ["wasm", 5, /\/\/ ((?:\d|EXHAUSTED|parked).*)/g],
  ["partitions", 4, /\/\/ (\d+ \d+ \d+|true)$/gm],
  ["residence", 5, /\/\/ (b has no storage|\d+, \d+ faults|true \d+n)$/gm],
] as const)("the example of docs/%s.md does what its comments say", (name, lines, output) => {
  const [example] = codeOf(readFileSync(join(root, `docs/${name}.md`), "utf8"));
  const said = [...example!.matchAll(output)].map(([, line]) => line);
  expect(said).toHaveLength(lines);
  expect(run(example!).trim().split("\n")).toEqual(said);
});

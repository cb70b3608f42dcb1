// Projects that have the package installed: what their compiler says of its types, and their bundler of its modules.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { project } from "./packed.js";

const require = createRequire(import.meta.url);
const TSC = require.resolve("typescript/bin/tsc");
const ESBUILD = join(dirname(require.resolve("esbuild-wasm/package.json")), "bin/esbuild");
const VITE = join(dirname(require.resolve("vite/package.json")), "bin/vite.js");

/** A guest of two instructions, as plain JavaScript and as TypeScript. */
const CODE = `import { createKernel, type Guest, type Keeper, type Meter } from "primemeter";
import { type Instrumented, instrument, ModuleError } from "primemeter/wasm";

const bytes = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0,
  7, 5, 1, 1, 102, 0, 0, 10, 7, 1, 5, 0, 65, 1, 26, 11]);
const keeper: Keeper = ({ meter }) => meter.add(10n);
const kernel = createKernel();
const meter: Meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 100n, keeper });
const module: Instrumented = instrument(bytes);
const guest: Guest = kernel.loadWasm(module, { meter, imports: {} });
await guest.call("f");
const counts: readonly [consumed: bigint, left: bigint] = [guest.domain.consumed, meter.peek()];
console.log(counts.join(" "));
try {
  instrument(bytes.subarray(0, 20));
} catch (error) {
  console.log(error instanceof ModuleError && error.code);
}
`;

/** The same with a plugin in JavaScript. */
const SCRIPT = `import { createKernel } from "primemeter";
import { createQuickJS, type QuickJS, ScriptError } from "primemeter/quickjs";

const kernel = createKernel();
const plugin: QuickJS = await createQuickJS(kernel, { meter: kernel.primeMeter, memory: 2 ** 26 });
plugin.expose("twice", (n: number) => 2 * n);
console.log(await plugin.eval("twice(21)"));
await plugin.eval("let let").catch((error) => console.log(error instanceof ScriptError));
`;
const PRINTED = "2 98\nMALFORMED\n";

let folder: string;

beforeAll(() => {
  folder = project();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "main.ts"), CODE);
  writeFileSync(join(folder, "script.ts"), SCRIPT);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs a script of Node in the project; what it says, after its status. */
function run(script: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return `${status} ${stdout}${stderr}`;
}

/** Declarations are checked, too, with the language and the Web's own; quickjs-emscripten takes what is disposable. */
const OPTIONS = {
  strict: true,
  target: "es2022",
  lib: ["es2022", "dom", "esnext.disposable"],
  types: [],
};

describe.each([
  ["bundler", "esnext"],
  ["nodenext", "nodenext"],
])("a project in TypeScript with moduleResolution %s", (moduleResolution, module) => {
  test("has the types, declarations checked, is told of what is wrong, and runs", () => {
    const outDir = `out-${moduleResolution}`;
    const compilerOptions = { ...OPTIONS, moduleResolution, module, outDir };
    const files = ["main.ts", "script.ts", "wrong.ts"];
    writeFileSync(join(folder, "wrong.ts"), CODE.replace("100n", "100"));
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    expect(run(TSC).split("\n")).toEqual([
      expect.stringMatching(/^2 wrong\.ts\(8,\d+\): error TS2322: .*'number'.*'bigint'/),
      "",
    ]);
    expect(run(join(outDir, "main.js"))).toBe(`0 ${PRINTED}`);
    expect(run(join(outDir, "script.js"))).toBe("0 42\ntrue\n");
  });
});

describe("a bundler", () => {
  test("esbuild, for browsers: nothing of Node's is asked for, and the bundle runs", () => {
    const flags = ["--bundle", "--platform=browser", "--format=esm", "--outdir=esbuild"];
    expect(run(ESBUILD, "main.ts", "script.ts", ...flags, "--log-level=warning")).toBe("0 ");
    expect(run("esbuild/main.js")).toBe(`0 ${PRINTED}`);
  });

  test("vite, and in it rollup: no module is left outside, and the bundle runs", () => {
    // Two kernels and all that goes with them are more than the 500 kB that vite would have in one file.
    const config = `export default { build: { target: "es2022", outDir: "vite", chunkSizeWarningLimit: 1000,
      rollupOptions: { input: "main.ts", output: { entryFileNames: "main.js" } } } };`;
    writeFileSync(join(folder, "vite.config.js"), config);
    expect(run(VITE, "build", "--logLevel", "warn")).toBe("0 ");
    expect(readFileSync(join(folder, "vite/main.js"), "utf8").includes("vite-browser-ext")).toBe(
      false,
    );
    expect(run("vite/main.js")).toBe(`0 ${PRINTED}`);
  });

  test("leaves out what a page does not use", () => {
    mkdirSync(join(folder, "small"), { recursive: true });
    const code = 'import { instrument } from "primemeter/wasm"; console.log(typeof instrument);';
    writeFileSync(join(folder, "small/main.js"), code);
    const flags = ["--bundle", "--minify", "--format=esm", "--outfile=small/out.js"];
    expect(run(ESBUILD, "small/main.js", ...flags, "--log-level=warning")).toBe("0 ");
    expect(run("small/out.js")).toBe("0 function\n");
    // Neither the kernel, which is 200 kB in base64, nor anything else that instrumenting has no use for.
    expect(readFileSync(join(folder, "small/out.js")).length).toBeLessThan(60_000);
  });
});

test("an example runs where the package is installed", () => {
  const output = run("node_modules/primemeter/examples/plugin-host/main.js");
  expect(output).toMatch(/^0 slug +meters-and-what-hangs-below-them\n/);
});

import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KNOWN_KEYS } from "../src/scenario/schema.js";
import { project } from "./packed.js";

const OF_WASM = /^(guest|instrument|quickjs)\//;

test("the types of the package show nothing of its inside", () => {
  const seen = new Set<string>();
  const waiting = ["index", "instrument/index", "quickjs/index"];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const text = readFileSync(`dist/src/${name}.d.ts`, "utf8");
    expect(text).not.toMatch(/@internal|\bconstructor\(core/);
    // The kernel's own; but guests are of WebAssembly, and so is what they import and export.
    if (!OF_WASM.test(name)) expect(text).not.toMatch(/WebAssembly\./);
    for (const [, from] of text.matchAll(/from "(\.[\w./-]+)\.js"/g)) {
      waiting.push(join(name, "..", from!));
    }
  }
  expect([...seen]).toEqual(expect.arrayContaining(["kernel", "domain", "meter", "node"]));
  expect([...seen]).not.toEqual(expect.arrayContaining(["core"]));
});

test("docs/scenarios.md names every key of a scenario file", () => {
  const text = readFileSync("docs/scenarios.md", "utf8").replaceAll(/```.*?```/gs, "");
  const named = new Set(
    [...text.matchAll(/`([^`]+)`/g)].flatMap(([, code]) => code!.split(/[^\w-]+/)),
  );
  const keys = Object.entries(KNOWN_KEYS).flatMap(([, keys]) => keys);
  expect(keys.filter((key) => !named.has(key))).toEqual([]);
});

test("a project has the library and primemeter/wasm from the packed package", () => {
  const folder = project();
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: folder, encoding: "utf8" });
  try {
    const code = `import { createKernel } from "primemeter";
      import { instrument, ModuleError } from "primemeter/wasm";
      const bytes = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0,
        7, 5, 1, 1, 102, 0, 0, 10, 7, 1, 5, 0, 65, 1, 26, 11]);
      const kernel = createKernel();
      const guest = kernel.loadWasm(instrument(bytes), { meter: kernel.primeMeter });
      await guest.call("f");
      console.log(guest.domain.consumed);
      try { instrument(bytes.subarray(0, 20)); } catch (e) { console.log(e instanceof ModuleError); }`;
    writeFileSync(join(folder, "main.mjs"), code);
    expect(run(process.execPath, "main.mjs")).toBe("2n\ntrue\n");
    // Its peers are asked for when a plugin is made, not before.
    const plugin = `import { createKernel } from "primemeter";
      import { createQuickJS } from "primemeter/quickjs";
      const kernel = createKernel();
      try { console.log(await (await createQuickJS(kernel, { meter: kernel.primeMeter })).eval("6 * 7")); }
      catch (error) { console.log(error.name, error.message); }`;
    writeFileSync(join(folder, "plugin.mjs"), plugin);
    rmSync(join(folder, "node_modules/quickjs-emscripten-core"), { recursive: true });
    expect(run(process.execPath, "plugin.mjs")).toMatch(
      /^StateError createQuickJS: .* npm install quickjs-emscripten-core @jitl\/quickjs-/,
    );
    for (const peer of ["quickjs-emscripten-core", "@jitl"]) {
      cpSync(`node_modules/${peer}`, join(folder, "node_modules", peer), { recursive: true });
    }
    expect(run(process.execPath, "plugin.mjs")).toBe("42\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

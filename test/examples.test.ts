// The programs of examples/, as a user runs them: what they print is what examples/README.md says.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wat } from "./wasm/wat.js";

const readme = readFileSync("examples/README.md", "utf8");

/** What the README says that a command prints. */
function said(command: string): string {
  const [, text] = readme.split(`\`\`\`text\n$ ${command}\n`);
  return text!.slice(0, text!.indexOf("```")).trim();
}

function node(...args: string[]): string {
  return execFileSync(process.execPath, args, { encoding: "utf8" }).trim();
}

test("the modules of the plugins and tools are what their sources give", () => {
  expect(node("examples/build.mjs", "--check")).toBe("");
});

test("README names every example", () => {
  const named = [...readme.matchAll(/^## ([\w-]+):/gm)].map(([, name]) => name);
  expect(named).toEqual(["plugin-host", "agent-loop", "fastify-route", "browser"]);
});

/** The rows of a table that was printed, by name. */
function rows(text: string): Record<string, bigint[]> {
  const lines = text.split("\n").map((line) => line.trim().split(/\s{2,}/));
  const numbers = (cells: string[]) =>
    cells.filter((cell) => /^[\d,]+$/.test(cell)).map((cell) => BigInt(cell.replaceAll(",", "")));
  return Object.fromEntries(lines.map(([name, ...cells]) => [name!, numbers(cells)]));
}

describe("plugin-host", () => {
  const file = "examples/plugin-host/main.js";
  const output = node(file);

  test("prints what README says", () => {
    expect(output).toBe(said(`node ${file}`));
  });

  test("the hostile have used up their own meters and no more, the others were answered", () => {
    for (const name of ["spin", "regex", "hog"]) {
      expect(output).toMatch(new RegExp(`^${name} +stopped: .*out of cycles`, "m"));
      expect(rows(output)[name]).toEqual([2_000_000n, 0n]);
    }
    expect(output).toMatch(/^slug +nobody-else-has-noticed$/m);
    expect(output).toMatch(/^words +the: 2 of 5$/m);
  });

  test("the bill of a tenant is the sum of those of its plugins", () => {
    const bill = rows(output);
    for (const [tenant, ...plugins] of [
      ["acme", "slug", "spin", "regex"],
      ["globex", "words", "hog"],
    ]) {
      const sum = plugins.reduce((sum, plugin) => sum + bill[plugin]![0]!, 0n);
      expect(bill[tenant!]).toEqual([sum, 20_000_000n - sum]);
    }
  });
});

describe("agent-loop", () => {
  const file = "examples/agent-loop/main.js";
  const output = node(file);

  test("prints what README says, in the order in which the workers come to it", () => {
    const lines = (text: string) => text.split("\n").sort();
    expect(lines(output)).toEqual(lines(said(`node ${file}`)));
  });

  test("a task that is given no more ends; the others go on, after the day's end, too", () => {
    expect(output).toContain("rabbits: more? no");
    expect(output).toMatch(/^rabbits +20,000,000 +0 +has spent its budget$/m);
    expect(output).toContain("hailstones: more? yes");
    // What their tools take, to the cycle: nothing was run twice.
    expect(output).toMatch(/^hailstones +34,680,249 .*17647 takes longest/m);
    expect(output).toMatch(/^primes +6,837,344 .*1033 primes/m);
    expect(output).toMatch(/^more_primes +16,756,327 .*5133 primes/m);
    expect(output.indexOf("day: a new one")).toBeGreaterThan(output.indexOf("everything waits"));
  });

  test("the days have paid what the tasks used", () => {
    const bill = rows(output);
    const tasks = ["primes", "rabbits", "hailstones", "more_primes"];
    const used = tasks.reduce((sum, task) => sum + bill[task]![0]!, 0n);
    expect(used).toBeGreaterThan(60_000_000n);
    expect(output).toContain(
      `both days: ${used.toLocaleString("en")} used, ${(120_000_000n - used).toLocaleString("en")} left`,
    );
  });
});

describe("fastify-route", () => {
  const PER_USER = 50_000_000;
  let server: ChildProcess;
  let address: string;

  beforeAll(async () => {
    const env = { ...process.env, PORT: "0" };
    const stdio = ["ignore", "pipe", "inherit"] as const;
    server = spawn(process.execPath, ["examples/fastify-route/server.js"], {
      env,
      stdio: [...stdio],
    });
    [address] = await once(createInterface(server.stdout!), "line");
  });

  afterAll(() => {
    server.kill();
  });

  const WASM = { "content-type": "application/wasm" };

  interface Answer {
    result?: number;
    error?: string;
    used: number;
    left: number;
  }

  const post = (headers: Record<string, string>, body: Uint8Array | string) =>
    fetch(`${address}/run`, { method: "POST", headers, body: body as Uint8Array<ArrayBuffer> });

  async function run(user: string, body: Uint8Array | string) {
    const response = await post({ ...WASM, "x-user": user }, body);
    return { status: response.status, answer: (await response.json()) as Answer };
  }

  const program = (body: string) => wat(`(module (func (export "run") (result i32) ${body}))`);
  const LOOP = "(loop $more (br $more)) (i32.const 0)";

  test("answers, and tells what was used and what is left", async () => {
    const { status, answer } = await run(
      "ada",
      await program("(i32.add (i32.const 40) (i32.const 2))"),
    );
    expect(status).toBe(200);
    expect(answer).toEqual({ result: 42, used: 3, left: PER_USER - 3 });
  });

  test("402 once a budget is spent, for this request and the next; others go on", async () => {
    const [hog, ...others] = await Promise.all([
      run("mallory", await program(LOOP)),
      run("bob", await program("(i32.const 1)")),
      run("carol", await program("(i32.const 2)")),
    ]);
    const spent = { error: "mallory: no cycles left", used: PER_USER, left: 0 };
    expect(hog).toEqual({ status: 402, answer: spent });
    expect(others.map(({ status, answer }) => [status, answer.result])).toEqual([
      [200, 1],
      [200, 2],
    ]);
    expect(await run("mallory", await program("(i32.const 1)"))).toEqual({
      status: 402,
      answer: spent,
    });
  });

  const BAD: [what: string, body: () => Promise<Uint8Array | string>, message: RegExp][] = [
    ["no module", async () => "hello", /module: found no magic number/],
    ["no function run", () => wat("(module)"), /found no exported function "run"/],
    ["imports", () => wat('(module (import "fs" "rm" (func)))'), /fs/],
    ["a trap", () => program("unreachable"), /unreachable/],
    ["an endless recursion", () => wat('(module (func $f (export "run") (call $f)))'), /stack/],
    ["nothing", async () => "", /./],
  ];

  test.each(BAD)("%s: 400", async (_, body, message) => {
    const { status, answer } = await run("dave", await body());
    expect([status, answer.error]).toEqual([400, expect.stringMatching(message)]);
  });

  test("whoever does not say who it is, or sends something else, is refused", async () => {
    const body = await program("(i32.const 1)");
    expect((await post(WASM, body)).status).toBe(401);
    const json = { "content-type": "application/json", "x-user": "ada" };
    expect((await post(json, "{}")).status).toBe(415);
  });
});

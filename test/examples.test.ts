// The programs of examples/, as a user runs them: what they print is what examples/README.md says.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

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
  let output: string;

  beforeAll(() => {
    output = node(file);
  });

  test("prints what README says, but for how much exactly QuickJS takes", () => {
    const shape = (text: string) => text.replaceAll(/\d/g, "0");
    expect(shape(output)).toBe(shape(said(`node ${file}`)));
  });

  test("the hostile have used up their own meters and no more, the others were answered", () => {
    for (const name of ["spin", "regex", "hog"]) {
      expect(output).toMatch(new RegExp(`^${name} +stopped: .*out of cycles`, "m"));
      expect(rows(output)[name]).toEqual([10_000_000n, 0n]);
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
      expect(bill[tenant!]).toEqual([sum, 50_000_000n - sum]);
    }
  });
});

describe("agent-loop", () => {
  const file = "examples/agent-loop/main.js";
  let output: string;

  beforeAll(() => {
    output = node(file);
  });

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
  const PER_USER = 100_000_000;
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

  const SCRIPT = { "content-type": "text/javascript" };

  interface Answer {
    result?: unknown;
    error?: string;
    used: number;
    left: number;
  }

  const post = (headers: Record<string, string>, body: string) =>
    fetch(`${address}/run`, { method: "POST", headers, body });

  async function run(user: string, script: string) {
    const response = await post({ ...SCRIPT, "x-user": user }, script);
    return { status: response.status, answer: (await response.json()) as Answer };
  }

  test("answers, and tells what was used and what is left", async () => {
    const first = await run("ada", "[1, 2, 3].map((n) => n * n)");
    expect(first).toMatchObject({ status: 200, answer: { result: [1, 4, 9] } });
    const { used, left } = first.answer;
    expect(left).toBe(PER_USER - used);
    const second = await run("ada", "2n ** 64n");
    expect(second).toMatchObject({ status: 200, answer: { result: "18446744073709551616" } });
    expect(second.answer.left).toBe(left - second.answer.used);
  });

  test("402 once a user has used up what it has; the others, at the same time, are unharmed", async () => {
    const hostile = ["while (true);", `/^(a+)+$/.test("${"a".repeat(40)}!")`, "1"];
    const [mallory, bob, carol] = await Promise.all([
      Promise.all(hostile.map((script) => run("mallory", script))),
      run("bob", "'b'"),
      run("carol", "'c'"),
    ]);
    expect(bob).toMatchObject({ status: 200, answer: { result: "b" } });
    expect(carol).toMatchObject({ status: 200, answer: { result: "c" } });
    expect(bob.answer.used).toBe(PER_USER - bob.answer.left);
    // Whoever comes first is stopped by the meter of its request, whoever comes last finds nothing left.
    const statuses = mallory.map(({ status }) => status);
    expect(statuses).toContain(422);
    const used = mallory.reduce((sum, { answer }) => sum + answer.used, 0);
    expect(used).toBe(PER_USER);
    const { status, answer } = await run("mallory", "1");
    expect([status, answer]).toEqual([
      402,
      { error: expect.stringContaining("meter mallory is dry"), used: 0, left: 0 },
    ]);
  });

  test.each([
    ["what is no script", "let let", /^SyntaxError/],
    ["what throws", "throw new RangeError('no')", /^RangeError: no$/],
    ["what asks for what is not there", "require('fs')", /'require' is not defined/],
    ["what never comes to an end of waiting", "new Promise(() => {})", /promise is pending/],
    ["an endless recursion", "(function again() { again(); })()", /stack overflow/],
    ["too much memory", "'x'.repeat(2 ** 28).split('')", /out of memory/],
    ["what can't be told", "({ big: 1n })", /BigInt/],
  ])("%s: 400", async (what, script, message) => {
    const { status, answer } = await run(what.replaceAll(" ", "-"), script);
    expect([status, answer.error]).toEqual([400, expect.stringMatching(message)]);
    expect(answer.used).toBe(PER_USER - answer.left);
  });

  test("whoever does not say who it is, or sends something else, is refused", async () => {
    expect((await post(SCRIPT, "1")).status).toBe(401);
    const json = { "content-type": "application/json", "x-user": "ada" };
    expect((await post(json, "{}")).status).toBe(415);
  });
});

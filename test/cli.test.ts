import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const MAIN = "dist/src/cli/main.js";
const BURSTS = "bursts = { run = 1000, wait = 10, times = 50 }";
const GOOD = `
[[meter]]
name = "tenant"
superior = "prime"
cycles = 30_000
keeper = { refill = 10_000, times = 5 }

[[meter]]
name = "team"
superior = "tenant"

[[domain]]
name = "worker"
meter = "team"
${BURSTS}

[[expect]]
domain = "worker"
state = "ended"
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "primemeter-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string, name = "x.toml"): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function primemeter(...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    // What CI systems set; colours are for terminals all the same.
    env: { ...env, CI: "true" },
  });
  return { status, stdout, stderr };
}

test("a run prints the tree, the domains, the expectations and the accounts", () => {
  const { status, stdout, stderr } = primemeter("run", file(GOOD));
  expect(stderr).toBe("");
  expect(stdout).not.toContain("\u001b");
  const lines = stdout.split("\n");
  expect(lines.some((line) => /^ {2}prime +72,057,594,037,927,935 +50,000 /.test(line))).toBe(true);
  expect(lines.some((line) => /^ {2}└─ tenant +50,000 +50,000 +0 +2$/.test(line))).toBe(true);
  expect(lines.some((line) => /^ {5}└─ team +unlimited +50,000 +unlimited +–$/.test(line))).toBe(
    true,
  );
  expect(lines).toContain("  worker  team   ended     –    50,000  100.0 %");
  expect(lines).toContain("  ✓ worker: ended");
  expect(lines).toContain("  ✓ Every cycle is accounted for.");
  expect(stdout).toMatch(/keeper {4}tenant is dry under worker: refilled to 10,000\n/);
  expect(status).toBe(0);
});

test("--json prints one object and nothing else", () => {
  const { status, stdout, stderr } = primemeter("run", file(GOOD), "--json");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({
    conserved: true,
    cycles: "50490",
    mips: expect.any(Number),
    meters: [
      {
        name: "prime",
        superior: null,
        granted: "72057594037927935",
        consumed: "50000",
        counter: "72057594037877935",
        keeperCalls: 0,
      },
      {
        name: "tenant",
        superior: "prime",
        granted: "50000",
        consumed: "50000",
        counter: "0",
        keeperCalls: 2,
      },
      {
        name: "team",
        superior: "tenant",
        granted: "18446744073709551615",
        consumed: "50000",
        counter: "18446744073709501615",
        keeperCalls: 0,
      },
    ],
    domains: [
      {
        name: "worker",
        meter: "team",
        state: "ended",
        exitCode: null,
        consumed: "50000",
        output: "",
        trap: null,
      },
    ],
    ...{ messages: 0, stalls: 0, console: [], answers: [] },
    expectations: [{ text: "worker: ended", ok: true }],
  });
});

test("--quiet prints the verdict only", () => {
  const { status, stdout } = primemeter("run", file(GOOD), "--quiet");
  expect(stdout).toMatch(
    /^ {2}50,490 cycles, 490 of them idle; nothing is left to run\.\n {2}[\d.]+ s in the kernel, \d+ million cycles a second\.\n\n {2}✓ worker: ended\n/,
  );
  expect(status).toBe(0);
});

test("--cycles stops there, and what is expected then fails with exit code 1", () => {
  const { status, stdout } = primemeter("run", file(GOOD), "--cycles", "12_345");
  expect(stdout).toContain("  12,345 cycles, ");
  expect(stdout).toContain("; stopped at the limit.\n");
  expect(stdout).toMatch(/ {2}✗ worker: ended; found (waiting|ready|running)\n/);
  expect(stdout).toContain("  ✓ Every cycle is accounted for.");
  expect(status).toBe(1);
});

test("--trace writes each event as a line of JSON", () => {
  const trace = join(folder, "trace");
  expect(primemeter("run", file(GOOD), "--quiet", "--trace", trace).status).toBe(0);
  const events = readFileSync(trace, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events[0]).toMatchObject({ event: "refill", domain: "worker", cycles: "30000" });
  expect(events.at(-1)).toMatchObject({ event: "end", domain: "worker" });
  const kinds = new Set(events.map(({ event }) => event));
  expect([...kinds].toSorted()).toEqual(["end", "keeper", "refill", "slice", "wait"]);
});

test("a trace has what programs print, too", () => {
  const trace = join(folder, "trace");
  const hello = join(process.cwd(), "guests/sieve.elf");
  const text = `
[[domain]]
name = "sieve"
meter = "prime"
program = "${hello}"
args = ["100"]
`;
  primemeter("run", file(text), "--quiet", "--trace", trace);
  const lines = readFileSync(trace, "utf8").split("\n");
  const [output] = lines.filter((line) => line.includes('"output"'));
  expect(JSON.parse(output!)).toMatchObject({
    domain: "sieve",
    fd: 1,
    bytes: expect.stringContaining("sieve limit 100 primes 25 last 97"),
  });
});

test("parking is told once, with its reason", () => {
  const text = GOOD.replace("keeper = { refill = 10_000, times = 5 }", "keeper = { deny = true }");
  const { stdout } = primemeter("run", file(text));
  expect(stdout).toContain("1 expectation\n");
  expect(stdout.match(/parked {2,}\w+: .*/g)).toEqual([
    expect.stringMatching(/worker: tenant is dry, its keeper declined$/),
  ]);
  const off = `${GOOD}[[at]]\ncycle = 5_000\noff = "tenant"\n`;
  expect(primemeter("run", file(off)).stdout).toMatch(/worker: tenant is switched off\n/);
});

test("a trace that cannot be written is a usage error", () => {
  const { status, stderr } = primemeter("run", file(GOOD), "--trace", join(folder, "no", "trace"));
  expect(stderr).toMatch(/^error: --trace: ENOENT/);
  expect(status).toBe(2);
});

test("a bad file is exit code 2, with every problem on stderr and nothing on stdout", () => {
  const path = file(`${GOOD}[[at]]\ncycle = -1\nof = "tenant"\n`);
  const { status, stdout, stderr } = primemeter("run", path, "--json");
  expect(stdout).toBe("");
  expect(stderr.split("\n")).toEqual([
    expect.stringMatching(new RegExp(`^${path}:20:1: at\\[0\\]: found no act, expected exactly`)),
    expect.stringMatching(new RegExp(`^${path}:21:9: at\\[0\\]\\.cycle: found -1, expected a cou`)),
    expect.stringMatching(
      new RegExp(`^${path}:22:1: at\\[0\\]\\.of: unknown key \\(did you mean "`),
    ),
    "",
  ]);
  expect(status).toBe(2);
});

test("what the kernel refuses is told at its place in the file", () => {
  const few = primemeter("run", file(`[kernel]\nnodes = 4\n${GOOD}`));
  expect(few.stderr).toMatch(/x\.toml:14:1: domain\[0\]: .*nodes.*\(NO_NODES\)\n$/);
  expect(few.status).toBe(2);
  const late = `${GOOD}[[at]]\ncycle = 5\nadd = "team"\ncycles = 18_446_744_073_709_551_615\n`;
  const { status, stderr } = primemeter("run", file(late), "--json");
  expect(stderr).toMatch(/x\.toml:20:1: at\[0\]: .*2\^64 . 1 \(COUNTER_OVERFLOW\)\n$/);
  expect(status).toBe(2);
});

test.each([
  [[], /^Usage: primemeter/],
  [["run"], /^error: missing required argument 'file'/],
  [["rnu", "x"], /^error: unknown command 'rnu'\n\(Did you mean run\?\)/],
  [["run", "x", "--jsno"], /^error: unknown option '--jsno'\n\(Did you mean --json\?\)/],
  [["run", "x", "--cycles", "-5"], /^error: option '--cycles <n>' argument '-5' is invalid\. Expe/],
  [["run", "x", "--cycles", "1e6"], /^error: option '--cycles <n>' argument '1e6' is invalid/],
  [["run", "none.toml"], /^none\.toml:1:1: found no such file, expected a scenario file\n$/],
])("wrong usage is exit code 2: %j", (args, message) => {
  const { status, stdout, stderr } = primemeter(...args);
  expect(stderr).toMatch(message);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
});

test("help tells usage with an example and is no failure", () => {
  for (const args of [["--help"], ["run", "--help"], ["check", "--help"]]) {
    const { status, stdout, stderr } = primemeter(...args);
    expect(stdout).toMatch(/Examples?:\n {2}primemeter /);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  }
  expect(primemeter("--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("check tells what a file holds, without running it", () => {
  const path = file(GOOD);
  const { status, stdout } = primemeter("check", path);
  expect(stdout).toBe(`${path}: well formed: 3 meters, 1 domain, 1 expectation\n`);
  expect(status).toBe(0);
  expect(primemeter("check", file("a = ")).status).toBe(2);
});

test("a reader that leaves early does no harm", async () => {
  const child = spawn(process.execPath, [MAIN, "run", file(GOOD)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (bytes) => {
    stderr += bytes;
  });
  const status = await new Promise((resolve) => child.on("close", resolve));
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("an interrupted run ends with its bill", async () => {
  const endless = `[[domain]]\nname = "w"\nmeter = "prime"\nbursts = { run = 1000 }\n`;
  const child = spawn(process.execPath, [MAIN, "run", file(endless), "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let stdout = "";
  child.stdout.on("data", (bytes) => {
    stdout += bytes;
  });
  setTimeout(() => child.kill("SIGINT"), 1500);
  const patience = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const status = await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(patience);
  expect(JSON.parse(stdout)).toMatchObject({ conserved: true });
  expect(status).toBe(1);
});

test("colours are for terminals, and NO_COLOR is respected", () => {
  const run = (env: Record<string, string>) =>
    spawnSync(process.execPath, [MAIN, "run", file(GOOD)], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, ...env },
    }).stdout;
  expect(run({})).not.toContain("\u001b[");
  expect(run({ FORCE_COLOR: "1" })).toContain("\u001b[");
  expect(run({ FORCE_COLOR: "1", NO_COLOR: "1" })).not.toContain("\u001b[");
});

test("a guest's output cannot steer the terminal", () => {
  const path = file(
    `[[domain]]\nname = "rude"\nmeter = "prime"\nprogram = "${process.cwd()}/guests/hello.elf"
args = ["\\u001b[31mred"]\n`,
  );
  const { stdout } = primemeter("run", path);
  expect(stdout).not.toContain("\u001b");
  expect(stdout).toContain("\ufffd[31mred");
});

test("runs on several processors, by the file or by an option", () => {
  const path = file(`[kernel]\nprocessors = 2\n${GOOD}`);
  const { status, stdout, stderr } = primemeter("run", path, "--json");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ conserved: true, meters: [{ consumed: "50000" }, {}, {}] });
  expect(Object.keys(report)).toEqual(
    Object.keys(JSON.parse(primemeter("run", file(GOOD), "--json").stdout)),
  );
  const three = primemeter("run", path, "--processors", "3");
  expect({ status: three.status, stderr: three.stderr }).toEqual({ status: 0, stderr: "" });
  expect(three.stdout).toMatch(/cycles on each of 3 processors, [\d,]+ of them idle; nothing/);
  expect(primemeter("run", path, "--processors", "1").stdout).not.toContain("processors");
});

test("a wrong number of processors is told of with what was expected", () => {
  for (const number of ["0", "17", "two"]) {
    const { status, stderr } = primemeter("run", file(GOOD), "--processors", number);
    expect(status).toBe(2);
    expect(stderr).toContain("Expected a number of processors from 1 to 16.");
  }
  const { status, stderr } = primemeter("run", file(`[kernel]\nprocessors = 17\n${GOOD}`));
  expect(status).toBe(2);
  expect(stderr).toContain("processors");
  expect(stderr).toContain("found 17, expected an integer from 1 to 16");
});

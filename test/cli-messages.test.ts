// What the command line shows of messages, keepers that are guests, and the console.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const GUESTS = resolve("guests");
const TALK = `
[[meter]]
name = "kept"
superior = "prime"
cycles = 1_000
keeper = { start = "warden" }

[[domain]]
name = "talker"
meter = "kept"
program = "${GUESTS}/caller.elf"
args = ["2", "0"]
keys = [{ slot = 0, console = true }]

[[domain]]
name = "warden"
meter = "prime"
program = "${GUESTS}/keeper.elf"
args = ["500", "100"]
keys = [{ slot = 3, returner = true }]

[[at]]
cycle = 100_000
call = { start = "warden", databyte = 3 }
order = 3
numbers = [1, 2]

[[at]]
cycle = 100_000
call = "warden"
order = 0x8000_0000
answer = "kind"

[[at]]
cycle = 100_000
call = { data = 5 }
answer = "five"

[[at]]
cycle = 200_000
rescind-domain = "warden"

[[at]]
cycle = 200_001
send = { page = "lost" }
order = 4096
text = "x\\ty\\u0007"

[[page]]
name = "lost"

[[expect]]
answer = "kind"
order = 0x106
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "primemeter-cli-"));
  writeFileSync(join(folder, "talk.toml"), TALK);
});
afterAll(() => rmSync(folder, { recursive: true }));

function primemeter(...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve("dist/src/cli/main.js"), ...args],
    { encoding: "utf8", cwd: folder, env: { ...env, CI: "true" } },
  );
  expect(stderr).toBe("");
  return { status, stdout, lines: stdout.split("\n").map((line) => line.slice(17)) };
}

test("what is sent, answered and told is shown as it happens", () => {
  const { status, stdout, lines } = primemeter("run", "talk.toml");
  expect(stdout).toMatch(/^ {2}talk\.toml: 2 meters, 2 domains, 1 object, 5 acts, 1 expectation\n/);
  const told = lines.filter((line) => line.includes("tells the console"));
  expect(told).toEqual([
    expect.stringMatching(/^talker {4}tells the console: order (0x)?[\w,]+$/),
    expect.stringMatching(/^talker {4}tells the console: order (0x)?[\w,]+$/),
  ]);
  expect(lines).toContain("operator  call warden (3), order 3, numbers 1 2");
  expect(lines).toContain("answer    call of warden (3): order 0");
  expect(lines).toContain("operator  call data 5");
  expect(lines).toContain("answer    kind: order 262");
  expect(lines).toContain("answer    five: order 0, 0x0000000000000000000005");
  expect(lines).toContain("operator  rescind warden");
  expect(lines).toContain("operator  send page lost, order 4,096, 0x78097907");
  expect(stdout).toMatch(/^ {2}meter .* keeper calls {2}by$/m);
  expect(stdout).toMatch(/^ {2}└─ kept .* \d+ {2}warden$/m);
  expect(stdout).toMatch(/^ {2}warden +prime +rescinded /m);
  expect(stdout).toMatch(/^ {2}[\d,]+ messages, \d+ stalls?\.$/m);
  expect(status).toBe(0);
});

test("--json has messages, stalls, what the console was told, and answers", () => {
  const { status, stdout } = primemeter("run", "talk.toml", "--json");
  const { meters, domains, messages, stalls, console, answers } = JSON.parse(stdout);
  expect(meters[1].keeperCalls).toBeGreaterThan(0);
  expect(domains[1]).toMatchObject({ name: "warden", state: "rescinded" });
  expect(messages).toBeGreaterThan(meters[1].keeperCalls);
  expect(stalls).toEqual(expect.any(Number));
  const entry = { domain: "talker", cycle: expect.stringMatching(/^\d+$/), text: "", bytes: "" };
  expect(console).toEqual([
    { ...entry, order: expect.any(Number) },
    { ...entry, order: expect.any(Number) },
  ]);
  const asked = { asked: "100000", cycle: expect.stringMatching(/^\d+$/), refusal: null };
  expect(answers).toEqual([
    { name: null, to: "warden (3)", ...asked, order: 0, text: "", bytes: "" },
    { name: "kind", to: "warden", ...asked, order: 0x106, text: "", bytes: "" },
    { name: "five", to: "data 5", ...asked, order: 0, text: null, bytes: "0000000000000000000005" },
  ]);
  expect(status).toBe(0);
});

test("--trace has each message through a gate: who, to whom, with which order, how", () => {
  primemeter("run", "talk.toml", "--quiet", "--trace", "t.jsonl");
  const events = readFileSync(join(folder, "t.jsonl"), "utf8").trim().split("\n");
  const messages = events
    .map((line) => JSON.parse(line))
    .filter(({ event }: { event: string }) => event === "message");
  // What the console answers comes from nobody.
  expect(messages[0]).toMatchObject({ domain: null, callee: "talker", order: 0, mode: "fork" });
  expect(messages.find(({ mode }) => mode === "implicit")).toEqual({
    event: "message",
    domain: "talker",
    callee: "warden",
    order: 0xffff_ffff,
    mode: "implicit",
    time: expect.stringMatching(/^\d+$/),
  });
  expect(new Set(messages.map(({ mode }) => mode))).toContain("return");
});

test("a call that is never answered ends with the run, and no word of it", () => {
  const text = `[[meter]]
name = "m"
superior = "prime"
cycles = 1_000
[[domain]]
name = "busy"
meter = "m"
program = "${GUESTS}/spin.elf"
[[at]]
cycle = 500
call = "busy"
answer = "never"
[[expect]]
answer = "never"
answered = false
`;
  writeFileSync(join(folder, "never.toml"), text);
  const { status, stdout } = primemeter("run", "never.toml");
  expect(stdout).not.toContain("refused");
  expect(stdout).toContain("✓ answer never: has not come\n");
  expect(status).toBe(0);
});

test("a malformed file ends with 2, and all that is wrong with its keys", () => {
  writeFileSync(
    join(folder, "bad.toml"),
    TALK.replaceAll('"warden"', '"ward"').replace("= 0,", "= 16,"),
  );
  const { status, stderr } = spawnSync(
    process.execPath,
    [resolve("dist/src/cli/main.js"), "check", "bad.toml"],
    { encoding: "utf8", cwd: folder },
  );
  expect(stderr).toBe(
    "bad.toml:13:18: domain[0].keys[0].slot: found 16, expected an integer from 0 to 15\n",
  );
  expect(status).toBe(2);
  writeFileSync(join(folder, "bad.toml"), TALK.replace('name = "warden"', 'name = "ward"'));
  const twice = spawnSync(
    process.execPath,
    [resolve("dist/src/cli/main.js"), "run", "bad.toml", "--json"],
    { encoding: "utf8", cwd: folder },
  );
  expect(twice.stderr.split("\n").map((line) => line.split(":")[1])).toEqual([
    "6",
    "24",
    "30",
    "41",
    undefined,
  ]);
  expect(twice.stderr).toContain('expected the name of a domain (did you mean "ward"?)');
  expect(twice.status).toBe(2);
});

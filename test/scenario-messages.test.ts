// Scenarios whose guests hold keys: what the operator sends and is answered, the console, keepers, pages.

import { describe, expect, test } from "vitest";
import { parseScenario } from "../src/scenario/file.js";
import { ScenarioRun } from "../src/scenario/run.js";

async function playOn(kernel: string, text: string, options?: Parameters<ScenarioRun["run"]>[0]) {
  const run = new ScenarioRun(parseScenario("test/x.toml", kernel + text));
  try {
    const report = await run.run(options);
    expect(report.findings).toEqual([]);
    const meter = (name: string) => report.meters.find((meter) => meter.name === name)!;
    const domain = (name: string) => report.domains.find((domain) => domain.name === name)!;
    const broken = report.expectations.filter(({ ok }) => !ok).map(({ text }) => text);
    return { ...report, meter, domain, broken };
  } finally {
    run.kernel.dispose();
  }
}

const meter = (name: string, more = "") =>
  `[[meter]]\nname = "${name}"\nsuperior = "prime"\n${more}\n`;
const guest = (name: string, program: string, more = "", under = "prime") =>
  `[[domain]]\nname = "${name}"\nmeter = "${under}"\nprogram = "../guests/${program}.elf"\n${more}\n`;
const named = (kind: string, name: string, more = "") => `[[${kind}]]\nname = "${name}"\n${more}\n`;
const at = (cycle: number, act: string) => `[[at]]\ncycle = ${cycle}\n${act}\n`;
const claim = (text: string) => `[[expect]]\n${text}\n`;

const SMALL = "[kernel]\nnodes = 100\nframes = 2_000\n";
const VARIANTS: [what: string, kernel: string][] = [
  ["one processor", SMALL],
  ["three simulated", `${SMALL}processors = 3\nseed = 5\n`],
  ["two workers", `${SMALL}processors = 2\n`],
];

describe.each(VARIANTS)("%s", (_, kernel) => {
  const play = (text: string, options?: Parameters<ScenarioRun["run"]>[0]) =>
    playOn(kernel, text, options);
  test("the operator calls a guest, and what it answers is held against the file", async () => {
    const { answers, broken, domain } = await play(
      guest("echo", "echo") +
        at(50_000, 'call = "echo"\norder = 77\ntext = "hé"\nanswer = "a"') +
        at(
          50_000,
          'call = { start = "echo", databyte = 9 }\norder = 2\nbytes = [0, 255]\nanswer = "b"',
        ) +
        at(60_000, 'call = "echo"\norder = 99\nnumbers = [5, 6]\nanswer = "c"') +
        claim('cycle = 50_000\nanswer = "a"\nanswered = false') +
        claim('cycle = 60_000\nanswer = "b"\nanswered = true') +
        claim('answer = "a"\norder = 77\ntext = "hé"') +
        claim('answer = "b"\norder = 9\nbytes = [0, 255]') +
        claim('answer = "c"\nnumbers = [5, 6]') +
        claim('domain = "echo"\nstate = "available"') +
        claim("messages = 3\nstalls = 0"),
    );
    expect(broken).toEqual([]);
    expect(answers.map(({ name, to, asked }) => [name, to, asked])).toEqual([
      ["a", "echo", 50_000n],
      ["b", "echo (9)", 50_000n],
      ["c", "echo", 60_000n],
    ]);
    expect(domain("echo").trap).toBeNull();
  });

  test("claims about answers that do not hold say what was found", async () => {
    const { broken } = await play(
      guest("echo", "echo") +
        guest("busy", "spin", "", "m") +
        meter("m", "cycles = 100_000") +
        at(50_000, 'call = "echo"\norder = 77\ntext = "hé"\nanswer = "a"') +
        at(50_000, 'call = "busy"\nanswer = "never"') +
        at(60_000, 'call = "echo"\norder = 3\nanswer = "ended"') +
        at(90_000, 'call = "echo"\nanswer = "late"') +
        claim('answer = "a"\norder = 78\ntext = "hi"') +
        claim('answer = "a"\nbytes = [1]') +
        claim('answer = "a"\nnumbers = [1]') +
        claim('answer = "a"\nanswered = false') +
        claim('cycle = 40_000\nanswer = "a"\norder = 78') +
        claim('answer = "never"\nanswered = true') +
        claim('answer = "never"\norder = 0') +
        claim('answer = "ended"\norder = 0') +
        claim('answer = "late"\norder = 0') +
        claim("messages = { max = 1 }"),
    );
    expect(broken).toEqual([
      "answer a: order 78; found order 77",
      'answer a: "hi"; found "hé"',
      "answer a: bytes 1; found bytes 104 195 169",
      'answer a: numbers 1; found "hé"',
      expect.stringMatching(/^answer a: has not come; found it, at [\d,]+$/),
      "at 40,000, answer a: order 78; found that nobody was called yet",
      "answer never: has come; found none",
      "answer never: order 0; found none",
      expect.stringMatching(/^answer ended: order 0; found none: .* \(\w+\)$/),
      expect.stringMatching(/^answer late: order 0; found none: .* \(\w+\)$/),
      "messages at most 1; found 2",
    ]);
  });

  test("the operator invokes the kernel's own keys", async () => {
    const { broken } = await play(
      meter("m", "cycles = 500") +
        named("page", "p", 'text = "hello"') +
        named("node", "n", "keys = [{ slot = 4, data = 5 }]") +
        named("join", "j") +
        guest("spin", "spin", "", "m") +
        at(200, 'call = { clock = true }\norder = 7\nanswer = "time"') +
        at(200, 'call = { data = 0x6869 }\nanswer = "data"') +
        at(200, 'call = { page = "p" }\norder = 4101\ntext = ", world"\nanswer = "write"') +
        at(200, 'send = { page = "p" }\norder = 4196\nbytes = [1, 2, 0, 1]') +
        at(200, 'call = { meter = "m" }\norder = 0x8000_0000\nanswer = "kind"') +
        at(200, 'call = { sense = "n", databyte = 4 }\norder = 40\nanswer = "databyte"') +
        at(200, 'call = { join = "j" }\norder = 1\nanswer = "nothing"') +
        at(200, 'call = { returner = true }\norder = 12\ntext = "x"\nanswer = "back"') +
        at(200, 'call = { discrim = true }\nkeys = [{ meter = "m" }]\nanswer = "class"') +
        at(300, 'send = { service = "m" }\norder = 19\nkeys = [{ data = 4000 }]') +
        claim('answer = "time"\norder = 0\nnumbers = [51_200]') +
        claim('answer = "data"\norder = 0\nbytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0x68, 0x69]') +
        claim('page = "p"\ntext = "hello, world"') +
        claim('page = "p"\noffset = 100\nword = 0x0100_0201\nbytes = [1, 2, 0, 1, 0]') +
        claim('answer = "kind"\norder = 6') +
        claim('answer = "databyte"\norder = 4') +
        claim('answer = "nothing"\norder = 1') +
        claim('answer = "class"\norder = 4') +
        claim('answer = "back"\norder = 12\ntext = "x"') +
        claim('meter = "m"\nconsumed = 4_300\ncounter = 0'),
    );
    expect(broken).toEqual([]);
  });

  test("the operator sets the time of a wait object, at which a guest goes on", async () => {
    const sleeper = (wait: string) =>
      guest(
        `sleeps-${wait}`,
        "scheduler",
        `args = ["1", "5000000"]\nkeys = [{ slot = 2, clock = true }, { slot = 5, wait = "${wait}" },
         { slot = 7, service = "m-${wait}" }, { slot = 8, service = "m-${wait}" }]`,
      ) + meter(`m-${wait}`, "cycles = 7");
    const { answers, broken } = await play(
      ["early", "late"].map((wait) => sleeper(wait) + named("wait", wait)).join("") +
        at(200_000, 'call = { wait = "early" }\norder = 1\nnumbers = [0]\nanswer = "set"') +
        at(200_000, 'call = { wait = "early" }\nanswer = "refused"') +
        claim('answer = "set"\norder = 0') +
        // Only a domain can wait.
        claim('answer = "refused"\norder = 0x8000_0002') +
        claim('cycle = 300_000\ndomain = "sleeps-early"\nstate = "available"') +
        claim('cycle = 300_000\ndomain = "sleeps-late"\nstate = "waiting"') +
        claim('domain = "sleeps-late"\nstate = "available"'),
    );
    expect(broken).toEqual([]);
    expect(answers.map(({ cycle }) => cycle)).toEqual([200_000n, 200_000n]);
  });

  test("what domains tell the console is in the report, and can be claimed", async () => {
    const told: string[] = [];
    const text =
      guest(
        "a",
        "caller",
        'args = ["2", "0"]\nkeys = [{ slot = 0, console = true }, { slot = 4, maker = true }]',
      ) +
      guest(
        "b",
        "caller",
        'args = ["1", "9"]\nkeys = [{ slot = 0, console = true }, { slot = 4, maker = true }]',
      );
    const { console, domain, broken } = await play(
      text +
        claim('domain = "a"\nconsole = [{ text = "" }, {}]\nexit = 1') +
        claim('domain = "b"\nconsole = []') +
        claim('domain = "b"\nconsole = [{ order = 5 }]') +
        claim('domain = "b"\nconsole = [{ text = "x" }]'),
      { onTold: ({ domain }) => told.push(domain) },
    );
    expect(told).toHaveLength(3);
    expect(console.map(({ domain }) => domain).toSorted()).toEqual(["a", "a", "b"]);
    // The console answers order 0 and nothing else: callers find that wrong.
    expect(domain("a").output).toContain("calls 2 bytes 0 keys 2 wrong 2");
    expect(broken).toEqual([
      "b: told the console 0 messages; found 1 message",
      expect.stringMatching(/^b: told the console 1 message; found order [\w,]+ in message 1$/),
      expect.stringMatching(/^b: told the console 1 message; found ("|0x).* in message 1$/),
    ]);
  });

  test("a guest is the keeper of a meter, of several domains, and of its own", async () => {
    const { domain, meter: of } = await play(
      meter("kept", 'cycles = 100_000\nkeeper = { start = "warden" }') +
        meter("office") +
        guest("a", "spin", "", "kept") +
        guest("b", "spin", "count = 2", "kept") +
        guest(
          "warden",
          "keeper",
          'args = ["50000", "3"]\nkeys = [{ slot = 3, returner = true }, { slot = 7, node = "n" }]',
          "office",
        ) +
        named("node", "n"),
    );
    expect(of("kept")).toMatchObject({ consumed: 250_000n, counter: 0n, keeper: "warden" });
    expect(of("kept").keeperCalls).toBe(6);
    expect(of("office").keeperCalls).toBe(0);
    expect(domain("a").state).toBe("waiting");
    expect(domain("warden").state).toBe("available");
  });

  test("a guest is the keeper of a domain, told by the data byte how to step", async () => {
    const { domain, messages, broken } = await play(
      guest("faulty", "faulty", 'args = ["2"]\nkeeper = { start = "nurse", databyte = 4 }') +
        guest("nurse", "trapkeeper", "keys = [{ slot = 3, returner = true }]") +
        at(9_000_000, 'call = "nurse"\norder = 1\nanswer = "report"') +
        claim('answer = "report"\norder = 0'),
    );
    expect(broken).toEqual([]);
    expect(domain("faulty")).toMatchObject({ exitCode: 0, output: "faulty traps 10 wrong 0\n" });
    // Ten traps, what the domain key answers twice for each, and the call: who restarts gets none.
    expect(messages).toBe(31);
  });

  test("domains share a page; who may only read it traps when it writes", async () => {
    const teller = (name: string, number: number, write: string) =>
      guest(
        name,
        "bank-spin",
        `args = ["${number}", "20"]\npages = [{ page = "ledger", at = 0x8000${write} }]`,
      );
    const { broken } = await play(
      named("page", "ledger") +
        named("page", "other", 'text = "mine"') +
        teller("a", 0, ", write = true") +
        teller("b", 1, ", write = true") +
        teller("c", 2, "") +
        claim('page = "ledger"\ntext = "BANKa"') +
        claim('page = "ledger"\noffset = 20\nword = 40') +
        claim('page = "ledger"\noffset = 8\nword = 0') +
        claim('page = "other"\nword = 5') +
        claim('page = "other"\ntext = "minf"') +
        claim('domain = "c"\nstate = "trapped"\ntrap = 0x107'),
    );
    expect(broken).toEqual([
      "page other: word 5; found 1,701,734,765",
      'page other: "minf"; found "mine"',
    ]);
  });

  test("copies hold keys of their own: each is itself to itself", async () => {
    const { domain, broken } = await play(
      guest(
        "c",
        "caller",
        'count = 2\nargs = ["3", "8"]\nkeys = [{ slot = 0, start = "echo" }, { slot = 4, maker = true }]',
      ) +
        guest("echo", "echo") +
        guest("self", "caller").replace('"self"', '"own"') +
        claim('domain = "c"\nexit = 0'),
    );
    expect(broken).toEqual([]);
    // Without keys it calls DK(0), which is no echo.
    expect(domain("own").exitCode).toBe(1);
  });

  test("who calls itself traps", async () => {
    const { domain } = await play(guest("d", "caller", 'keys = [{ slot = 0, start = "self" }]'));
    expect(domain("d")).toMatchObject({ state: "trapped", trap: { code: 0x300 } });
  });

  test("a domain is rescinded: its figures stay, who called it goes on", async () => {
    const { domain, conserved, broken } = await play(
      guest(
        "caller",
        "caller",
        'args = ["1000"]\nkeys = [{ slot = 0, start = "echo" }, { slot = 4, maker = true }]',
      ) +
        guest("echo", "echo") +
        at(100_000, 'rescind-domain = "echo"') +
        claim('domain = "echo"\nstate = "rescinded"\nconsumed = { min = 1_000 }'),
    );
    expect(broken).toEqual([]);
    expect(conserved).toBe(true);
    expect(domain("caller")).toMatchObject({ state: "ended", exitCode: 1 });
  });

  test("a message waits for a busy domain; those of the operator come in their order", async () => {
    const { answers, stalls } = await play(
      guest(
        "sched",
        "scheduler",
        'args = ["1", "1000000"]\nkeys = [{ slot = 2, clock = true }, { slot = 5, wait = "w" }]',
      ) +
        named("wait", "w") +
        at(1_000, 'call = "sched"\norder = 0x8000_0000\nanswer = "one"') +
        at(2_000, 'call = "sched"\norder = 9\nanswer = "two"'),
    );
    expect(answers.map(({ order }) => order)).toEqual([0x108, 0x8000_0002]);
    expect(answers[0]!.cycle! <= answers[1]!.cycle!).toBe(true);
    expect(stalls).toBe(0);
  });
});

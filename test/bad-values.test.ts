// Wrong values and wrong times: the code of the error, and a message that says what was expected.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  bursts,
  createKernel,
  type KernelOptions,
  loadElf,
  OptionError,
  perPeriod,
  refill,
  report,
  StateError,
} from "../src/index.js";
import { DK0, findings, Lab } from "./lab.js";
import { attempt } from "./sides.js";

describe("wrong values", () => {
  const options: [KernelOptions | unknown, RegExp][] = [
    [{ nodes: 1 }, /nodes: found 1, expected a whole number from 2 to/],
    [{ nodes: 2.5 }, /nodes: found 2.5/],
    [{ nodes: Number.NaN }, /nodes: found NaN/],
    [{ nodes: 2 ** 31 }, /nodes/],
    [{ frames: -1 }, /frames: found -1, expected a whole number from 0/],
    [{ quantum: 0 }, /quantum: found 0, expected a whole number from 1 to 1000000/],
    [{ quantum: 1_000_001 }, /quantum/],
    [{ quantum: "5" }, /quantum: found "5"/],
    [{ advance: 0n }, /advance: found 0n, expected at least 1n/],
    [{ advance: 80 }, /advance: found 80, expected a bigint/],
    [{ advance: 2n ** 64n }, /advance: .*2n \*\* 64n - 1n/],
    [{ tapered: 1 }, /tapered: found 1, expected true or false/],
    [{ trace: "yes" }, /trace: found "yes"/],
    [{ kernelCosts: { refill: -1 } }, /kernelCosts.refill: found -1/],
    [{ kernelCosts: { swich: 1 } }, /no option "swich", expected one of refill, visit, switch/],
    [{ costs: { alu: 0 } }, /costs.alu: found 0, expected a whole number from 1 to 255/],
    [{ costs: { fpu: 1 } }, /no option "fpu"/],
    [{ build: "debug" }, /build: expected the bytes/],
    [{ quantom: 1 }, /no option "quantom", expected one of nodes, frames, quantum/],
    [null, /createKernel: found null, expected an object/],
  ];

  test.each(options)("createKernel(%o)", (o, message) => {
    expect(() => createKernel(o as KernelOptions)).toThrow(OptionError);
    expect(() => createKernel(o as KernelOptions)).toThrow(message);
  });

  const lab = new Lab();
  const a = lab.meter("A", lab.prime, 100n);
  const program = bursts({ run: 1 });
  const elf = loadElf(readFileSync("guests/spin.elf"));
  const { kernel } = lab;
  // biome-ignore lint/suspicious/noExplicitAny: the wrong types are the point
  const wrong = (value: unknown) => value as any;
  const calls: [string, () => unknown, RegExp][] = [
    [
      "superior missing",
      () => kernel.createMeter(wrong({})),
      /superior: found undefined, expected/,
    ],
    ["superior a number", () => lab.meter("X", wrong(3)), /found 3, expected a Meter/],
    ["cycles a number", () => lab.meter("X", a, wrong(5)), /cycles: found 5, expected a bigint/],
    ["cycles negative", () => lab.meter("X", a, -1n), /cycles: found -1n/],
    ["cycles 2^64", () => lab.meter("X", a, 2n ** 64n), /cycles: .*2n \*\* 64n - 1n/],
    [
      "keeper no function",
      () => lab.meter("X", a, 1n, wrong({})),
      /keeper: found an object, expected a key/,
    ],
    ["name empty", () => lab.meter("", a), /name: found "", expected a text/],
    ["program missing", () => kernel.createDomain(wrong({ meter: a })), /program: found undefined/],
    [
      "program bytes",
      () => kernel.createDomain({ meter: a, program: wrong([]) }),
      /expected loadElf/,
    ],
    [
      "option unknown",
      () => kernel.createDomain(wrong({ meter: a, program, x: 1 })),
      /no option "x"/,
    ],
    [
      "args a text",
      () => kernel.createDomain({ meter: a, program: elf, args: wrong("abc") }),
      /args: found "abc", expected an array/,
    ],
    [
      "stdin a number",
      () => kernel.createDomain({ meter: a, program: elf, stdin: wrong(5) }),
      /stdin: found 5, expected a text or/,
    ],
    [
      "bursts with arguments",
      () => kernel.createDomain({ meter: a, program, args: ["x"] }),
      /args: found an object, but a program of bursts takes none/,
    ],
    ["set negative", () => a.set(-1n), /set: found -1n, expected a bigint from 0n/],
    ["set a number", () => a.set(wrong(1)), /set: found 1/],
    ["add 2^64", () => a.add(2n ** 64n), /add: found/],
    ["on nothing", () => a.on(0n), /on: found 0n, expected at least 1n/],
    ["keeper wrong", () => (a.keeper = wrong("k")), /keeper: found "k", expected a function/],
    ["slot 16", () => a.node.fetch(16), /slot: found 16, expected a whole number from 0 to 15/],
    ["slot −1", () => a.node.swap(-1, DK0), /slot: found -1/],
    ["databyte 256", () => a.node.nodeKey(256), /databyte: found 256/],
    ["no key", () => a.node.swap(9, wrong(null)), /expected a key/],
    ["data key 2^88", () => a.node.swap(9, { kind: "data", value: 2n ** 88n }), /2n \*\* 88n - 1n/],
    ["a hook", () => a.node.swap(9, wrong({ kind: "hook" })), /expected a key kind of/],
    ["run 0", () => bursts({ run: 0 }), /bursts: run: found 0, expected a whole number from 1/],
    [
      "run backwards",
      () => bursts({ run: [5, 3] }),
      /bursts: run\[1\]: found 3, expected .* from 5/,
    ],
    ["wait −1", () => bursts({ run: 1, wait: -1 }), /bursts: wait: found -1/],
    ["times 0", () => bursts({ run: 1, times: 0 }), /bursts: times: found 0/],
    ["refill of a number", () => refill({ amount: wrong(1) }), /refill: amount: found 1/],
    ["refill of nothing", () => refill(wrong(undefined)), /refill: found undefined, expected an/],
    ["refill misspelt", () => refill(wrong({ amount: 1n, time: 3 })), /no option "time"/],
    [
      "period misspelt",
      () => perPeriod(wrong({ amount: 1n, every: 1n })),
      /perPeriod: no option "every"/,
    ],
    ["report to nobody", () => report(wrong(undefined)), /listener: found undefined/],
    ["report, then no keeper", () => report(() => {}, wrong("deny")), /keeper: found "deny"/],
    ["period 0", () => perPeriod({ amount: 1n, period: 0n }), /period: found 0n/],
    ["step −1", () => kernel.step({ cycles: -1 }), /cycles: found -1, expected a whole number/],
    ["step 1.5", () => kernel.step({ cycles: 1.5 }), /cycles: found 1.5/],
    ["step misspelt", () => kernel.step(wrong({ cycle: 5 })), /step: no option "cycle"/],
    [
      "an event misspelt",
      () => kernel.on(wrong("parked"), () => {}),
      /no event "parked", .* park,/,
    ],
    ["no listener", () => kernel.on("park", wrong(undefined)), /listener: found undefined/],
    ["at, but no act", () => kernel.at(5n, wrong(undefined)), /act: found undefined/],
    [
      "no order",
      () => kernel.invoke(DK0, wrong("fetch")),
      /order: found "fetch", expected a whole/,
    ],
    ["no node", () => kernel.meterOf(wrong(5)), /meterOf: found 5, expected a key/],
    ["at −1", () => kernel.at(-1n, () => {}), /time: found -1n/],
  ];

  test.each(calls)("%s", (_, call, message) => {
    const nodes = [...kernel.meters()].length;
    expect(call).toThrow(OptionError);
    expect(call).toThrow(message);
    expect([[...kernel.meters()].length, a.peek()]).toEqual([nodes, 100n]);
    expect(findings(kernel)).toEqual([]);
  });

  test("run's options", async () => {
    await expect(kernel.run(wrong({ cycle: 5 }))).rejects.toThrow(/run: no option "cycle"/);
    await expect(kernel.run({ signal: wrong(5) })).rejects.toThrow(
      /signal: found 5, expected an A/,
    );
  });

  test("no ELF file", () => {
    expect(attempt(() => loadElf(new Uint8Array(3)))).toMatch(/^ELF_/);
  });

  test("a handle of another kernel", () => {
    const other = new Lab();
    const foreign = other.meter("A", other.prime, 5n);
    expect(() => lab.meter("X", foreign)).toThrow(/another kernel/);
    expect(() => lab.meter("X", foreign.key)).toThrow(/another kernel/);
    expect(() => lab.busy("X", foreign)).toThrow(/another kernel/);
    expect(() => a.setSuperior(foreign)).toThrow(/another kernel/);
  });
});

describe("at the wrong time", () => {
  test("a domain that has ended can't be started or stopped; the rest is allowed", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, 100n);
    const domain = lab.domain("D", a, { run: 30, times: 1 });
    lab.run(100);
    expect(() => domain.start()).toThrow(StateError);
    expect(() => domain.stop()).toThrow(/D has ended/);
    domain.unprepare();
    domain.setMeter(lab.prime);
    expect([domain.state, domain.consumed, lab.stored(lab.prime)]).toEqual([
      "ended",
      30n,
      lab.prime.peek(),
    ]);
    domain.rescind();
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("start and stop twice", () => {
    const lab = new Lab({ quantum: 10 });
    const [d1, d2] = [lab.busy("D1", lab.prime), lab.busy("D2", lab.prime)];
    d1.start();
    d1.start();
    lab.run(40);
    expect([d1.consumed, d2.consumed]).toEqual([20n, 20n]);
    d1.stop();
    d1.stop();
    lab.run(10);
    expect([d1.state, d1.consumed, d2.consumed]).toEqual(["stopped", 20n, 30n]);
  });

  test("running while running, and anything after dispose", async () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, 0n, async () => "decline" as const);
    lab.busy("D", a);
    const run = lab.kernel.run();
    expect(() => lab.kernel.step()).toThrow(StateError);
    await expect(lab.kernel.run()).rejects.toThrow(StateError);
    await run;
    lab.kernel.dispose();
    const { kernel } = lab;
    for (const act of [
      () => a.peek(),
      () => a.set(1n),
      () => kernel.step(),
      () => lab.meter("B", lab.prime),
      () => kernel.time,
      () => kernel.check(),
      () => kernel.statistics(),
    ]) {
      expect(act).toThrow(StateError);
      expect(act).toThrow(/disposed/);
    }
  });

  test("kernel work that goes past the end of a step doesn't set the clock free", async () => {
    const lab = new Lab({ kernelCosts: { refill: 1000 }, advance: 5000n });
    lab.busy("D", lab.prime);
    lab.kernel.at(5n, () => {});
    await lab.kernel.run({ cycles: 10 });
    expect(lab.kernel.time).toBe(1000n);
  });
});

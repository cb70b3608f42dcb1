// Machines of one image on two processors at once: decoding, and frames, under no kernel lock.
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import * as codes from "../assembly/codes.js";
import * as layout from "../assembly/layout.js";
import * as rv from "../assembly/riscv/layout.js";
import { assemble } from "./riscv/assembler.js";
import { CODE, Cpu, compile, Host, R, type SharedExports, W, X } from "./riscv/host.js";
import { LEFT, maze, roomAt } from "./riscv/maze.js";
import { compileMortal } from "./riscv/mortal.js";
import { Random } from "./riscv/random.js";

const BUILD = "kernel.shared";
const PARTIES = 2;
const ROOMS = 400;
const ROOMS_TO_GO = 600;
const CYCLES = 4000;
const CHUNK = 500;

interface Race {
  readonly host: Host;
  readonly kernel: SharedExports;
  /** [how many came to the barrier, the machine that participant 0, 1, … is at] */
  readonly at: Int32Array;
  readonly together: boolean;
}

const mortal = compileMortal(BUILD);
const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

/** Workers wait for each other before each machine, or not. */
function makeRace(frames: number, together: boolean): Race {
  const host = new Host(frames, BUILD);
  const at = new Int32Array(new SharedArrayBuffer(4 * (2 + PARTIES)));
  return { host, kernel: host.kernel as SharedExports, at, together };
}

function startWorker({ host, at, together }: Race, participant: number): Worker {
  const workerData = {
    module: compile(BUILD),
    memory: host.memory,
    shared: at.buffer,
    participant,
    parties: together ? PARTIES : 0,
    cycles: CYCLES,
    chunk: CHUNK,
  };
  const worker = new Worker(new URL("./riscv/processor.mjs", import.meta.url), { workerData });
  workers.push(worker);
  return worker;
}

/** What the worker answers. */
async function ask(worker: Worker, task: { machines: number[] } | { times: number }) {
  worker.postMessage(task);
  const [answer] = await once(worker, "message");
  return answer;
}

const addresses = (list: readonly Cpu[]) => ({ machines: list.map(({ address }) => address) });

/** A program for each round, and where each participant's machine begins. */
function makeRound(random: Random, storing: number, rooms = ROOMS) {
  const code = assemble(maze(random, CODE, rooms, storing));
  const starts = Array.from({ length: PARTIES }, (_, index) =>
    index === 0 ? CODE : roomAt(CODE, random.below(rooms)),
  );
  return { code, starts, marks: storing > 0 ? R | W | X : R | X };
}
type Round = ReturnType<typeof makeRound>;

function machine(host: Host, image: number, { code, marks }: Round, start: number): Cpu {
  const pages = Math.ceil(code.length / layout.PAGE_SIZE);
  const cpu = new Cpu(host, image, [{ from: CODE, pages, marks, bytes: code }]);
  cpu.pc = start;
  cpu.set(LEFT, ROOMS_TO_GO);
  return cpu;
}

function machines(host: Host, round: Round): Cpu[] {
  const image = host.kernel.imageCreate(CODE, round.code.length);
  return round.starts.map((start) => machine(host, image, round, start));
}

function runWhole(cpu: Cpu): number {
  let stop = rv.STOP_BUDGET;
  for (let left = CYCLES; left > 0 && stop === rv.STOP_BUDGET; left -= CHUNK) {
    stop = cpu.run(CHUNK);
  }
  return stop;
}

/** All that a program could see, and that is paid for. */
const outcome = (cpu: Cpu, stop: number, { code }: Round) => ({
  stop,
  pc: cpu.pc,
  registers: cpu.registers,
  cycles: cpu.cycles,
  retired: cpu.retired,
  trap: cpu.trap,
  code: Buffer.from(cpu.read(CODE, code.length)).toString("base64"),
});

function runAlone(round: Round) {
  return machines(new Host(256), round).map((cpu) => outcome(cpu, runWhole(cpu), round));
}

function free(host: Host, cpus: readonly Cpu[]): void {
  const images = new Set(cpus.map(({ image }) => image));
  for (const cpu of cpus) cpu.free();
  for (const image of images) expect(host.kernel.imageFree(image)).toBe(codes.OK);
}

/** A list of machines for each participant, of the same programs. */
function makeLists(host: Host, rounds: readonly Round[]): [Cpu[], Cpu[]] {
  const pairs = rounds.map((round) => machines(host, round));
  return [pairs.map(([first]) => first!), pairs.map(([, second]) => second!)];
}

/** Each frame that is not used can be had. */
function expectWhole({ host }: Race, used: number): void {
  expect(host.control(layout.CONTROL_FRAMES_USED)).toBe(used);
  const held: number[] = [];
  for (let run = host.kernel.allocateRun(1); run !== 0; run = host.kernel.allocateRun(1)) {
    held.push(run);
  }
  expect(held.length).toBe(host.frames - used);
  for (const run of held) host.kernel.freeRun(run, 1);
}

const cases: [string, number][] = [
  ["decode it together", 0],
  ["and make it their own by storing to code", 30],
];

test.each(cases)("machines of one image on two processors %s", async (_, storing) => {
  const race = makeRace(8192, true);
  const { host } = race;
  const random = new Random(storing + 1);
  const [first, second] = [startWorker(race, 1), startWorker(race, 2)];
  const used = host.control(layout.CONTROL_FRAMES_USED);
  for (let batch = 0; batch < 6; batch++) {
    const rounds = Array.from({ length: 25 }, () => makeRound(random, storing));
    const lists = makeLists(host, rounds);
    race.at.fill(0);
    const answers = [ask(first, addresses(lists[0])), ask(second, addresses(lists[1]))];
    const stops: number[][] = await Promise.all(answers);
    rounds.forEach((round, index) => {
      const got = lists.map((list, party) => outcome(list[index]!, stops[party]![index]!, round));
      expect(got).toEqual(runAlone(round));
    });
    free(host, lists.flat());
    expect(host.control(layout.CONTROL_FRAMES_USED)).toBe(used);
  }
});

test("frames that two take and give back are each one's alone, and counted", async () => {
  const race = makeRace(200, false);
  const used = race.host.control(layout.CONTROL_FRAMES_USED);
  const pair = [1, 2].map((participant) => startWorker(race, participant));
  expect(await Promise.all(pair.map((worker) => ask(worker, { times: 10_000 })))).toEqual([0, 0]);
  expectWhole(race, used);
});

test.each(cases)("when a worker dies where machines %s, nothing is lost", async (_, storing) => {
  const race = makeRace(8192, false);
  const { host, kernel, at } = race;
  const random = new Random(storing + 5);
  const rounds = Array.from({ length: 25 }, () => makeRound(random, storing));
  const alone = rounds.map(runAlone);
  const survivor = startWorker(race, 2);
  const used = host.control(layout.CONTROL_FRAMES_USED);
  for (let death = 0; death < 20; death++) {
    const lists = makeLists(host, rounds);
    at.fill(0);
    const worker = startWorker(race, 1);
    worker.postMessage(addresses(lists[0]));
    const answer = ask(survivor, addresses(lists[1]));
    const victim = random.below(rounds.length);
    while (at[2]! < victim) await setImmediate();
    await worker.terminate();
    kernel.frameRecover(1);
    kernel.machineRecover(lists[0][at[2]!]!.address, 1);
    const stops: number[] = await answer;
    rounds.forEach((round, index) => {
      const cpu = lists[1][index]!;
      expect(outcome(cpu, stops[index]!, round)).toEqual(alone[index]![1]);
      expect(host.view.getUint32(cpu.image + rv.IMAGE_LOCK, true)).toBe(0);
      // Who runs next finds what both have decoded.
      const next = machine(host, cpu.image, round, round.starts[0]!);
      expect(outcome(next, runWhole(next), round)).toEqual(alone[index]![0]);
      next.free();
    });
    free(host, lists.flat());
    expectWhole(race, used);
  }
});

const deaths: [string, number, number][] = [
  ["a shared decode cache", 0, 40],
  ["a decode cache of its own", 2, 40],
  ["a decode cache of its own, and frames run out", 2, 1],
];

test.each(deaths)("death at every place where V8 stops: %s", (_, storing, spare) => {
  const race = makeRace(100, false);
  const { host, kernel } = race;
  const { exports } = new WebAssembly.Instance(mortal, { env: { memory: host.memory } });
  const doomed = exports as unknown as SharedExports & { left: WebAssembly.Global };
  doomed.become(1);
  const round = makeRound(new Random(3), storing, 6);
  const [alone] = runAlone(round);
  const used = host.control(layout.CONTROL_FRAMES_USED);
  let dies = true;
  let places = 0;
  for (; dies; places++) {
    const [victim, next] = machines(host, round) as [Cpu, Cpu];
    const held: number[] = [];
    while (kernel.framesFree() > spare) held.push(kernel.allocateRun(1));
    doomed.left.value = places;
    dies = throws(() => doomed.run(victim.address, 100));
    doomed.left.value = -1;
    kernel.frameRecover(1);
    kernel.machineRecover(victim.address, 1);
    expect(host.view.getUint32(next.image + rv.IMAGE_LOCK, true)).toBe(0);
    for (const frame of held) kernel.freeRun(frame, 1);
    next.pc = CODE;
    expect(outcome(next, runWhole(next), round)).toEqual(alone);
    // What the victim decodes for is whole, too: begun anew, it runs.
    victim.pc = CODE;
    for (let register = 1; register < 32; register++) victim.set(register, 0);
    victim.set(LEFT, ROOMS_TO_GO);
    runWhole(victim);
    expect(victim.registers).toEqual(alone!.registers);
    free(host, [victim, next]);
    expectWhole(race, used);
  }
  expect(places).toBeGreaterThan(500);
});

function throws(what: () => void): boolean {
  try {
    what();
    return false;
  } catch {
    return true;
  }
}

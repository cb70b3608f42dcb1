// Address spaces with core residence: programs that share the pages of their file, copies on write, page objects, and
// what becomes of all of them.

import { expect, test } from "vitest";
import {
  type Domain,
  type DomainOptions,
  type ElfProgram,
  loadElf,
  type ResidenceOptions,
} from "../src/index.js";
import { text } from "./cast.js";
import { GUEST_RUNS } from "./guests.js";
import { findings } from "./lab.js";
import { call, Puppet, rest } from "./puppet.js";
import { guest, ResidenceLab, SMALL } from "./residence-lab.js";
import * as asm from "./riscv/assembler.js";
import { everywhere } from "./variants.js";

const PAGE = 4096;
/** The stack and the page below it: what an address space has at the least, beside the program. */
const STACK = 17 * PAGE;
const STACK_PAGES = 16;
const NO_PAGES = expect.objectContaining({ name: "CapacityError", code: "NO_PAGES" });

const least = (program: ElfProgram): number => Math.ceil(program.end / PAGE) * PAGE + STACK;

function domain(
  lab: ResidenceLab,
  program: ElfProgram,
  options: Partial<DomainOptions> = {},
): Domain {
  return lab.kernel.createDomain({ meter: lab.prime, program, memory: least(program), ...options });
}

/** Nothing is left of any domain. */
function expectEmpty(lab: ResidenceLab): void {
  expect(lab.kernel.residence.pages()).toEqual([]);
  const { core, coreFree, pages, pagesFree } = lab.statistics;
  expect([coreFree, pagesFree]).toEqual([core, pages]);
  expect(findings(lab.kernel)).toEqual([]);
}

interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** 1: execute, 2: write, 4: read. */
  readonly rights: number;
}

/** A program that begins where its first segment does. */
function programOf(segments: readonly Segment[]): ElfProgram {
  const file = new Uint8Array((1 + segments.length) * PAGE);
  const view = new DataView(file.buffer);
  const words = (at: number, values: readonly number[]) => {
    values.forEach((value, n) => {
      view.setUint32(at + 4 * n, value, true);
    });
  };
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 243, 0]);
  words(20, [1, segments[0]!.address, 52]);
  file.set([52, 0, 32, 0, segments.length], 40);
  segments.forEach(({ address, bytes, rights }, n) => {
    const offset = (1 + n) * PAGE + (address % PAGE);
    words(52 + 32 * n, [1, offset, address, address, bytes.length, bytes.length, rights, 1]);
    file.set(bytes, offset);
  });
  return loadElf(file);
}

everywhere("a program", () => {
  test("of a hundred domains has its text in core once", () => {
    const lab = new ResidenceLab({ pages: 2000, period: 1_600_000_000 }, { nodes: 512 });
    lab.runUntil(() => lab.statistics.cycles === 1n);
    const program = guest("sha256");
    const domains = Array.from({ length: 100 }, () => domain(lab, program, { args: ["abc", "1"] }));
    // Text, constants and data of the file; each domain has a stack, and is promised a copy of the data.
    expect(lab.pagesFree).toBe(2000 - 3 - 100 * (STACK_PAGES + 1));
    const shared = lab.kernel.residence.pages().filter(({ users }) => users > 1);
    expect(shared.map(({ users }) => users)).toEqual([101, 101, 101]);
    const charges = new Map<number, number>();
    lab.kernel.on("charge", ({ page }) => charges.set(page, (charges.get(page) ?? 0) + 1));
    for (const one of domains) one.start();
    lab.runUntil(() => domains.every(({ state }) => state === "ended"));
    const output = GUEST_RUNS.find(({ args }) => args.join(" ") === "abc 1")!.output;
    expect(new Set(domains.map((one) => one.output))).toEqual(new Set([output]));
    expect(lab.statistics.copies).toBe(100n);
    // Whoever was first has paid for text and constants, for all.
    expect(shared.slice(0, 2).map(({ number }) => charges.get(number))).toEqual([1, 1]);
    expectEmpty(lab);
  });

  test("is copied where it is written, for who writes only", async () => {
    const lab = new ResidenceLab();
    const puppet = new Puppet([rest({ buffer: 16 }), rest({ buffer: 16 })]);
    const program = loadElf(puppet.elf());
    const [first, second, idle] = [1, 2, 3].map(() => domain(lab, program));
    const seen = (one: Domain) => text(one.machine!.read(puppet.buffers[0]!, 8)!);
    const zeros = "\0".repeat(8);
    for (const one of [first!, second!]) {
      one.start();
      lab.runUntil(() => one.state === "available");
    }
    for (const [one, string] of [
      [first!, "first..."],
      [second!, "second.."],
    ] as const) {
      const sent = lab.kernel.send(one.startKey(), { string });
      lab.runUntil(() => seen(one) === string);
      await sent;
    }
    expect([first!, second!, idle!, domain(lab, program)].map(seen)).toEqual([
      "first...",
      "second..",
      zeros,
      zeros,
    ]);
    expect(lab.statistics.copies).toBe(2n);
    for (const one of [...lab.kernel.domains()]) {
      if (one !== lab.kernel.residence.locker) one.rescind();
    }
    expectEmpty(lab);
  });

  test("may have code and data in one page, which has the rights and the bytes of both", () => {
    const lab = new ResidenceLab();
    const { addi } = asm.immediateOps as Record<
      "addi",
      (rd: number, rs: number, n: number) => number
    >;
    const { lw } = asm.loadOps as Record<"lw", (rd: number, rs: number, n: number) => number>;
    const { sw } = asm.storeOps as Record<"sw", (rs1: number, rs2: number, n: number) => number>;
    const [T0, A0, A7] = [5, 10, 17];
    // Counts a word up, and exits with it.
    const code = [asm.lui(T0, 0x1000), lw(A0, T0, 0x700), addi(A0, A0, 1), sw(T0, A0, 0x700)];
    const exit = [lw(A0, T0, 0x700), addi(A7, 0, 93), asm.ECALL];
    const program = programOf([
      { address: 0x1000, bytes: asm.assemble([...code, ...exit]), rights: 1 },
      { address: 0x1700, bytes: new Uint8Array([42, 0, 0, 0]), rights: 6 },
      // Nobody may touch it: it is nowhere.
      { address: 0x2000, bytes: new Uint8Array([1, 2, 3, 4]), rights: 0 },
    ]);
    const domains = [1, 2].map(() => domain(lab, program));
    expect(lab.pagesFree).toBe(512 - 1 - 2 * (STACK_PAGES + 1));
    for (const one of domains) one.start();
    lab.runUntil(() => domains.every(({ state }) => state === "ended"));
    expect(domains.map(({ exitCode }) => exitCode)).toEqual([43, 43]);
    expectEmpty(lab);
  });

  test("runs in a few frames as it does in many", () => {
    const few: ResidenceOptions = { core: 8, pages: 4096, period: 50_000, latency: 500 };
    const lab = new ResidenceLab(few, { frames: 4096, quantum: 10_000 });
    const runs = GUEST_RUNS.filter(({ instructions = 0 }) => instructions < 200_000);
    const domains = runs.map(({ program, args, stdin = "" }) =>
      lab.kernel.createDomain({
        ...{ name: program, meter: lab.prime, program: guest(program), args, stdin },
      }),
    );
    for (const one of domains) one.start();
    lab.runUntil(() => domains.every(({ state }) => state === "ended"));
    const found = domains.map(({ output, exitCode, consumed }) => [output, exitCode, consumed]);
    // Instructions that were cut short by a closed page, or one that had to come, cost nothing.
    expect(found).toEqual(
      runs.map(({ output, exit = 0, instructions }) => [output, exit, BigInt(instructions!)]),
    );
    expect(lab.statistics.evictions).toBeGreaterThan(100n);
    expectEmpty(lab);
  });
});

everywhere("with too few pages", () => {
  test("a domain is refused, and nothing is kept", () => {
    const program = guest("sha256");
    const needed = 3 + 1 + STACK_PAGES;
    for (const pages of [1, 2, 3, 4, needed - 1]) {
      const lab = new ResidenceLab({ pages });
      const frames = lab.kernel.core.exports.framesFree();
      const act = () => domain(lab, program);
      expect(act).toThrow(NO_PAGES);
      expect(act).toThrow(/ more pages are needed, and of \d+ .* with more `residence.pages`$/);
      expect(lab.pagesFree).toBe(pages);
      expect(lab.kernel.core.exports.framesFree()).toBe(frames);
      expectEmpty(lab);
    }
    const lab = new ResidenceLab({ pages: needed });
    const first = domain(lab, program, { args: ["abc", "1"] });
    expect(lab.pagesFree).toBe(0);
    expect(() => domain(lab, program)).toThrow(NO_PAGES);
    expect(() => lab.kernel.createPage()).toThrow(NO_PAGES);
    first.start();
    // It has its copy all the same.
    lab.runUntil(() => first.state === "ended");
    expect(first.exitCode).toBe(0);
    expectEmpty(lab);
  });

  test("other errors leave nothing, either", () => {
    const lab = new ResidenceLab();
    const program = guest("sha256");
    const page = lab.kernel.createPage();
    const before = lab.pagesFree;
    const args = ["x".repeat(40_000)];
    expect(() => domain(lab, program, { args })).toThrow(/^args: /);
    const pages = [{ page, at: program.codeBase }];
    expect(() => domain(lab, program, { pages })).toThrow(/^pages: found 0x10000/);
    expect(() => domain(lab, program, { memory: PAGE })).toThrow(/^memory: /);
    const few = new ResidenceLab({}, { frames: 2 });
    expect(() => domain(few, program)).toThrow(expect.objectContaining({ code: "NO_FRAMES" }));
    expectEmpty(few);
    // The domain's node is the last thing that is made.
    const full = new ResidenceLab({}, { nodes: 5 });
    const noNodes = expect.objectContaining({ code: "NO_NODES" });
    expect(() => domain(full, program)).toThrow(noNodes);
    expectEmpty(full);
    expect(lab.pagesFree).toBe(before);
    page.rescind();
    expectEmpty(lab);
  });
});

everywhere("a page object", () => {
  test("is a page that domains share, in core or not", () => {
    const lab = new ResidenceLab();
    const page = lab.kernel.createPage();
    page.write(0, "from the host");
    expect(text(page.read(0, 13))).toBe("from the host");
    const [entry] = lab.kernel.residence.pages();
    expect(entry).toMatchObject({ inCore: false, users: 1, paid: null, account: null });
    const at = 0x8000;
    // It answers with what lies there.
    const steps = [call(0, { raw: { 12: at, 13: 13 } })];
    const got: string[] = [];
    const key = lab.kernel.hostObject(({ string }) => {
      got.push(text(string));
      page.write(0, "from elsewhere");
      return {};
    });
    const program = loadElf(new Puppet(steps).elf());
    for (let n = 0; n < 2; n++) {
      const one = domain(lab, program, { pages: [{ page, at, write: true }], keys: { 0: key } });
      expect(lab.kernel.residence.pages()[0]!.users).toBe(2);
      one.start();
      lab.runUntil(() => one.state === "available");
      one.rescind();
    }
    expect(got).toEqual(["from the host", "from elsewher"]);
    page.rescind();
    expectEmpty(lab);
  });

  test("is one of so many pages", () => {
    const lab = new ResidenceLab({ pages: 2 });
    const pages = [1, 2].map(() => lab.kernel.createPage());
    const act = () => lab.kernel.createPage("third");
    expect(act).toThrow(NO_PAGES);
    expect(act).toThrow(
      /the 2 pages are used up, .* create the kernel with more `residence.pages`$/,
    );
    pages[0]!.write(0, "secret");
    pages[0]!.rescind();
    // What it held is nobody's to read.
    expect(lab.kernel.createPage().read()).toEqual(new Uint8Array(PAGE));
    expect(act).toThrow(NO_PAGES);
  });
});

everywhere("the pages of a kernel", () => {
  test("are told as they are", () => {
    const lab = ResidenceLab.ofOneCycle();
    const meter = lab.meter("M", lab.prime);
    const one = domain(lab, guest("spin"), { meter });
    const untouched = lab.kernel.residence.pages();
    // One is promised to a copy of its data.
    expect(untouched.length).toBe(SMALL.pages! - lab.pagesFree - 1);
    const fresh = { inCore: false, dirty: false, paid: null, opened: null, account: null };
    for (const page of untouched) expect(page).toMatchObject({ ...fresh, first: null });
    one.start();
    lab.runUntil(() => lab.statistics.faults >= 1n);
    lab.run(1000);
    const touched = lab.kernel.residence.pages().filter(({ inCore }) => inCore);
    expect(BigInt(touched.length)).toBe(lab.statistics.faults);
    const paid = { paid: 1, opened: 1, referenced: true, account: meter, first: meter };
    for (const page of touched) expect(page).toMatchObject(paid);
    expect(lab.statistics.coreFree).toBe(SMALL.core! - touched.length);
    // A meter that is no more is nobody's account.
    one.stop();
    meter.rescind();
    const [page] = lab.kernel.residence.pages().filter(({ inCore }) => inCore);
    expect(page).toMatchObject({ account: null, first: null, paid: 1 });
    one.rescind();
    expectEmpty(lab);
  });
});

// What nobody else is to see: pages that were somebody's, code that one domain has changed; and what the
// kernel reaches wherever it is.

import { expect, test } from "vitest";
import { type Domain, type DomainOptions, type ElfProgram, loadElf } from "../src/index.js";
import { text } from "./cast.js";
import { findings } from "./lab.js";
import { call, exit, latin1, Puppet, rest, type Step, work } from "./puppet.js";
import { ResidenceLab } from "./residence-lab.js";
import {
  A0,
  A1,
  addi,
  bne,
  codeOf,
  ENTRY,
  EXIT,
  FENCE_I,
  jal,
  jalr,
  li,
  lui,
  lw,
  programOf,
  sw,
  T0,
  T1,
  T2,
  ZERO,
} from "./residence-programs.js";
import * as asm from "./riscv/assembler.js";
import { everywhere } from "./variants.js";

const PAGE = 4096;
const AT = 0x100_0000;
const LONG = 1_600_000_000;
const HEAP_PAGES = 32;
const HEAP = ENTRY + PAGE;
const MEMORY = HEAP + (HEAP_PAGES + 17) * PAGE;

const run = (
  lab: ResidenceLab,
  program: ElfProgram,
  options: Partial<DomainOptions> = {},
): Domain => {
  const given = { meter: lab.prime, program, memory: MEMORY };
  const domain = lab.kernel.createDomain({ ...given, ...options });
  domain.start();
  lab.runUntil(() => domain.state === "ended");
  return domain;
};

/** In as little memory as there can be. */
const least = (lab: ResidenceLab, program: ElfProgram) => {
  const memory = Math.ceil(program.end / PAGE) * PAGE + 17 * PAGE;
  return { meter: lab.prime, program, memory };
};

/** Walks the heap word by word: a body of so many instructions, with the address in t0. */
function overHeap(...body: readonly number[]): ElfProgram {
  return codeOf(
    ...li(A0, 0),
    ...li(T2, 0x5ec2e7),
    lui(T0, HEAP),
    lui(T1, HEAP + HEAP_PAGES * PAGE),
    ...body,
    addi(T0, T0, 64),
    bne(T0, T1, -4 * (body.length + 1)),
    ...EXIT,
  );
}
const filler = overHeap(sw(T0, T2, 0), addi(A0, ZERO, 7));
/** Exits with all bits that it finds. */
const finder = overHeap(lw(A1, T0, 0), asm.registerOps.or!(A0, A0, A1));

/** Whole pages, compared without a report of each byte. */
const isAll = (bytes: Uint8Array, value: number) => bytes.every((byte) => byte === value);

everywhere("a page that was somebody's", () => {
  test.each([8, 16, 64])("is zeros for whoever has it next, with %i core frames", (core) => {
    // No more pages than two need: all of them come back.
    const lab = new ResidenceLab({ core, pages: 110, period: LONG, latency: 100 });
    for (let round = 0; round < 3; round++) {
      const domain = run(lab, filler);
      expect(domain.exitCode).toBe(7);
      domain.rescind();
      const next = run(lab, finder);
      expect(next.exitCode).toBe(0);
      next.rescind();
      const idle = lab.kernel.createDomain({ meter: lab.prime, program: finder, memory: MEMORY });
      for (let page = 0; page < HEAP_PAGES; page++) {
        expect(isAll(idle.machine!.read(HEAP + page * PAGE, PAGE)!, 0)).toBe(true);
      }
      idle.rescind();
    }
    if (core < HEAP_PAGES) expect(lab.statistics.writes).toBeGreaterThan(0n);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("page objects, too, and programs' own", () => {
    const lab = new ResidenceLab({ core: 8, pages: 110, latency: 100 });
    const secret = new Uint8Array(PAGE).fill(0xa5);
    for (let round = 0; round < 4; round++) {
      const pages = Array.from({ length: 40 }, () => lab.kernel.createPage());
      for (const page of pages) {
        expect(isAll(page.read(), 0)).toBe(true);
        page.write(0, secret);
      }
      run(lab, finder, { pages: [{ page: pages[3]!, at: AT }] }).rescind();
      for (const page of pages) {
        expect(isAll(page.read(), 0xa5)).toBe(true);
        page.rescind();
      }
    }
    expect(findings(lab.kernel)).toEqual([]);
  });
});

everywhere("code that one domain changes", () => {
  /** f answers 1; it begins half a word before a page ends. Who finds a flag at AT stores over it. */
  const F = ENTRY + PAGE - 2;
  const patched = addi(A0, ZERO, 2);
  const main = asm.assemble([
    ...li(T0, AT),
    ...li(T1, F),
    jalr(1, T1, 0),
    sw(T0, A0, 4),
    lw(A1, T0, 0),
    asm.branchOps.beq!(A1, ZERO, 4 * (3 + li(T2, patched).length)),
    ...li(T2, patched),
    sw(T1, T2, 0),
    FENCE_I,
    jalr(1, T1, 0),
    sw(T0, A0, 8),
    lw(A1, T0, 12),
    addi(A1, A1, 1),
    sw(T0, A1, 12),
    jal(0, -20),
  ]);
  const bytes = new Uint8Array(2 * PAGE);
  bytes.set(main);
  bytes.set(asm.assemble([addi(A0, ZERO, 1), jalr(0, 1, 0)]), PAGE - 2);
  const program = programOf([{ address: ENTRY, bytes, rights: 7 }]);

  test.each([8, 64])("on a page that others share, is its own: %i core frames", (core) => {
    const lab = new ResidenceLab({ core, pages: 300, period: 50_000, latency: 100 });
    const words = (page: { read(offset: number, length: number): Uint8Array }) => {
      const view = new DataView(page.read(0, 16).buffer);
      return [4, 8, 12].map((at) => view.getUint32(at, true));
    };
    const cast = [0, 1, 0, 0].map((flag) => {
      const page = lab.kernel.createPage();
      page.write(0, new Uint8Array([flag]));
      const pages = [{ page, at: AT, write: true }];
      const domain = lab.kernel.createDomain({ ...least(lab, program), pages });
      domain.start();
      return { page, domain };
    });
    lab.runUntil(() => cast.every(({ page }) => words(page)[2]! > 300));
    expect(cast.map(({ page }) => words(page).slice(0, 2))).toEqual([
      [1, 1],
      [1, 2],
      [1, 1],
      [1, 1],
    ]);
    // Both pages that the store reached.
    expect(lab.statistics.copies).toBe(2n);
    const late = lab.kernel.createPage();
    const domain = lab.kernel.createDomain({
      ...least(lab, program),
      pages: [{ page: late, at: AT, write: true }],
    });
    domain.start();
    lab.runUntil(() => words(late)[2]! > 10);
    expect(words(late).slice(0, 2)).toEqual([1, 1]);
    for (const { domain } of cast) expect(domain.trap).toBe(null);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

everywhere("the kernel and the host", () => {
  const long = "x".repeat(5000);
  /** One step, and a string that makes the script two pages long. */
  const steps = (step: Step) =>
    loadElf(new Puppet([step, rest(), { ...rest(), string: long }]).elf());

  test("send strings from pages that are on the drum, and nobody pays for that", () => {
    const lab = new ResidenceLab({ core: 8, period: LONG, latency: 1000 });
    const meter = lab.meter("M", lab.prime);
    const [one, two] = [lab.kernel.createPage(), lab.kernel.createPage()];
    one.write(PAGE - 5, "hello");
    two.write(0, " drum");
    const heard: string[] = [];
    const object = lab.kernel.hostObject(({ string }) => {
      heard.push(text(string));
      return { string: "taken here" };
    });
    const at = AT + PAGE - 5;
    const step: Step = { ...call(0), raw: { 12: at, 13: 10, 15: at, 16: 10 } };
    const pages = [
      { page: one, at: AT, write: true },
      { page: two, at: AT + PAGE, write: true },
    ];
    const { domain } = lab.play([step, rest()], { meter, keys: { 0: object }, pages });
    lab.runUntil(() => domain.state === "available");
    expect(heard).toEqual(["hello drum".slice(0, 10)]);
    expect(text(one.read(PAGE - 5)) + text(two.read(0, 5))).toBe("taken here");
    const touched = lab.kernel.residence.pages().filter(({ paid }) => paid !== null);
    // Code, script and log.
    expect(touched.length).toBe(3);
    expect(meter.storage.charged()).toBe(3n * 1024n * BigInt(LONG));
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("store across a page that is the domain's and one that it shares yet", () => {
    const lab = new ResidenceLab({ core: 16, period: LONG, latency: 1000 });
    const object = lab.kernel.hostObject(() => ({ string: "across the border" }));
    const border = 0x3000;
    const program = steps({ ...call(0), raw: { 15: border - 8, 16: 17 } });
    const make = (isTold: boolean) => {
      const domain = lab.kernel.createDomain(least(lab, program));
      if (isTold) domain.keys.set(0, object);
      return domain;
    };
    const [told, other] = [make(true), make(false)];
    told.start();
    lab.runUntil(() => told.state === "available");
    expect(latin1(told.machine!.read(border - 8, 17)!)).toBe("across the border");
    expect(latin1(other.machine!.read(border - 8, 17)!)).toBe("x".repeat(17));
    const third = make(false);
    expect(latin1(third.machine!.read(border - 8, 17)!)).toBe("x".repeat(17));
    expect(findings(lab.kernel)).toEqual([]);
    told.rescind();
    other.rescind();
    third.rescind();
    expect(lab.pagesFree).toBe(512);
  });

  test("carry out system calls there", () => {
    const lab = new ResidenceLab({ core: 8, period: LONG, latency: 1000 });
    const [one, two] = [lab.kernel.createPage(), lab.kernel.createPage()];
    const at = AT + PAGE - 3;
    const system = (number: number, fd: number): Step => ({
      ...work(0),
      raw: { 17: number, 10: fd, 11: at, 12: 7 },
    });
    const program = loadElf(new Puppet([system(63, 0), system(64, 1), exit(4)]).elf());
    const make = (write: boolean) => {
      const domain = lab.kernel.createDomain({
        ...{ meter: lab.prime, program, stdin: "in core" },
        pages: [
          { page: one, at: AT, write },
          { page: two, at: AT + PAGE, write },
        ],
      });
      domain.start();
      lab.runUntil(() => domain.state === "ended");
      return domain;
    };
    expect(make(true)).toMatchObject({ output: "in core", exitCode: 4 });
    expect(text(one.read(PAGE - 3)) + text(two.read(0, 4))).toBe("in core");
    // What may not be written is not: EFAULT, and it writes what is there.
    two.write(0, "CORE");
    expect(make(false).output).toBe("in CORE");
    expect(findings(lab.kernel)).toEqual([]);
  });
});

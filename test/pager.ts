// A program whose pages tell on whoever loses or mixes them up. It stores to pages and reads them in an order that
// it draws, and keeps in registers what all of them together must hold: a page that comes back as it was
// before, or as another's, is found at the end at the latest. Then it stops at a breakpoint, which is a trap, as
// it does at whatever else it finds wrong; else it exits.
//
// Pages, from PAGES on, are first those of its file, full of FILLER, which it gets copies of, then pages of
// zeros. It may have one more that it shares with others, where each adds to the same words.

import { PAGE_SIZE } from "../assembly/layout.js";
import * as asm from "./riscv/assembler.js";

/** Where its code is, the page that it shares, and its own pages. */
export const CODE = 0x1000;
export const CODE_PAGES = 4;
export const SHARED_AT = 0x6000;
export const PAGES = 0x8000;
export const FILLER = 0x5a5a5a5a;
/** How many words of the shared page are added to. */
export const COUNTERS = 8;
const EXIT = 93;

const RA = 1;
const [T0, T1, T2, T3, T4] = [5, 6, 7, 28, 29] as const;
const [A0, A1, A7] = [10, 11, 17] as const;
/** What all pages together hold, the state of what it draws from, and how often it acts yet. */
const SUM = 8;
const RANDOM = 9;
export const LEFT = 18;
const BASE = 19;
/** How many pages it draws from, less one. */
const MASK = 20;
/** Where in each page it keeps what it keeps there; the same half a page further. */
const OFFSET = 21;
/** What it has added to the shared page, and the address of that or 0. */
export const ADDED = 22;
const SHARED = 23;
/** The end of the file's pages. */
const FILE_END = 24;
const HALF = 25;

type Three = (a: number, b: number, c: number) => number;
const { addi, andi } = asm.immediateOps as Record<"addi" | "andi", Three>;
const { add, sub, mul, xor, and, or, sltu } = asm.registerOps as Record<
  "add" | "sub" | "mul" | "xor" | "and" | "or" | "sltu",
  Three
>;
const { slli, srli } = asm.shiftOps as Record<"slli" | "srli", Three>;
const lw = asm.loadOps.lw!;
const sw = asm.storeOps.sw!;
const { beq, bne } = asm.branchOps as Record<"beq" | "bne", Three>;
const C_NOP = 1;

/** Instructions at addresses; jumps to places that get their names later. */
class Text {
  at = CODE;
  readonly #bytes = new Uint8Array(CODE_PAGES * PAGE_SIZE);
  readonly #places = new Map<string, number>();
  readonly #jumps: (() => void)[] = [];

  here(name: string): void {
    this.#places.set(name, this.at);
  }

  put(...instructions: readonly number[]): void {
    const bytes = asm.assemble([...instructions]);
    this.#bytes.set(bytes, this.at - CODE);
    this.at += bytes.length;
  }

  to(name: string, jump: (offset: number) => number): void {
    const { at } = this;
    this.#jumps.push(() => {
      this.at = at;
      this.put(jump(this.#places.get(name)! - at));
    });
    this.at += 4;
  }

  finish(): Uint8Array<ArrayBuffer> {
    for (const jump of this.#jumps) jump();
    return this.#bytes;
  }
}

/** What it does with a page, whose address is in T0, and twice whose place and 1 in T1. */
const ROUTINES: readonly (readonly [name: string, at: number, put: (text: Text) => void])[] = [
  ["read", 0x1400, check],
  // The first goes on into the next page, between two instructions; the other begins with one that lies across.
  ["store", 0x1ff4, change],
  ["change", 0x2ffc, (text) => [text.put(C_NOP), change(text)]],
  ["look", 0x3400, look],
  ["share", 0x3ff0, share],
  ["across", 0x4800, across],
];

/** Which of them is done for a number that is drawn. */
const DRAWN = ["read", "look", "store", "store", "change", "change", "share", "across"];

/** Both words are the same; the first is in T3 then. */
function check(text: Text): void {
  text.put(add(T2, T0, OFFSET), lw(T3, T2, 0), add(T2, T2, HALF), lw(T4, T2, 0));
  wrongIfNot(text, T3, T4);
}

/** Both become what was drawn last. */
function change(text: Text): void {
  check(text);
  text.put(sub(T4, RANDOM, T3), mul(T4, T4, T1), add(SUM, SUM, T4));
  text.put(add(T2, T0, OFFSET), sw(T2, RANDOM, 0), add(T2, T2, HALF), sw(T2, RANDOM, 0));
}

/** A word that is drawn is as it was at first, unless it is one of the two. */
function look(text: Text): void {
  text.put(srli(T2, RANDOM, 3), ...asm.li(T3, PAGE_SIZE - 4), and(T2, T2, T3));
  text.to("looked", (offset) => beq(T2, OFFSET, offset));
  text.put(add(T4, OFFSET, HALF));
  text.to("looked", (offset) => beq(T2, T4, offset));
  text.put(add(T2, T2, T0), lw(T3, T2, 0));
  text.put(sltu(T4, T0, FILE_END), sub(T4, 0, T4), ...asm.li(A1, FILLER), and(T4, T4, A1));
  wrongIfNot(text, T3, T4);
  text.here("looked");
}

function share(text: Text): void {
  text.to("alone", (offset) => beq(SHARED, 0, offset));
  text.put(andi(T2, RANDOM, (COUNTERS - 1) << 2), add(T2, T2, SHARED), addi(T3, 0, 1));
  text.put(asm.atomicOps.amoadd!(0, T2, T3), addi(ADDED, ADDED, 1));
  text.here("alone");
}

/** A word that lies across two pages is stored as it is. */
function across(text: Text): void {
  text.put(...asm.li(T2, PAGE_SIZE - 2), add(T2, T2, T0), lw(T3, T2, 0), sw(T2, T3, 0));
}

function wrongIfNot(text: Text, one: number, other: number): void {
  text.put(beq(one, other, 8), asm.EBREAK);
}

/** T0 and T1 of the page whose place is in T2. */
function locate(text: Text): void {
  text.put(slli(T0, T2, 12), add(T0, T0, BASE), slli(T1, T2, 1), addi(T1, T1, 1));
}

function assemble(): Uint8Array<ArrayBuffer> {
  const text = new Text();
  text.here("act");
  text.put(slli(T0, RANDOM, 13), xor(RANDOM, RANDOM, T0), srli(T0, RANDOM, 17));
  text.put(xor(RANDOM, RANDOM, T0), slli(T0, RANDOM, 5), xor(RANDOM, RANDOM, T0));
  text.put(srli(T2, RANDOM, 8), and(T2, T2, MASK), srli(A0, RANDOM, 29));
  locate(text);
  DRAWN.forEach((name, number) => {
    text.put(addi(T3, 0, number), beq(A0, T3, 8));
    text.to(`not ${number}`, (offset) => asm.jal(0, offset));
    text.to(name, (offset) => asm.jal(RA, offset));
    text.to("acted", (offset) => asm.jal(0, offset));
    text.here(`not ${number}`);
  });
  text.here("acted");
  text.put(addi(LEFT, LEFT, -1), beq(LEFT, 0, 8));
  text.to("act", (offset) => asm.jal(0, offset));
  // All pages, from the last on.
  text.put(or(T2, MASK, 0));
  text.here("add");
  locate(text);
  text.to("read", (offset) => asm.jal(RA, offset));
  text.put(mul(T3, T3, T1), sub(SUM, SUM, T3), srli(T1, T1, 1), addi(T2, T1, -1));
  text.to("add", (offset) => bne(T1, 0, offset));
  wrongIfNot(text, SUM, 0);
  text.put(addi(A0, 0, 0), addi(A7, 0, EXIT), asm.ECALL);
  for (const [name, at, put] of ROUTINES) {
    text.at = at;
    text.here(name);
    put(text);
    text.put(asm.jalr(0, RA, 0));
  }
  return text.finish();
}

export const PAGER_TEXT = assemble();

/** The program as an ELF file. */
export function pagerElf(filled: number, pages: number): Uint8Array {
  const file = new Uint8Array((1 + CODE_PAGES + filled) * PAGE_SIZE);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const half = (at: number, value: number) => view.setUint16(at, value, true);
  const words = (at: number, values: readonly number[]) =>
    values.forEach((value, index) => {
      view.setUint32(at + 4 * index, value, true);
    });
  half(16, 2);
  half(18, 243);
  words(20, [1, CODE, 52]);
  half(40, 52);
  half(42, 32);
  half(44, 2);
  const [code, data] = [CODE_PAGES * PAGE_SIZE, filled * PAGE_SIZE];
  words(52, [1, PAGE_SIZE, CODE, CODE, code, code, 5, PAGE_SIZE]);
  words(84, [1, PAGE_SIZE + code, PAGES, PAGES, data, (pages + 1) * PAGE_SIZE, 6, PAGE_SIZE]);
  file.set(PAGER_TEXT, PAGE_SIZE);
  new Uint32Array(file.buffer, PAGE_SIZE + code, data / 4).fill(FILLER);
  return file;
}

export interface Pager {
  /** How many pages it draws from, a power of two; it has one more, beyond them. */
  readonly pages: number;
  /** How many of all are its file's. */
  readonly filled: number;
  readonly seed: number;
  /** How often it acts. */
  readonly times: number;
  /** Whether it has the shared page. */
  readonly shares: boolean;
}

/** How often it adds to the shared page in its life. */
export function addsOf({ seed, times, shares }: Pager): number {
  let adds = 0;
  let random = seed | 1;
  for (let left = shares ? times : 0; left > 0; left--) {
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    if (DRAWN[random >>> 29] === "share") adds++;
  }
  return adds;
}

/** The registers that it begins with, by number; it begins at CODE. */
export function registersOf({ pages, filled, seed, times, shares }: Pager): Record<number, number> {
  const drawn = Math.min(filled, pages);
  return {
    // As many words of FILLER, each times its weight: 1, 3, 5, …
    [SUM]: Math.imul(FILLER, drawn * drawn),
    [RANDOM]: seed | 1,
    [LEFT]: times,
    [BASE]: PAGES,
    [MASK]: pages - 1,
    [OFFSET]: ((seed * 52) % (PAGE_SIZE / 2)) & ~3,
    [SHARED]: shares ? SHARED_AT : 0,
    [FILE_END]: PAGES + filled * PAGE_SIZE,
    [HALF]: PAGE_SIZE / 2,
  };
}

// What core residence has in memory, as the checker reads it (assembly/residence-layout.ts): by index, once it is
// known to lie where it must.

import { CONTROL_RESIDENCE, PAGE_SIZE } from "../../assembly/layout.js";
import { PROCESSOR_TIME } from "../../assembly/processor-layout.js";
import {
  ACCOUNT_SIZE,
  LEAST_CORE,
  MAX_CORE_PAGES,
  PAGE_ENTRY_SIZE,
  PAGE_FRAME,
  RESIDENCE_ACCOUNTS,
  RESIDENCE_BYTES,
  RESIDENCE_CORE,
  RESIDENCE_DRUM,
  RESIDENCE_FRAMES,
  RESIDENCE_MAP,
  RESIDENCE_OWNERS,
  RESIDENCE_PAGES,
} from "../../assembly/residence-layout.js";
import type { Store } from "./store.js";

const OWNER_SIZE = 4;

export class CoreStore {
  readonly store: Store;
  readonly base: number;
  /** Core frames; pages, page 0 included, which is none. */
  readonly frames: number;
  readonly pages: number;
  /** Where it ends. */
  readonly end: number;
  /** The latest clock. */
  readonly now: bigint;
  readonly #accounts: number;
  readonly #map: number;
  readonly #owners: number;
  readonly #core: number;
  readonly #drum: number;

  private constructor(store: Store) {
    this.store = store;
    this.base = store.control(CONTROL_RESIDENCE);
    this.frames = this.u32(RESIDENCE_FRAMES);
    this.pages = this.u32(RESIDENCE_PAGES);
    this.#accounts = this.base + RESIDENCE_BYTES;
    this.#map = this.#accounts + wholeFrames(store.nodes * ACCOUNT_SIZE);
    this.#owners = this.#map + wholeFrames(this.pages * PAGE_ENTRY_SIZE);
    this.#core = this.#owners + wholeFrames(this.frames * OWNER_SIZE);
    this.#drum = this.#core + this.frames * PAGE_SIZE;
    this.end = this.#drum + this.pages * PAGE_SIZE;
    const clocks = [0, ...store.runners].map((index) => store.processor64(index, PROCESSOR_TIME));
    this.now = clocks.reduce((latest, time) => (time > latest ? time : latest));
  }

  /** What there is, or undefined: nobody opened it, or it lies where nothing can be found. */
  static open(store: Store): CoreStore | undefined {
    const { findings } = store;
    const base = store.control(CONTROL_RESIDENCE);
    if (base === 0) return undefined;
    const frames = store.frameBase + store.frames * PAGE_SIZE;
    if (base < store.frameBase || base % PAGE_SIZE !== 0 || base + RESIDENCE_BYTES > frames) {
      findings.add("residence", "control block, residence", `address ${base}`, "a frame");
      return undefined;
    }
    const core = new CoreStore(store);
    return core.#isSound(frames) ? core : undefined;
  }

  #isSound(most: number): boolean {
    const { frames, pages, end } = this;
    const at = (what: string, offset: number, address: number) =>
      [what, this.u32(offset), this.u32(offset) === address, `${address}`] as const;
    const isCore = frames >= LEAST_CORE && frames <= MAX_CORE_PAGES;
    const arePages = pages >= 2 && pages <= MAX_CORE_PAGES + 1;
    const expected: (readonly [what: string, found: number, isRight: boolean, text: string])[] = [
      ["core frames", frames, isCore, `${LEAST_CORE} to ${MAX_CORE_PAGES}`],
      ["pages", pages, arePages, `2 to ${MAX_CORE_PAGES + 1}`],
      at("accounts", RESIDENCE_ACCOUNTS, this.#accounts),
      at("core map", RESIDENCE_MAP, this.#map),
      at("owners", RESIDENCE_OWNERS, this.#owners),
      at("core", RESIDENCE_CORE, this.#core),
      at("drum", RESIDENCE_DRUM, this.#drum),
      ["end", end, end <= most, `at most ${most}`],
    ];
    const wrong = expected.filter(([, , isRight]) => !isRight);
    for (const [what, found, , text] of wrong) {
      this.store.findings.add("residence", what, found, text);
    }
    return wrong.length === 0;
  }

  u32(offset: number): number {
    return this.store.u32(this.base + offset);
  }

  u64(offset: number): bigint {
    return this.store.u64(this.base + offset);
  }

  /** A field of a page's entry in the core map. */
  page(number: number, offset: number): number {
    return this.store.u32(this.#map + number * PAGE_ENTRY_SIZE + offset);
  }

  page64(number: number, offset: number): bigint {
    return this.store.u64(this.#map + number * PAGE_ENTRY_SIZE + offset);
  }

  page8(number: number, offset: number): number {
    return this.store.u8(this.#map + number * PAGE_ENTRY_SIZE + offset);
  }

  /** A field of a node's entry in the AMT. */
  account(node: number, offset: number): bigint {
    return this.store.u64(this.#accounts + node * ACCOUNT_SIZE + offset);
  }

  /** Whether nothing was ever charged to a node's account; most are empty, and a bigint takes its time. */
  isEmpty(node: number): boolean {
    const words = this.store.words(this.#accounts + node * ACCOUNT_SIZE, ACCOUNT_SIZE / 4);
    return words.every((word) => word === 0);
  }

  /** What is noted of a core frame: its page, or the next free one. */
  owner(frame: number): number {
    return this.store.u32(this.#owners + frame * OWNER_SIZE);
  }

  /** The number of the core frame that a page says it has; -1: none, -2: what is no core frame. */
  frameOf(page: number): number {
    const address = this.page(page, PAGE_FRAME);
    if (address === 0) return -1;
    const frame = (address - this.#core) / PAGE_SIZE;
    return Number.isInteger(frame) && frame >= 0 && frame < this.frames ? frame : -2;
  }

  /** Whether a core frame is as the drum slot of a page, or, with none, all zeros. */
  isAlike(frame: number, page: number | undefined): boolean {
    const here = this.store.words(this.#core + frame * PAGE_SIZE, PAGE_SIZE / 4);
    if (page === undefined) return here.every((word) => word === 0);
    const there = this.store.words(this.#drum + page * PAGE_SIZE, PAGE_SIZE / 4);
    return here.every((word, i) => word === there[i]);
  }
}

function wholeFrames(bytes: number): number {
  return Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;
}

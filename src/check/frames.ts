// Frames of target memory: who has which (assembly/frame.ts, assembly/riscv/machine.ts and image.ts).

import { TRAP_LOST } from "../../assembly/codes.js";
import {
  BURSTS_SIZE,
  CONTROL_FRAME_HINT,
  CONTROL_FRAMES_USED,
  CONTROL_RESIDENCE,
  KEY_LOW,
  NODE_CALLS,
  NODE_CONSUMED,
  NODE_RECORD,
  PAGE_SIZE,
  POLL,
  PREPCODE_DOMAIN,
  PREPCODE_JOIN,
  PREPCODE_PAGE,
  PROGRAM_BURSTS,
  PROGRAM_RISCV,
  RECORD_CONSUMED,
  RECORD_DOMAIN,
  RECORD_PROGRAM,
  RECORD_PROGRAM_KIND,
  RECORD_STATE,
  STATE_ENDED,
} from "../../assembly/layout.js";
import {
  PROCESSOR_HAND,
  PROCESSOR_STATISTICS,
  STATISTIC_KERNEL_WORK,
} from "../../assembly/processor-layout.js";
import {
  IMAGE_FRAMES,
  IMAGE_LOCK,
  IMAGE_MACHINES,
  IMAGE_POOL,
  IMAGE_POOL_FRAMES,
  MACHINE_COUNTS,
  MACHINE_CYCLES,
  MACHINE_IMAGE,
  MACHINE_PAGES,
  MACHINE_TABLE,
  MARK_CODE,
  MARK_EXEC,
  MARK_FOREIGN,
  MARK_PRESENT,
  MAX_PAGES,
} from "../../assembly/riscv/layout.js";
import { TIMER_READ_CYCLES } from "../../assembly/time-layout.js";
import { checkBursts } from "./bursts.js";
import type { CoreStore } from "./core-store.js";
import type { Store } from "./store.js";
import type { TimeStore } from "./time-store.js";
import { Words } from "./words.js";

const FRAMES_PER_BITMAP_FRAME = PAGE_SIZE * 8;
const TRAP_SLOT = 5;
const MARKS = PAGE_SIZE - 1;
/** Owners that are no nodes. */
const BITMAP = 2 ** 32 - 1;
const BURSTS = 2 ** 32 - 2;
const TIME = 2 ** 32 - 3;
const CORE = 2 ** 32 - 4;

/** Frames by their number: which are taken, and whose each is: a domain's, by its node, mostly. */
class Frames {
  readonly store: Store;
  readonly time: TimeStore | undefined;
  /** What page-table words lead to where they hold no frames. */
  readonly words: Words | undefined;
  /** Machines by the image that they run. */
  readonly images = new Map<number, number>();
  readonly objects: Objects = new Map();
  readonly #owners: Uint32Array;

  constructor(store: Store, time: TimeStore | undefined, words: Words | undefined) {
    this.store = store;
    this.time = time;
    this.words = words;
    this.#owners = new Uint32Array(store.frames);
  }

  isTaken(frame: number): boolean {
    return ((this.store.u8(this.store.frameBase + (frame >> 3)) >> (frame & 7)) & 1) !== 0;
  }

  /** The number of the frame at an address, or -1. */
  at(address: number): number {
    const frame = (address - this.store.frameBase) / PAGE_SIZE;
    return Number.isInteger(frame) && frame >= 0 && frame < this.store.frames ? frame : -1;
  }

  /** Notes frames in a row as an owner's; false, and a finding, where they can't be. */
  own(address: number, count: number, owner: number, what: string): boolean {
    const { findings } = this.store;
    const first = this.at(address);
    const where = `${ownerName(owner)}, ${what}`;
    if (first < 0 || first + count > this.store.frames) {
      findings.add("frames", where, `${count} at ${address}`, "frames of this kernel");
      return false;
    }
    for (let frame = first; frame < first + count; frame++) {
      if (!this.isTaken(frame))
        findings.add("frames", where, `frame ${frame}, free`, "a taken one");
      const other = this.#owners[frame]!;
      const isShared = other === BURSTS && owner === BURSTS;
      if (other !== 0 && !isShared) {
        const found = `frame ${frame} of ${ownerName(other)}`;
        findings.add("frames", where, found, "a frame owned once");
        return false;
      }
      this.#owners[frame] = owner;
    }
    return true;
  }
}

function ownerName(owner: number): string {
  if (owner === BITMAP) return "bitmap";
  if (owner === TIME) return "time";
  if (owner === CORE) return "residence";
  return owner === BURSTS ? "bursts" : `node ${owner}`;
}

/** Pages that objects have, and what page tables lead to, with core residence; all machines' or not. */
export interface Mapped {
  readonly words: Words;
  readonly objects: ReadonlySet<number>;
  readonly isWhole: boolean;
}

export function checkFrames(
  store: Store,
  time: TimeStore | undefined,
  core: CoreStore | undefined,
): Mapped | undefined {
  const { findings } = store;
  const words = core && new Words(core);
  const frames = new Frames(store, time, words);
  let taken = 0;
  for (let frame = 0; frame < store.frames; frame++) if (frames.isTaken(frame)) taken++;
  const used = store.control(CONTROL_FRAMES_USED);
  if (used !== taken) findings.add("frames used", "control block", used, `${taken}, as the bitmap`);
  const own = Math.ceil(store.frames / FRAMES_PER_BITMAP_FRAME);
  if (own > 0) frames.own(store.frameBase, own, BITMAP, "its frames");
  if (time) frames.own(time.base, (time.end - time.base) / PAGE_SIZE, TIME, "what it knows");
  if (core) frames.own(core.base, (core.end - core.base) / PAGE_SIZE, CORE, "its frames");
  checkHands(store);
  // Several processors take frames and give them back at once, and may leave the hint too high.
  const hint = store.isShared ? 0 : store.control(CONTROL_FRAME_HINT);
  for (let frame = 0; frame < Math.min(hint, store.frames); frame++) {
    if (frames.isTaken(frame)) continue;
    findings.add("frame hint", "control block", hint, `at most ${frame}, which is free`);
    break;
  }
  noteObjects(frames);
  for (let index = 1; index < store.nodes; index++) checkProgram(frames, index);
  const isWhole = !hasEnded(store);
  checkMappings(frames, isWhole);
  for (const [image, users] of frames.images) {
    const found = store.u32(image + IMAGE_MACHINES);
    // A machine that no domain has yet counts, too.
    if (found < users)
      findings.add("image", `image at ${image}, machines`, found, `${users} or more`);
  }
  return words && { words, objects: new Set(frames.objects.keys()), isWhole };
}

/** Of what a processor has taken, all is somebody's now; the host, which can't die alone, may not say. */
function checkHands(store: Store): void {
  if (!store.isShared) return;
  for (const index of store.runners) {
    const count = store.processor(index, PROCESSOR_HAND + 4);
    if (count !== 0) store.findings.add("hand", `processor ${index}`, `${count} frames`, "none");
  }
}

/** A page object, by its frame, or the page's number: whose it is, and in how many page tables it was met. */
type Objects = Map<number, { readonly index: number; met: number }>;

/** Pages and joins have a frame each; with core residence pages have none. */
function noteObjects(frames: Frames): void {
  const { store, objects } = frames;
  const isPaged = store.control(CONTROL_RESIDENCE) !== 0;
  for (let index = 1; index < store.nodes; index++) {
    if (!store.isAllocated(index)) continue;
    const prepcode = store.prepcode(index);
    if (prepcode !== PREPCODE_PAGE && prepcode !== PREPCODE_JOIN) continue;
    const frame = store.u32(store.node(index) + NODE_RECORD);
    const isPage = prepcode === PREPCODE_PAGE;
    if (isPage && isPaged) notePage(frames, index, frame);
    else if (frames.own(frame, 1, index, isPage ? "its page" : "its message") && isPage) {
      objects.set(frame, { index, met: 0 });
    }
  }
}

/** No two objects have one page. */
function notePage({ store, objects }: Frames, index: number, page: number): void {
  const other = objects.get(page);
  if (other === undefined) objects.set(page, { index, met: 0 });
  else
    store.findings.add("page", `node ${index}, page ${page}`, `node ${other.index}'s`, "its own");
}

/** A page counts the page tables that it is in; that of a domain that ended may be gone or not. */
function checkMappings({ store, objects }: Frames, isWhole: boolean): void {
  for (const { index, met } of objects.values()) {
    const found = store.u32(store.node(index) + NODE_CALLS);
    const isLess = found < met;
    if (isLess || (found > met && isWhole)) {
      store.findings.add("page", `node ${index}, mappings`, found, met);
    }
  }
}

/** Whether some domain's machine is not looked at. */
function hasEnded(store: Store): boolean {
  for (let index = 1; index < store.nodes; index++) {
    if (!store.isAllocated(index) || store.prepcode(index) !== PREPCODE_DOMAIN) continue;
    const record = store.u32(store.node(index) + NODE_RECORD);
    const isRecord = store.recordAt(record) !== 0;
    if (isRecord && store.u8(record + RECORD_STATE) === STATE_ENDED) return true;
  }
  return false;
}

/** A word of a page table that leads to a page object's frame. */
function checkForeign({ store, objects }: Frames, name: string, word: number): void {
  const { findings } = store;
  const known = objects.get(word - (word & MARKS));
  if (known) known.met++;
  else findings.add("page", name, `address ${word - (word & MARKS)}`, "the frame of a page object");
  const wrong = word & (MARK_EXEC | MARK_CODE);
  if (wrong !== 0) findings.add("page", `${name}, marks`, word & MARKS, "nothing to execute");
}

/** A word that maps something; with core residence, a page of the core map. */
function checkWord(frames: Frames, index: number, page: number, word: number): void {
  const { store, words, objects } = frames;
  const name = `node ${index}, page ${page}`;
  if (page === 0) store.findings.add("page table", name, "mapped", "never mapped");
  if (words) {
    const met = words.meet(name, word, (number) => objects.has(number));
    const object = (word & MARK_FOREIGN) !== 0 ? objects.get(met) : undefined;
    if (object) object.met++;
  } else if (store.control(CONTROL_RESIDENCE) !== 0) {
    // Core residence is where nothing can be found.
  } else if ((word & MARK_FOREIGN) !== 0) checkForeign(frames, name, word);
  else frames.own(word - (word & MARKS), 1, index, `page ${page}`);
}

function checkProgram(frames: Frames, index: number): void {
  const { store } = frames;
  if (!store.isAllocated(index) || store.prepcode(index) !== PREPCODE_DOMAIN) return;
  const record = store.recordAt(store.u32(store.node(index) + NODE_RECORD));
  if (record === 0 || store.recordKind(record) !== RECORD_DOMAIN) return;
  const hot = store.record(record);
  // The host has freed, or is about to free, the machine of a domain that ended.
  if (store.u8(hot + RECORD_STATE) === STATE_ENDED) return;
  const program = store.u32(hot + RECORD_PROGRAM);
  const kind = store.u8(hot + RECORD_PROGRAM_KIND);
  if (kind === PROGRAM_BURSTS) checkDescription(frames, index, hot, program);
  if (kind === PROGRAM_RISCV) checkMachine(frames, index, program);
}

/** The description of bursts is in a frame that holds nothing else. */
function checkDescription(frames: Frames, index: number, record: number, program: number): void {
  const { store } = frames;
  const name = `node ${index}`;
  if (program % BURSTS_SIZE !== 0) {
    store.findings.add("program", name, `bursts at ${program}`, "32 bytes in a row");
  } else if (frames.own(program - (program % PAGE_SIZE), 1, BURSTS, `description for ${name}`)) {
    checkBursts(store, index, record, program);
  }
}

/** A machine: its own frames, those of its page table, and those of the image that it runs. */
function checkMachine(frames: Frames, index: number, machine: number): void {
  const { store, images } = frames;
  const { findings } = store;
  const name = `node ${index}`;
  if (frames.at(machine) < 0) {
    findings.add("machine", name, `address ${machine}`, "a frame");
    return;
  }
  const pages = store.u32(machine + MACHINE_PAGES);
  if (pages < 1 || pages > MAX_PAGES) {
    findings.add("machine", `${name}, pages`, pages, `1 to ${MAX_PAGES}`);
    return;
  }
  const counts = store.u32(machine + MACHINE_COUNTS);
  const end = MACHINE_TABLE + 4 * pages;
  if (counts !== 0 && counts !== machine + end) {
    findings.add("machine", `${name}, counts`, counts, `none, or ${machine + end}`);
  }
  const size = Math.ceil((end + (counts === 0 ? 0 : 4 * pages)) / PAGE_SIZE);
  if (!frames.own(machine, size, index, "machine")) return;
  for (let page = 0; page < pages; page++) {
    const word = store.u32(machine + MACHINE_TABLE + 4 * page);
    if ((word & MARK_PRESENT) !== 0) checkWord(frames, index, page, word);
  }
  checkCycles(frames, index, machine);
  const image = store.u32(machine + MACHINE_IMAGE);
  if (image === 0) return;
  const users = images.get(image) ?? 0;
  if (users > 0 || checkImage(frames, index, image)) images.set(image, users + 1);
}

function checkImage(frames: Frames, index: number, image: number): boolean {
  const { store } = frames;
  if (frames.at(image) < 0) {
    store.findings.add("image", `node ${index}`, `address ${image}`, "a frame");
    return false;
  }
  if (!frames.own(image, store.u32(image + IMAGE_FRAMES), index, "image")) return false;
  const lock = store.u32(image + IMAGE_LOCK);
  if (lock !== 0) store.findings.add("image", `node ${index}, lock`, lock, "0: nobody decodes");
  let count = 0;
  for (let at = store.u32(image + IMAGE_POOL); at !== 0; at = store.u32(at)) {
    if (!frames.own(at, 1, index, "decoded code")) return true;
    count++;
  }
  const found = store.u32(image + IMAGE_POOL_FRAMES);
  if (found !== count)
    store.findings.add("image", `node ${index}, frames of the pool`, found, count);
  return true;
}

/**
 * What a domain consumed, or where a clock bills: what processors spent for it, is what its machine ran, but
 * for kernel work and readings that fell to it. Whose processor died before it had billed the run did not pay
 * for that one.
 */
function checkCycles({ store, time }: Frames, index: number, machine: number): void {
  const node = store.node(index);
  const record = store.u32(node + NODE_RECORD);
  const consumed = time
    ? time.ranOf(index, record)
    : store.u64(node + NODE_CONSUMED) + store.u64(record + RECORD_CONSUMED);
  const ran = store.u64(machine + MACHINE_CYCLES);
  const readings = time ? time.sum(TIMER_READ_CYCLES) : 0n;
  const work = store.total64(PROCESSOR_STATISTICS + 8 * STATISTIC_KERNEL_WORK) + readings;
  const trap = store.u32(store.slot(index, TRAP_SLOT) + KEY_LOW);
  const unpaid = trap === TRAP_LOST ? BigInt(POLL) : 0n;
  if (consumed + unpaid >= ran && consumed <= ran + work) return;
  const expected = `${ran}, as its machine${work === 0n ? "" : `, and up to ${work} more`}`;
  store.findings.add("cycles", `node ${index}, ${time ? "ran" : "consumed"}`, consumed, expected);
}

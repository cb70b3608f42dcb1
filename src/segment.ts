// Segments: nodes whose slots hold pages and segments, and so describe a range of an address space.

import { OK } from "../assembly/codes.js";
import { MAX_SEGMENT_LEVEL, SLOTS } from "../assembly/layout.js";
import type { Core } from "./core.js";
import { OptionError, PrimemeterError } from "./errors.js";
import { allocationOf, indexOf, type NodeId } from "./id.js";
import { type Key, ZERO_KEY } from "./key.js";
import type { Place } from "./mappings.js";
import { checkNames, nameOf, show, whole } from "./options.js";
import type { Page } from "./page.js";
import { liveTree, Tree } from "./tree.js";

export interface SegmentOptions {
  name?: string;
  /** What its slots hold, by slot, 0 to 15; the others are empty. */
  slots?: Readonly<Record<number, Page | Segment | null>>;
  /** 1 to 5; without it, one more than the highest level in `slots`, a page's being 0. */
  level?: number;
}

/**
 * A handle of a segment. One of level n covers 16^n pages, each of its sixteen slots 16^(n − 1) of them; what is in a
 * slot begins there: a page, or a segment of a lower level, which may be smaller than the slot. Every member but `id`, `name`,
 * `level` and `size` throws RescindedError once it is rescinded.
 */
export class Segment extends Tree {
  readonly level: number;
  readonly #slots: (Page | Segment | null)[] = Array.from({ length: SLOTS }, () => null);

  /** @internal */
  constructor(core: Core, id: NodeId, name: string, level: number) {
    super(core, id, name, `segment ${name}`);
    this.level = level;
  }

  /** How many pages it covers: 16 to the power of its level. */
  get size(): number {
    return SLOTS ** this.level;
  }

  /** Lets its holder fetch the keys in its slots, by the orders 0 to 15. */
  get key(): Key {
    this.mustBeLive();
    return { kind: "segment", id: this.id, databyte: 0 };
  }

  /** What a slot, 0 to 15, holds; null for nothing, and for what was rescinded. @throws {OptionError} */
  get(slot: number): Page | Segment | null {
    this.mustBeLive();
    return this.#slots[slotOf("get", slot)]!;
  }

  /**
   * Puts a page or a segment into a slot, 0 to 15, or empties it. Wherever the segment is mapped, what was there is gone from
   * now on, and what is there now is mapped with the same right to write.
   *
   * @throws {OptionError} for a segment of its own level or a higher one, as any that contains this one is; and where
   * something is in the way in an address space. @throws {RescindedError} Then nothing has changed.
   */
  set(slot: number, content: Page | Segment | null): void {
    this.mustBeLive();
    slotOf("set", slot);
    const what = `set: slot ${slot}`;
    if (content !== null) checkContent(this.core, what, content, this);
    this.core.still(() => this.#put(slot, content, what));
    this.core.acted();
  }

  /** Offsets, in pages, at which it has something. @internal */
  placesOf(id: NodeId): number[] {
    return this.#slots.flatMap((content, slot) => (content?.id === id ? [this.#offset(slot)] : []));
  }

  /** What is about to be rescinded is in no slot any more. @internal */
  forget(id: NodeId): void {
    this.#slots.forEach((content, slot) => {
      if (content?.id === id) this.#store(slot, null);
    });
  }

  /** Nothing is in it any more; nobody has it mapped. @internal */
  empty(): void {
    this.#slots.forEach((content, slot) => {
      if (content) this.#store(slot, null);
    });
  }

  /** Whether a segment is this one, or in it at some depth. @internal */
  contains(segment: Segment): boolean {
    if (segment === this) return true;
    // What it contains is of a lower level.
    if (segment.level >= this.level) return false;
    const inner = new Set(this.#slots.filter((content) => content instanceof Segment));
    return [...inner].some((content) => content.contains(segment));
  }

  #put(slot: number, content: Page | Segment | null, what: string): void {
    const before = this.#slots[slot]!;
    if (content === before) return;
    const places = this.#placesOfSlot(slot);
    if (before) for (const { machine, at } of places) machine.hide(before.id, at);
    const shown: Place[] = [];
    try {
      for (const place of content ? places : []) {
        const { machine, at, write } = place;
        machine.show(content!.id, at, write, `${what}: in domain ${machine.name}`);
        shown.push(place);
      }
    } catch (error) {
      for (const { machine, at } of shown) machine.hide(content!.id, at);
      if (before)
        for (const { machine, at, write } of places) machine.show(before.id, at, write, what);
      throw error;
    }
    this.#store(slot, content);
  }

  /** Wherever a slot is in an address space. */
  #placesOfSlot(slot: number): Place[] {
    const places = [...this.core.mappings.places(this.id)];
    return places.map((place) => ({ ...place, at: place.at + this.#offset(slot) }));
  }

  #offset(slot: number): number {
    return slot * SLOTS ** (this.level - 1);
  }

  #store(slot: number, content: Page | Segment | null): void {
    const { exports, mappings, view } = this.core;
    view.setArgument(content?.key ?? ZERO_KEY);
    const status = exports.segmentPut(indexOf(this.id), allocationOf(this.id), slot);
    if (status !== OK) throw new PrimemeterError("STATUS", `segmentPut: status ${status}`);
    const before = this.#slots[slot]!;
    this.#slots[slot] = content;
    if (before && !this.#slots.some((other) => other?.id === before.id)) {
      mappings.letGo(before.id, this);
    }
    if (content) mappings.hold(content.id, this);
  }
}

/** As `kernel.createSegment`. @internal */
export function createSegment(core: Core, options: SegmentOptions): Segment {
  checkNames("createSegment", options, ["name", "slots", "level"]);
  const { slots = {}, level: given } = options;
  const name = nameOf(options.name);
  if (typeof slots !== "object" || slots === null) {
    throw new OptionError(`slots: found ${show(slots)}, expected an object of pages by slot`);
  }
  const contents = Object.entries(slots).map(([name, content]) => {
    const slot = Number(name);
    if (String(slot) !== name || !(slot >= 0 && slot < SLOTS)) {
      throw new OptionError(`slots: no slot ${show(name)}, expected 0 to ${SLOTS - 1}`);
    }
    if (content !== null) checkContent(core, `slots[${slot}]`, content);
    return { slot, content };
  });
  const least = 1 + Math.max(0, ...contents.map(({ content }) => content?.level ?? 0));
  if (given !== undefined) whole("level", given, 1, MAX_SEGMENT_LEVEL);
  if (least > MAX_SEGMENT_LEVEL) {
    const most = MAX_SEGMENT_LEVEL - 1;
    throw new OptionError(
      `slots: found a segment of level ${least - 1}, expected at most ${most}: a tree has ${MAX_SEGMENT_LEVEL} levels`,
    );
  }
  const level = given ?? least;
  if (level < least) {
    throw new OptionError(`level: found ${level}, expected at least ${least} for what is in slots`);
  }
  return core.still(() => {
    const id = core.made(() => core.exports.segmentCreate(level), "createSegment");
    const segment = new Segment(core, id, name ?? `segment-${indexOf(id)}`, level);
    core.mappings.enter(segment);
    for (const { slot, content } of contents) if (content) segment.set(slot, content);
    return segment;
  });
}

function slotOf(what: string, slot: number): number {
  return whole(`${what}: slot`, slot, 0, SLOTS - 1);
}

/** What a slot is to hold; `segment` is whose slot that is. */
function checkContent(core: Core, what: string, content: Page | Segment, segment?: Segment): void {
  liveTree(core, what, content);
  if (!segment || content.level < segment.level) return;
  const found = `${what}: found segment ${content.name}`;
  if (content instanceof Segment && content.contains(segment)) {
    const loop = content === segment ? "the segment itself" : `which contains ${segment.name}`;
    throw new OptionError(`${found}, ${loop}, expected one without: it would be a loop`);
  }
  const expected = segment.level === 1 ? "a page" : `level ${segment.level - 1} at most`;
  throw new OptionError(
    `${found} of level ${content.level}, expected ${expected} in ${segment.name}, which is of level ${segment.level}`,
  );
}

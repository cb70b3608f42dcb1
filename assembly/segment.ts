// Segments: page tables as nodes. A segment of level n covers 16^n pages, each slot 16^(n-1) of them: it
// holds a key to a page or a segment, which begins there, or another, and then nothing is there.
//
// Segment invariant: a segment in a slot is of a lower level. So no tree leads back to itself, and none is
// deeper than MAX_SEGMENT_LEVEL. A key in a slot that has become void is an empty slot.
//
// Only the host changes slots, and takes what is there out of all address spaces first: words of page tables
// are counted at their pages, and a page that is mapped is not freed.

import {
  ANSWER_INVALID_ORDER,
  ANSWER_SEGMENT,
  OK,
  ORDER_KT,
  STATUS_NO_NODES,
  STATUS_RANGE,
  STATUS_RESCINDED,
  STATUS_VOID,
} from "./codes";
import { control } from "./control";
import { register } from "./invoke";
import { Key } from "./key";
import {
  KIND_DATA,
  KIND_PAGE,
  KIND_SEGMENT,
  MAX_SEGMENT_LEVEL,
  PREPCODE_NONE,
  PREPCODE_PAGE,
  PREPCODE_SEGMENT,
  REGISTER_ARGUMENT,
  SLOTS,
} from "./layout";
import { Node } from "./node";
import { MARK_READ, MARK_WRITE } from "./riscv/layout";
import { Machine } from "./riscv/machine";
import { isForeign, mapForeign, mayMapForeign, unmapForeign } from "./riscv/mapping";
import { memoryRefresh } from "./riscv/memory";

/** Makes a segment of empty slots; answers its node's index, or 0 with CONTROL_CODE. */
export function segmentCreate(level: u32): u32 {
  const isLevel = level >= 1 && level <= <u32>MAX_SEGMENT_LEVEL;
  const node = isLevel ? Node.allocate() : null;
  if (!node) {
    control.code = isLevel ? STATUS_NO_NODES : STATUS_RANGE;
    return 0;
  }
  control.code = OK;
  node.partner = level;
  node.prepcode = <u8>PREPCODE_SEGMENT;
  return node.index;
}

export function segmentFree(node: Node): void {
  node.partner = 0;
  node.prepcode = <u8>PREPCODE_NONE;
}

/**
 * Puts the key in REGISTER_ARGUMENT, to a page or a segment of a lower level, or DK(0), into a slot that no
 * address space shows anything of. STATUS_VOID: it names what was rescinded.
 */
export function segmentPut(index: u32, allocation: u32, slot: u32): i32 {
  const node = Key.find(index, allocation);
  if (!node) return STATUS_RESCINDED;
  const key = register(REGISTER_ARGUMENT);
  if (node.prepcode != PREPCODE_SEGMENT || slot >= <u32>SLOTS) return STATUS_RANGE;
  if (key.kind == KIND_DATA) {
    if ((key.low | key.high) != 0) return STATUS_RANGE;
  } else {
    if (key.kind != KIND_PAGE && key.kind != KIND_SEGMENT) return STATUS_RANGE;
    const content = Key.find(key.subject, key.allocation);
    if (!content) return STATUS_VOID;
    const isTree = key.kind == KIND_PAGE ? isPage(content) : isSegment(content);
    if (!isTree || levelOf(content) >= levelOf(node)) return STATUS_RANGE;
  }
  node.put(slot, key);
  return OK;
}

/** The orders of segment keys: 0 to 15 answers the key in that slot. */
export function segmentOrder(node: Node, code: u32, result: Key): u32 {
  if (code == ORDER_KT) return ANSWER_SEGMENT;
  if (code >= <u32>SLOTS) return ANSWER_INVALID_ORDER;
  const key = node.key(code);
  if (!key.isVoid) result.copy(key);
  return OK;
}

/**
 * Maps a page at a page of the address space, or all pages of a segment from there on, where nothing is yet;
 * `marks` are of MARK_READ and _WRITE. All or none: STATUS_RANGE where one can't be, with its place in the
 * address space in CONTROL_AMOUNT; where the call itself is wrong, 0 is there.
 */
export function machineMapPage(
  address: usize,
  first: u32,
  index: u32,
  allocation: u32,
  marks: u32,
): i32 {
  const machine = changetype<Machine>(address);
  control.amount = 0;
  const root = Key.find(index, allocation);
  if (!root) return STATUS_RESCINDED;
  if (!isTree(root) || (marks & ~(MARK_READ | MARK_WRITE)) != 0) return STATUS_RANGE;
  const size = sizeOf(root);
  for (let at: u32 = 0; at < size; at += gap) {
    if (!pageAt(root, at) || (first < machine.pages && mayMapForeign(machine, first + at)))
      continue;
    control.amount = <u64>first + at;
    return STATUS_RANGE;
  }
  for (let at: u32 = 0; at < size; at += gap) {
    const page = pageAt(root, at);
    if (!page) continue;
    mapForeign(machine, first + at, page.record, marks);
    page.calls++;
  }
  memoryRefresh(machine);
  return OK;
}

/** Undoes that, if all of it is there. */
export function machineUnmapPage(address: usize, first: u32, index: u32, allocation: u32): i32 {
  const machine = changetype<Machine>(address);
  const root = Key.find(index, allocation);
  if (!root) return STATUS_RESCINDED;
  if (!isTree(root) || first >= machine.pages) return STATUS_RANGE;
  const size = sizeOf(root);
  for (let at: u32 = 0; at < size; at += gap) {
    const page = pageAt(root, at);
    if (page && !isForeign(machine, first + at, page.record)) return STATUS_RANGE;
  }
  for (let at: u32 = 0; at < size; at += gap) {
    const page = pageAt(root, at);
    if (!page) continue;
    unmapForeign(machine, first + at, page.record);
    page.calls--;
  }
  memoryRefresh(machine);
  return OK;
}

function isPage(node: Node): bool {
  return node.prepcode == PREPCODE_PAGE;
}

function isSegment(node: Node): bool {
  return node.prepcode == PREPCODE_SEGMENT;
}

/** Whether it is a tree of pages: a page is one by itself. */
function isTree(node: Node): bool {
  return isPage(node) || isSegment(node);
}

function levelOf(tree: Node): u32 {
  return isPage(tree) ? 0 : <u32>tree.partner;
}

/** How many pages of an address space it covers. */
function sizeOf(tree: Node): u32 {
  return 1 << (4 * levelOf(tree));
}

/** From the place that `pageAt` was last asked for: the next one at which there may be a page. */
let gap: u32 = 1;

/** The page at a place of a tree, or null. */
function pageAt(root: Node, place: u32): Node | null {
  let tree = root;
  while (isSegment(tree)) {
    const bits = 4 * (levelOf(tree) - 1);
    const key = tree.key((place >>> bits) & (SLOTS - 1));
    place &= (1 << bits) - 1;
    gap = (1 << bits) - place;
    // DK(0) names node 0, which is none.
    const next = Key.find(key.subject, key.allocation);
    if (!next || place >= sizeOf(next)) return null;
    tree = next;
  }
  gap = 1;
  return tree;
}

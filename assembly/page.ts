// Pages as objects: a node whose `record` is a frame, or with core residence the number of a page, which may
// be mapped in many address spaces; `calls` counts in how many places. A page that is mapped can't be rescinded.

import {
  ANSWER_INVALID_ORDER,
  ANSWER_PAGE,
  ANSWER_RANGE,
  OK,
  ORDER_KT,
  ORDER_PAGE_CLEAR,
  ORDER_PAGE_WRITE,
  STATUS_NO_FRAMES,
  STATUS_NO_NODES,
  STATUS_NO_PAGES,
} from "./codes";
import { control } from "./control";
import { corePageCreate, corePageDrop, Page } from "./core-map";
import { allocateRun, freeRun } from "./frame";
import { PAGE_SIZE, PREPCODE_NONE, PREPCODE_PAGE } from "./layout";
import { gatherInto, length, order, say } from "./message";
import { Node } from "./node";
import { stringClear } from "./riscv/string";

/** Makes a page of zeros; answers its node's index, or 0 with CONTROL_CODE. */
export function pageCreate(): u32 {
  control.code = control.residence == 0 ? STATUS_NO_FRAMES : STATUS_NO_PAGES;
  const frame = control.residence == 0 ? allocateRun(1) : <usize>corePageCreate();
  if (frame == 0) return 0;
  const node = Node.allocate();
  if (!node) {
    control.code = STATUS_NO_NODES;
    giveBack(frame);
    return 0;
  }
  control.code = OK;
  node.record = frame;
  node.prepcode = <u8>PREPCODE_PAGE;
  return node.index;
}

/** Gives back the frame of a page that is mapped nowhere. */
export function pageFree(node: Node): void {
  giveBack(node.record);
  node.record = 0;
  node.prepcode = <u8>PREPCODE_NONE;
}

function giveBack(frame: usize): void {
  if (control.residence == 0) freeRun(frame, 1);
  else corePageDrop(<u32>frame);
}

/** Where its content is now. */
function bytesOf(node: Node, isStore: bool): usize {
  return control.residence == 0 ? node.record : Page.at(<u32>node.record).bytes(isStore);
}

/** The orders of page keys: 0 to 4,095 read from there on, 4,096 more write there, 8,192 clears. */
export function pageOrder(node: Node): u32 {
  if (order == ORDER_KT) return ANSWER_PAGE;
  if (order < <u32>PAGE_SIZE) {
    say(bytesOf(node, false) + order, <u32>PAGE_SIZE - order);
    return OK;
  }
  if (order < <u32>(ORDER_PAGE_WRITE + PAGE_SIZE)) {
    const offset = order - ORDER_PAGE_WRITE;
    return length <= <u32>PAGE_SIZE - offset && gatherInto(bytesOf(node, true) + offset)
      ? OK
      : ANSWER_RANGE;
  }
  if (order != ORDER_PAGE_CLEAR) return ANSWER_INVALID_ORDER;
  stringClear(bytesOf(node, true), PAGE_SIZE);
  return OK;
}

// What the kernel does for whoever holds a key of KIND_MISC, the databyte of which says which service:
// the clock (§3.5), the returner, the maker of data keys, and DISCRIM, which tells what a key is (§3.4).

import {
  ANSWER_INVALID_ORDER,
  ANSWER_MISC,
  ANSWER_RANGE,
  CLASS_DATA,
  CLASS_MEMORY,
  CLASS_METER,
  CLASS_OTHER,
  CLASS_RESUME,
  CLASS_START,
  OK,
  ORDER_CLASS,
  ORDER_IDLE_TIME,
  ORDER_KT,
  ORDER_SAME,
  ORDER_TIME,
} from "./codes";
import { control } from "./control";
import { Key } from "./key";
import {
  KIND_DATA,
  KIND_FETCH,
  KIND_METER,
  KIND_MISC,
  KIND_NODE,
  KIND_PAGE,
  KIND_RESUME,
  KIND_SEGMENT,
  KIND_SENSE,
  KIND_START,
  MISC_CLOCK,
  MISC_DATA,
  MISC_DISCRIM,
  MISC_RETURNER,
} from "./layout";
import { gather, keyAt, length, numberAt, order, say, scratch } from "./message";
import { me, Processor } from "./processor";
import { PROCESSOR_STATISTICS, STATISTIC_IDLE } from "./processor-layout";
import { CLOCK_UNITS } from "./wait";

/** Bytes of a data key's number. */
export const DATA_BYTES: u32 = 11;

/** The order of the message under way. The returner's answer is the message itself, as it came. */
export function serviceOrder(service: i32, result: Key): u32 {
  if (order == ORDER_KT) return ANSWER_MISC;
  if (service == MISC_CLOCK) return clock();
  if (service == MISC_DISCRIM) return discern();
  return service == MISC_DATA ? makeData(result) : ANSWER_INVALID_ORDER;
}

/** The class of key 1, or whether keys 1 and 2 are the same (0). */
function discern(): u32 {
  const key = keyAt(0);
  if (order == ORDER_SAME) return Key.same(key, keyAt(1)) ? 0 : 1;
  if (order != ORDER_CLASS) return ANSWER_INVALID_ORDER;
  const kind = key.kind;
  if (kind == KIND_DATA) return CLASS_DATA;
  if (kind == KIND_RESUME) return CLASS_RESUME;
  if (kind == KIND_METER) return CLASS_METER;
  if (kind == KIND_START) return CLASS_START;
  const isNode = kind == KIND_NODE || kind == KIND_FETCH || kind == KIND_SENSE;
  const isMemory = isNode || kind == KIND_PAGE || kind == KIND_SEGMENT;
  return isMemory ? CLASS_MEMORY : CLASS_OTHER;
}

/** Whether the key's answer to the message under way is what it is sent. */
export function isReturner(key: Key): bool {
  return key.kind == KIND_MISC && key.databyte == MISC_RETURNER && order != ORDER_KT;
}

function clock(): u32 {
  if (order == ORDER_TIME) say(numberAt(me().time * CLOCK_UNITS), 8);
  else if (order == ORDER_IDLE_TIME) say(numberAt(idleTime()), 8);
  else return ANSWER_INVALID_ORDER;
  return OK;
}

/** Cycles in which processors ran nobody. */
function idleTime(): u64 {
  let sum: u64 = 0;
  for (let index: u32 = 0; index <= control.processors; index++) {
    const at = changetype<usize>(Processor.at(index)) + PROCESSOR_STATISTICS;
    sum += load<u64>(at + (STATISTIC_IDLE << 3));
  }
  return sum;
}

function makeData(result: Key): u32 {
  if (order != 0) return ANSWER_INVALID_ORDER;
  if (length > DATA_BYTES || !gather()) return ANSWER_RANGE;
  result.setBody(scratch(), length);
  return OK;
}

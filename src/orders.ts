// The orders that keys of the kernel know, by name.

import {
  ORDER_CLASS,
  ORDER_CLEAR,
  ORDER_COMPARE,
  ORDER_DATABYTE,
  ORDER_FETCH,
  ORDER_GET_KEEPER,
  ORDER_GET_KEY,
  ORDER_GET_METER,
  ORDER_GET_REGISTERS,
  ORDER_IDLE_TIME,
  ORDER_JOIN_KEY,
  ORDER_JOIN_TAKE,
  ORDER_KEEPER,
  ORDER_KT,
  ORDER_MAKE_AVAILABLE,
  ORDER_MAKE_FETCH,
  ORDER_MAKE_METER,
  ORDER_MAKE_NODE,
  ORDER_MAKE_RUNNING,
  ORDER_MAKE_SENSE,
  ORDER_MAKE_START,
  ORDER_MAKE_WAITING,
  ORDER_PAGE_CLEAR,
  ORDER_PAGE_WRITE,
  ORDER_PUT_REGISTERS,
  ORDER_SAME,
  ORDER_SET_TIME,
  ORDER_STORAGE,
  ORDER_SWAP,
  ORDER_SWAP_KEEPER,
  ORDER_SWAP_KEY,
  ORDER_SWAP_METER,
  ORDER_TIME,
  ORDER_TRAP,
  ORDER_WAIT,
  ORDER_WRITE_DATA,
} from "../assembly/codes.js";

/** What a key is invoked with; where it says "add", a slot, an offset or a trap code is added. */
export const orders = Object.freeze({
  /** "KT": what kind of key it is. */
  type: ORDER_KT,
  // Node keys.
  /** Add the slot; so with swap. */
  fetch: ORDER_FETCH,
  swap: ORDER_SWAP,
  makeFetch: ORDER_MAKE_FETCH,
  makeMeter: ORDER_MAKE_METER,
  makeNode: ORDER_MAKE_NODE,
  makeSense: ORDER_MAKE_SENSE,
  compare: ORDER_COMPARE,
  clear: ORDER_CLEAR,
  databyte: ORDER_DATABYTE,
  writeData: ORDER_WRITE_DATA,
  // Domain keys.
  getMeter: ORDER_GET_METER,
  swapMeter: ORDER_SWAP_METER,
  getKeeper: ORDER_GET_KEEPER,
  swapKeeper: ORDER_SWAP_KEEPER,
  getRegisters: ORDER_GET_REGISTERS,
  putRegisters: ORDER_PUT_REGISTERS,
  /** Add the slot; so with swapKey. */
  getKey: ORDER_GET_KEY,
  swapKey: ORDER_SWAP_KEY,
  makeStart: ORDER_MAKE_START,
  makeAvailable: ORDER_MAKE_AVAILABLE,
  makeWaiting: ORDER_MAKE_WAITING,
  makeRunning: ORDER_MAKE_RUNNING,
  // Page keys.
  /** Add the offset; so with writePage. */
  readPage: 0,
  writePage: ORDER_PAGE_WRITE,
  clearPage: ORDER_PAGE_CLEAR,
  // Joins and waits.
  joinKey: ORDER_JOIN_KEY,
  joinTake: ORDER_JOIN_TAKE,
  wait: ORDER_WAIT,
  setTime: ORDER_SET_TIME,
  // The clock, the maker of data keys, DISCRIM.
  time: ORDER_TIME,
  idleTime: ORDER_IDLE_TIME,
  makeData: 0,
  classOf: ORDER_CLASS,
  same: ORDER_SAME,
  // What keepers are called with; of domains, add the trap code.
  dry: ORDER_KEEPER,
  /** The same for want of storage. */
  dryStorage: ORDER_STORAGE,
  trapped: ORDER_TRAP,
});

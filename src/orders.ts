// The orders that keys of the kernel know, by name.

import {
  ORDER_CLEAR,
  ORDER_COMPARE,
  ORDER_DATABYTE,
  ORDER_FETCH,
  ORDER_KT,
  ORDER_MAKE_FETCH,
  ORDER_MAKE_METER,
  ORDER_MAKE_NODE,
  ORDER_MAKE_SENSE,
  ORDER_SWAP,
} from "../assembly/codes.js";

/**
 * Orders of node keys (fetch and swap: the slot is added), then those of domain keys (of getKey and swapKey,
 * too), page keys (read and write: the offset is added), joins, waits, the clock and the maker of data
 * keys. `type` is "KT", which every key knows.
 */
export const orders = Object.freeze({
  type: ORDER_KT,
  fetch: ORDER_FETCH,
  swap: ORDER_SWAP,
  makeFetch: ORDER_MAKE_FETCH,
  makeMeter: ORDER_MAKE_METER,
  makeNode: ORDER_MAKE_NODE,
  makeSense: ORDER_MAKE_SENSE,
  compare: ORDER_COMPARE,
  clear: ORDER_CLEAR,
  databyte: ORDER_DATABYTE,
  writeData: 45,
  getMeter: 1,
  getKeeper: 2,
  getRegisters: 10,
  getKey: 16,
  swapMeter: 33,
  swapKeeper: 34,
  putRegisters: 42,
  swapKey: 48,
  makeStart: 64,
  makeAvailable: 65,
  makeWaiting: 66,
  makeRunning: 67,
  readPage: 0,
  writePage: 4096,
  clearPage: 8192,
  expect: 0,
  collect: 1,
  waitUntilDue: 0,
  setDue: 1,
  time: 7,
  idleTime: 8,
  makeData: 0,
  keeper: 0xffff_ffff,
});

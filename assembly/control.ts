// The control block: what the kernel and the host tell each other, and the kernel's few variables.

import {
  CONTROL,
  CONTROL_ADDRESS,
  CONTROL_ADVANCE,
  CONTROL_AMOUNT,
  CONTROL_CODE,
  CONTROL_COSTS,
  CONTROL_DOMAIN,
  CONTROL_EVENTS,
  CONTROL_FRAME_BASE,
  CONTROL_FREE_NODE,
  CONTROL_IGNORE_DRY,
  CONTROL_NODE_BASE,
  CONTROL_PATH,
  CONTROL_QUANTUM,
  CONTROL_READY,
  CONTROL_RECORD_BASE,
  CONTROL_REGISTERS,
  CONTROL_SEQUENCE,
  CONTROL_SLICE_LEFT,
  CONTROL_SLICE_USED,
  CONTROL_STATISTICS,
  CONTROL_SUBTOTALS,
  CONTROL_TIME,
  CONTROL_WEIGHTED,
  KEY_SIZE,
  MAX_CHAIN,
  PAGE_SIZE,
  STATISTIC_COUNT,
} from "./layout";

/** Fields as in layout.ts, which says what is not plain from the name. */
@unmanaged
export class Control {
  time: u64;
  advance: u64;
  amount: u64;
  quantum: u32;
  tapered: u32;
  traced: u32;
  refillCost: u32;
  visitCost: u32;
  switchCost: u32;
  nodes: u32;
  frames: u32;
  recordBase: usize;
  sleeperBase: usize;
  nodeBase: usize;
  frameBase: usize;
  freeNode: u32;
  freeRecord: usize;
  ready: usize;
  sliceLeft: u32;
  sleepers: u32;
  sequence: u32;
  domain: u32;
  meter: u32;
  code: u32;
  address: u32;
  events: u32;
  panic: u32;
  ignoreDry: u32;
  nodesUsed: u32;
  framesUsed: u32;
  frameHint: u32;
  /** Sixteen bytes of costs, by class. */
  costs: u64;
  moreCosts: u64;
  weighted: u32;
  sliceUsed: u32;
}

if (
  offsetof<Control>("time") != CONTROL_TIME ||
  offsetof<Control>("advance") != CONTROL_ADVANCE ||
  offsetof<Control>("amount") != CONTROL_AMOUNT ||
  offsetof<Control>("quantum") != CONTROL_QUANTUM ||
  offsetof<Control>("recordBase") != CONTROL_RECORD_BASE ||
  offsetof<Control>("nodeBase") != CONTROL_NODE_BASE ||
  offsetof<Control>("frameBase") != CONTROL_FRAME_BASE ||
  offsetof<Control>("freeNode") != CONTROL_FREE_NODE ||
  offsetof<Control>("ready") != CONTROL_READY ||
  offsetof<Control>("sliceLeft") != CONTROL_SLICE_LEFT ||
  offsetof<Control>("sequence") != CONTROL_SEQUENCE ||
  offsetof<Control>("domain") != CONTROL_DOMAIN ||
  offsetof<Control>("code") != CONTROL_CODE ||
  offsetof<Control>("address") != CONTROL_ADDRESS ||
  offsetof<Control>("events") != CONTROL_EVENTS ||
  offsetof<Control>("ignoreDry") != CONTROL_IGNORE_DRY ||
  offsetof<Control>("costs") != CONTROL_COSTS ||
  offsetof<Control>("weighted") != CONTROL_WEIGHTED ||
  offsetof<Control>("sliceUsed") != CONTROL_SLICE_USED ||
  CONTROL_STATISTICS + 8 * STATISTIC_COUNT > CONTROL_REGISTERS ||
  CONTROL_REGISTERS + 8 * KEY_SIZE > CONTROL_SUBTOTALS ||
  CONTROL_SUBTOTALS + 16 * (MAX_CHAIN + 1) > CONTROL_PATH ||
  CONTROL_PATH + 4 * (MAX_CHAIN + 1) > PAGE_SIZE
) {
  ERROR("the control block is not as layout.ts says");
}

export const control = changetype<Control>(CONTROL);

/** Adds to one of the 64-bit statistics. */
export function count(statistic: i32, amount: u64 = 1): void {
  const at: usize = CONTROL + CONTROL_STATISTICS + (statistic << 3);
  store<u64>(at, load<u64>(at) + amount);
}

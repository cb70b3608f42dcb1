// The control block: what the kernel and the host tell each other, and what all processors share.

import {
  CONTROL,
  CONTROL_ADVANCE,
  CONTROL_AMOUNT,
  CONTROL_ASKED,
  CONTROL_CANARY,
  CONTROL_CODE,
  CONTROL_COSTS,
  CONTROL_EVENTS,
  CONTROL_FRAME_BASE,
  CONTROL_FRAME_HINT,
  CONTROL_FREE_NODE,
  CONTROL_FREE_RECORD,
  CONTROL_GOING,
  CONTROL_HOST_BELL,
  CONTROL_IGNORE_DRY,
  CONTROL_INVOKE_COST,
  CONTROL_LAST_WORRIED,
  CONTROL_LENGTH,
  CONTROL_LOCK,
  CONTROL_NEXT_PROCESSOR,
  CONTROL_NEXT_RECORD,
  CONTROL_NODE_BASE,
  CONTROL_PANIC,
  CONTROL_PROCESSORS,
  CONTROL_QUANTUM,
  CONTROL_RECORD_BASE,
  CONTROL_REGISTERS,
  CONTROL_RESIDENCE,
  CONTROL_RESTING,
  CONTROL_SEQUENCE,
  CONTROL_SIMULATED,
  CONTROL_SLEEPERS,
  CONTROL_TIME,
  CONTROL_TIMED,
  CONTROL_UNTIL,
  CONTROL_WEIGHTED,
  CONTROL_WORRIED,
  KEY_SIZE,
  PAGE_SIZE,
} from "./layout";

/** Fields as in layout.ts, which says what is not plain from the name. */
@unmanaged
export class Control {
  amount: u64;
  advance: u64;
  until: u64;
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
  sleepers: u32;
  sequence: u32;
  code: u32;
  events: u32;
  panic: u32;
  ignoreDry: u32;
  nodesUsed: u32;
  framesUsed: u32;
  frameHint: u32;
  weighted: u32;
  /** Sixteen bytes of costs, by class. */
  costs: u64;
  moreCosts: u64;
  processors: u32;
  going: u32;
  resting: u32;
  simulated: u32;
  canary: u32;
  nextProcessor: u32;
  nextRecord: usize;
  asked: u32;
  length: u32;
  invokeCost: u32;
  worried: usize;
  lastWorried: usize;
  timed: u32;
  time: usize;
  residence: usize;
}

if (
  offsetof<Control>("amount") != CONTROL_AMOUNT ||
  offsetof<Control>("advance") != CONTROL_ADVANCE ||
  offsetof<Control>("until") != CONTROL_UNTIL ||
  offsetof<Control>("quantum") != CONTROL_QUANTUM ||
  offsetof<Control>("recordBase") != CONTROL_RECORD_BASE ||
  offsetof<Control>("nodeBase") != CONTROL_NODE_BASE ||
  offsetof<Control>("frameBase") != CONTROL_FRAME_BASE ||
  offsetof<Control>("freeNode") != CONTROL_FREE_NODE ||
  offsetof<Control>("freeRecord") != CONTROL_FREE_RECORD ||
  offsetof<Control>("sleepers") != CONTROL_SLEEPERS ||
  offsetof<Control>("sequence") != CONTROL_SEQUENCE ||
  offsetof<Control>("code") != CONTROL_CODE ||
  offsetof<Control>("events") != CONTROL_EVENTS ||
  offsetof<Control>("panic") != CONTROL_PANIC ||
  offsetof<Control>("ignoreDry") != CONTROL_IGNORE_DRY ||
  offsetof<Control>("frameHint") != CONTROL_FRAME_HINT ||
  offsetof<Control>("weighted") != CONTROL_WEIGHTED ||
  offsetof<Control>("costs") != CONTROL_COSTS ||
  offsetof<Control>("processors") != CONTROL_PROCESSORS ||
  offsetof<Control>("going") != CONTROL_GOING ||
  offsetof<Control>("resting") != CONTROL_RESTING ||
  offsetof<Control>("simulated") != CONTROL_SIMULATED ||
  offsetof<Control>("canary") != CONTROL_CANARY ||
  offsetof<Control>("nextProcessor") != CONTROL_NEXT_PROCESSOR ||
  offsetof<Control>("nextRecord") != CONTROL_NEXT_RECORD ||
  offsetof<Control>("asked") != CONTROL_ASKED ||
  offsetof<Control>("length") != CONTROL_LENGTH ||
  offsetof<Control>("invokeCost") != CONTROL_INVOKE_COST ||
  offsetof<Control>("worried") != CONTROL_WORRIED ||
  offsetof<Control>("timed") != CONTROL_TIMED ||
  offsetof<Control>("time") != CONTROL_TIME ||
  offsetof<Control>("residence") != CONTROL_RESIDENCE ||
  offsetof<Control>("lastWorried") != CONTROL_LAST_WORRIED ||
  <i32>offsetof<Control>() > CONTROL_HOST_BELL ||
  CONTROL_HOST_BELL >= CONTROL_LOCK ||
  CONTROL_LOCK >= CONTROL_REGISTERS ||
  CONTROL_REGISTERS + 8 * KEY_SIZE > PAGE_SIZE
) {
  ERROR("the control block is not as layout.ts says");
}

export const control = changetype<Control>(CONTROL);

// The kernel as the host sees it: makes meters and domains, runs them, tells what happens.

import {
  CONTROL,
  CONTROL_ADVANCE,
  CONTROL_IGNORE_DRY,
  CONTROL_QUANTUM,
  CONTROL_REFILL_COST,
  CONTROL_SLICE_LEFT,
  CONTROL_SWITCH_COST,
  CONTROL_TAPERED,
  CONTROL_TRACED,
  CONTROL_VISIT_COST,
  NODE_SIZE,
  PAGE_SIZE,
  PRIME_INDEX,
  PROGRAM_BURSTS,
  PROGRAM_RISCV,
  RECORD_SIZE,
  REGIONS,
  SLEEPER_SIZE,
} from "../assembly/layout.js";

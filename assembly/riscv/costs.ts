import { OK, STATUS_RANGE } from "../codes";
import { CONTROL, CONTROL_COSTS, CONTROL_WEIGHTED } from "../layout";
import { CLASS_COUNT, MAX_COST } from "./layout";

/**
 * Sets what an instruction of a class costs, 1 to 255 cycles. Only before any image is decoded:
 * decoded programs hold the sums.
 */
export function costSet(kind: u32, cycles: u32): i32 {
  if (kind >= <u32>CLASS_COUNT || cycles == 0 || cycles > <u32>MAX_COST) return STATUS_RANGE;
  store<u8>(CONTROL + CONTROL_COSTS + kind, <u8>cycles);
  let weighted: u32 = 0;
  for (let other: u32 = 0; other < <u32>CLASS_COUNT; ++other) if (costOf(other) != 1) weighted = 1;
  store<u32>(CONTROL, weighted, CONTROL_WEIGHTED);
  return OK;
}

export function costOf(kind: u32): u32 {
  const cycles: u32 = load<u8>(CONTROL + CONTROL_COSTS + kind);
  return cycles == 0 ? 1 : cycles;
}

// Faults that can be planted in the build with assertions, for the simulator to find.

import { CANARY_CLAIM, CANARY_CLIMB, CANARY_REFILL } from "../../assembly/codes.js";

export const CANARIES = {
  /** A cache is taken back from a domain that runs outside, without waiting for it. */
  claim: CANARY_CLAIM,
  /** A climb passes meters that another processor has locked. */
  climb: CANARY_CLIMB,
  /** A refill does not debit the uppermost meter. */
  refill: CANARY_REFILL,
} as const;

export type CanaryName = keyof typeof CANARIES;
export const CANARY_NAMES = Object.keys(CANARIES) as CanaryName[];

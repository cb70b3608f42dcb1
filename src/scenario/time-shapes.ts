import { z } from "zod";
import { MAX_PARTITIONS, PRIORITIES } from "../../assembly/time-layout.js";
import { BILLING_POINTS } from "../billing.js";
import { clocks } from "../clock.js";
import {
  bounds,
  cycles,
  flag,
  integer,
  name,
  number,
  oneOf,
  percent,
  shares,
  somecycles,
  text,
  whole,
} from "./values.js";

// What scenario files say of billing by a clock and of partitions.

/** The partition that is there from the start. */
export const SYSTEM = "System";
/** Partitions of a file, beside System. */
export const MOST_PARTITIONS = MAX_PARTITIONS - 1;

export const faultShape = {
  at: cycles,
  does: oneOf(["stop", "jump", "back"]),
  by: somecycles.optional(),
};
export const clockShape = {
  kind: oneOf(["exact", "counter", "countdown"]),
  hz: whole.optional(),
  read: whole.optional(),
  width: whole.optional(),
  error: number.optional(),
  drift: number.optional(),
  fault: z
    .strictObject(faultShape, { error: `a table such as { at = 1_000_000, does = "stop" }` })
    .optional(),
  masked: whole.optional(),
  repair: oneOf(["none", "add", "hold", "pending"]).optional(),
};
const names = Object.keys(clocks) as (keyof typeof clocks)[];
const clockError = `one of ${names.join(", ")}, or a table such as { kind = "counter", hz = 80_000 }`;

export const billingShape = {
  by: oneOf(["microbill", "tick"]).optional(),
  tick: whole.optional(),
  clock: z.union([z.enum(names), z.strictObject(clockShape)], { error: clockError }).optional(),
  points: z.array(oneOf(BILLING_POINTS), { error: "an array of billing points" }).optional(),
};

export const partitionsShape = {
  window: whole.optional(),
  "free-time": oneOf(["priority", "ratio"]).optional(),
  bankruptcy: oneOf(["default", "cancel", "notify", "stop"]).optional(),
};

export const partitionShape = {
  name,
  parent: text.optional(),
  budget: percent(0),
  max: percent(0.01).optional(),
  critical: cycles.optional(),
};

/** What partitions know of a domain. */
export const taskShape = {
  partition: text.optional(),
  priority: integer(0, PRIORITIES - 1).optional(),
  policy: oneOf(["rr", "fifo"]).optional(),
  critical: flag.optional(),
  "client-pays": flag.optional(),
};

const criticalError = "cycles beside change, true or false beside schedule";
/** Acts on partitions and on who runs in them, and what goes with these. */
export const partitionActShape = {
  ...taskShape,
  change: text.optional(),
  schedule: text.optional(),
  window: whole.optional(),
  budget: percent(0).optional(),
  max: percent(0.01).optional(),
  critical: z.union([cycles, flag], { error: criticalError }).optional(),
};

/** Claims that are percentages. */
export const SHARES = ["share", "used", "used-10", "used-100", "idle-share", "error"] as const;
export const partitionClaimShape = {
  partition: text.optional(),
  share: shares.optional(),
  used: shares.optional(),
  "used-10": shares.optional(),
  "used-100": shares.optional(),
  "critical-used": bounds.optional(),
  bankrupt: flag.optional(),
  bankruptcies: bounds.optional(),
  billed: bounds.optional(),
  ran: bounds.optional(),
  error: shares.optional(),
  "idle-share": shares.optional(),
  backwards: bounds.optional(),
  jumps: bounds.optional(),
  "missed-ticks": bounds.optional(),
};

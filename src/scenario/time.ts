import { z } from "zod";
import type { BillingOptions, PartitioningOptions } from "../billing.js";
import { type ClockOptions, clocks } from "../clock.js";
import { billingShape, partitionsShape } from "./time-shapes.js";

/** Of a scenario file: what it says of billing by a clock and of partitions as a whole. */
export const timeSchema = z.object({
  billing: z.strictObject(billingShape, { error: "a table: [billing]" }).optional(),
  partitions: z.strictObject(partitionsShape, { error: "a table: [partitions]" }).optional(),
});
export type TimeData = z.output<typeof timeSchema>;

/** The same as the kernel's options; `hasPartitions`: also where there is no table [partitions]. */
export function timeOptions(data: TimeData, hasPartitions: boolean) {
  return {
    billing: data.billing && billingOptions(data.billing),
    partitions: hasPartitions ? partitionsOptions(data.partitions ?? {}) : undefined,
  };
}

function billingOptions(data: NonNullable<TimeData["billing"]>): BillingOptions {
  const { clock, ...rest } = data;
  if (clock === undefined) return given(rest);
  return given({ ...rest, clock: typeof clock === "string" ? clocks[clock] : clockOptions(clock) });
}

function clockOptions(clock: object): ClockOptions {
  return given(clock) as ClockOptions;
}

function partitionsOptions(data: NonNullable<TimeData["partitions"]>): PartitioningOptions {
  const { "free-time": freeTime, ...rest } = data;
  return given({ ...rest, freeTime });
}

/** Without what is undefined. */
export function given<T extends object>(options: T): T {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as T;
}

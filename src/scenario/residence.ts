import { z } from "zod";
import type { ResidenceOptions } from "../residence-options.js";
import { residenceShape } from "./residence-shapes.js";
import { given } from "./time.js";

/** Of a scenario file: what it says of core residence as a whole. */
export const residenceSchema = z.object({
  residence: z.strictObject(residenceShape, { error: "a table: [residence]" }).optional(),
});
export type ResidenceData = z.output<typeof residenceSchema>["residence"];

/** The same as the kernel's options. */
export function residenceOptions(data: ResidenceData): ResidenceOptions | undefined {
  if (data === undefined) return undefined;
  const { "lock-cost": lockCost, "fault-cost": faultCost, ...rest } = data;
  return given({ ...rest, lockCost, faultCost });
}

// Values of the suite as those of JavaScript.

import type { Literal } from "./suite.js";

/** Of numbers; what a NaN is made of is lost. */
export function literalOf(of: Literal): number | bigint | null {
  if (of === null || !("bits" in of)) return null;
  const buffer = Buffer.from(of.bits, "hex");
  if (of.type === "i32") return buffer.readInt32LE();
  if (of.type === "i64") return buffer.readBigInt64LE();
  return of.type === "f32" ? buffer.readFloatLE() : buffer.readDoubleLE();
}

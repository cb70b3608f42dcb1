import type { View } from "./view.js";

export interface CheckReport {
  readonly ok: boolean;
  readonly findings: readonly string[];
}

export function checkStore(_view: View): CheckReport {
  return { ok: true, findings: [] };
}

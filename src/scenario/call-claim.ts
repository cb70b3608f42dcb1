import type { Result } from "./calls.js";
import { type Check, within } from "./check.js";
import type { DomainReport } from "./report.js";
import type { ClaimPlan } from "./scenario.js";

/** What is claimed of the calls of a domain. */
export function callChecks(claim: ClaimPlan): Check<DomainReport>[] {
  const checks: Check<DomainReport>[] = [];
  for (const what of ["returned", "failed", "exhausted"] as const) {
    const bounds = claim[what];
    if (bounds === undefined) continue;
    checks.push(within(`calls ${what}`, bounds, ({ calls }) => BigInt(calls?.[what] ?? 0)));
  }
  const { result } = claim;
  if (result === undefined) return checks;
  const wanted = Array.isArray(result) ? result : [result];
  const fault = ({ calls }: DomainReport) => {
    const found = calls?.results;
    if (!found) return "no call that came back";
    const isSame = found.length === wanted.length && wanted.every((w, i) => isAs(found[i]!, w));
    return isSame ? null : shown(found);
  };
  return [...checks, [`result ${shown(wanted)}`, fault]];
}

/** Whether a value is what a file says: integers signed or not, numbers of 32 bits as they are rounded. */
function isAs(found: Result, wanted: bigint | number): boolean {
  if (typeof found === "bigint") return typeof wanted === "bigint" && isAlike(found, wanted, 64);
  if (typeof found === "string") return false;
  if (typeof wanted === "number") return Object.is(found, wanted) || found === Math.fround(wanted);
  return (
    found === Number(wanted) || (Number.isInteger(found) && isAlike(BigInt(found), wanted, 32))
  );
}

function isAlike(found: bigint, wanted: bigint, bits: number): boolean {
  return wanted < 2n ** BigInt(bits) && BigInt.asIntN(bits, wanted) === found;
}

function shown(values: readonly Result[]): string {
  return values.length === 0 ? "nothing" : values.join(", ");
}

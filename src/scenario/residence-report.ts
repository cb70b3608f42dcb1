import type { Kernel, Meter } from "../index.js";
import type { MeterReport, ResidenceReport, StorageReport } from "./report.js";

// What a kernel with core residence knows of meters and of the whole.

/** Pages in core by the meter that last paid for them or one above it; `above` says what a meter hangs under. */
export function corePages(
  kernel: Kernel,
  above: (name: string) => string | null,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  // A page that is not in core has no account.
  for (const { account } of kernel.residence.pages()) {
    for (let name = account?.name ?? null; name !== null; name = above(name)) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

export function storageReport({ storage }: Meter, corePages: number): StorageReport {
  const [charged, own, faults] = [storage.charged(), storage.own(), storage.faults()];
  return { left: storage.peek(), charged, own, faults, corePages };
}

export function residenceReport({ residence }: Kernel): ResidenceReport {
  const { period, phase, offset } = residence;
  return { period, phase, offset, ...residence.statistics() };
}

/** Every charge is one to the meter right above a domain, and one to the prime meter. */
export function residenceFindings(
  { charged }: ResidenceReport,
  meters: readonly MeterReport[],
): string[] {
  const own = meters.reduce((sum, { storage }) => sum + storage!.own, 0n);
  const prime = meters.find(({ superior }) => superior === null)!.storage!.charged;
  const findings: string[] = [];
  if (own !== charged) findings.push(`charged ${charged} word-cycles, the meters ${own}`);
  if (prime !== charged) findings.push(`charged ${charged} word-cycles, prime ${prime}`);
  return findings;
}

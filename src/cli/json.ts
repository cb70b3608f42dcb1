import type { Report } from "../scenario/report.js";

/** The report for machines: counts of cycles are decimal strings, everything else is as it is. */
export function toJson(report: Report): string {
  const { conserved, cycles, mips, expectations } = report;
  const meters = report.meters.map(
    ({ name, superior, granted, consumed, counter, keeperCalls }) => ({
      name,
      superior,
      granted,
      consumed,
      counter,
      keeperCalls,
    }),
  );
  const domains = report.domains.map(
    ({ name, meter, state, exitCode, consumed, output, trap }) => ({
      name,
      meter,
      state,
      exitCode,
      consumed,
      output,
      trap,
    }),
  );
  const object = { conserved, cycles, mips: rounded(mips), meters, domains, expectations };
  return `${JSON.stringify(object, decimal, 2)}\n`;
}

/** For JSON.stringify: bigints become decimal strings. */
export function decimal(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function rounded(number: number): number {
  return Math.round(number * 10) / 10;
}

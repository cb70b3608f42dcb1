import { hexOf, textOf } from "../scenario/bytes.js";
import type { Report } from "../scenario/report.js";

/** The report for machines: counts of cycles are decimal strings, everything else is as it is. */
export function toJson(report: Report): string {
  const { conserved, cycles, mips, expectations } = report;
  const meters = report.meters.map(
    ({ name, superior, granted, consumed, counter, keeperCalls, storage }) => ({
      name,
      superior,
      granted,
      consumed,
      counter,
      keeperCalls,
      // Only with core residence.
      ...(storage && { storage }),
    }),
  );
  const domains = report.domains.map(
    ({ name, meter, state, exitCode, consumed, output, trap, calls, time }) => ({
      name,
      meter,
      state,
      exitCode,
      consumed,
      output,
      trap,
      // Only of modules of WebAssembly.
      ...(calls && { calls }),
      ...time,
    }),
  );
  const { messages, stalls } = report;
  const console = report.console.map(({ domain, cycle, order, bytes }) => ({
    domain,
    cycle,
    order,
    ...string(bytes),
  }));
  const answers = report.answers.map(({ name, to, asked, cycle, order, bytes, refusal }) => ({
    name,
    to,
    asked,
    cycle,
    order,
    ...string(bytes),
    refusal,
  }));
  const object = {
    ...{ conserved, cycles, mips: rounded(mips), meters, domains },
    // Only where a clock bills.
    ...(report.time ? { time: report.time, partitions: report.partitions } : {}),
    ...(report.residence ? { residence: report.residence } : {}),
    ...{ messages, stalls, console, answers, expectations },
  };
  return `${JSON.stringify(object, decimal, 2)}\n`;
}

/** What a message's string says: as text, where it is text, and byte by byte. */
function string(bytes: Uint8Array | null): { text: string | null; bytes: string | null } {
  if (bytes === null) return { text: null, bytes: null };
  return { text: textOf(bytes), bytes: hexOf(bytes) };
}

/** For JSON.stringify: bigints become decimal strings, and so do numbers for which JSON has no words. */
export function decimal(_key: string, value: unknown): unknown {
  const isPlain = typeof value === "number" ? Number.isFinite(value) : typeof value !== "bigint";
  return isPlain ? value : String(value);
}

function rounded(number: number): number {
  return Math.round(number * 10) / 10;
}

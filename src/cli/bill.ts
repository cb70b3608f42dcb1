import { counted, grouped } from "../scenario/number.js";
import type { DomainReport, Report } from "../scenario/report.js";
import { type Paint, table } from "./table.js";
import { meterTable } from "./tree.js";

/** What a run came to for meters and domains; `columns` is how wide it should be at most. */
export function bill(report: Report, paint: Paint, columns: number): string {
  const parts = [meterTable(report.meters, paint, columns)];
  if (report.domains.length > 0) parts.push(domainTable(report, paint));
  return `${parts.join("\n\n")}\n`;
}

/** Speed, every expectation, and whether the cycles add up. */
export function verdict(report: Report, paint: Paint): string {
  const { expectations, conserved, findings, meters, domains, consumed } = report;
  const lines = closing(report);
  if (expectations.length > 0) lines.push("");
  for (const { ok, text } of expectations) lines.push(`${mark(ok, paint)} ${text}`);
  lines.push("");
  if (conserved) {
    const sum = `${grouped(consumed)} = the sum over ${counted(domains.length, "domain")}`;
    const each = meters.length === 1 ? "the meter" : `each of ${grouped(meters.length)} meters`;
    lines.push(`${mark(true, paint)} Every cycle is accounted for.`);
    lines.push(paint.dim(`    granted = consumed + left, for ${each}`));
    lines.push(paint.dim(`    prime's ${sum}`));
    lines.push(paint.dim("    checker: clean"));
  } else {
    lines.push(`${mark(false, paint)} The accounts do not add up:`);
    for (const finding of findings) lines.push(`    ${finding}`);
  }
  return `${lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n")}\n`;
}

function closing(report: Report): string[] {
  const { cycles, processors, consumed, seconds, mips, ending, synthetic } = report;
  const { messages, stalls } = report;
  const ends = {
    idle: "nothing is left to run",
    limit: "stopped at the limit",
    aborted: "interrupted",
  };
  const idle = cycles * BigInt(processors) - consumed;
  const where = processors === 1 ? "" : ` on each of ${processors} processors`;
  const spent = idle === 0n ? "" : `, ${grouped(idle)} of them idle`;
  const unit = synthetic ? "million cycles a second" : "MIPS";
  return [
    `${grouped(cycles)} cycles${where}${spent}; ${ends[ending]}.`,
    ...(messages > 0 ? [`${counted(messages, "message")}, ${counted(stalls, "stall")}.`] : []),
    `${seconds.toFixed(2)} s in the kernel, ${grouped(Math.round(mips))} ${unit}.`,
  ];
}

function mark(ok: boolean, paint: Paint): string {
  return ok ? paint.green("✓") : paint.red("✗");
}

function domainTable({ domains, consumed: total }: Report, paint: Paint): string {
  const groups = new Map<string, DomainReport[]>();
  for (const domain of domains) {
    const copies = groups.get(domain.group);
    if (copies) copies.push(domain);
    else groups.set(domain.group, [domain]);
  }
  const rows = [...groups].map(([group, copies]) => {
    const [first] = copies as [DomainReport];
    const consumed = copies.reduce((sum, domain) => sum + domain.consumed, 0n);
    const single = first.name === group;
    return [
      single ? group : `${group} ${paint.dim(`× ${grouped(copies.length)}`)}`,
      paint.dim(first.meter),
      states(copies, paint),
      (single && exitOf(first)) || paint.dim("–"),
      paint.bold(grouped(consumed)),
      share(consumed, total),
    ];
  });
  const heads = ["domain", "meter", "end", "exit", "consumed", "share"];
  return table(heads, rows, ["left", "left", "left", "right", "right", "right"], paint);
}

/** `ended`, or for copies in several states `3 ended, 97 parked`. */
function states(copies: readonly DomainReport[], paint: Paint): string {
  const counts = new Map<DomainReport["state"], number>();
  for (const { state } of copies) counts.set(state, (counts.get(state) ?? 0) + 1);
  const colours = { ended: paint.green, parked: paint.yellow, trapped: paint.red } as const;
  return [...counts]
    .map(([state, number]) => {
      const text = counts.size === 1 ? state : `${grouped(number)} ${state}`;
      return state in colours ? colours[state as keyof typeof colours](text) : text;
    })
    .join(", ");
}

/** The exit code, or the code of a trap. */
function exitOf({ exitCode, trap }: DomainReport): string | null {
  if (exitCode !== null) return String(exitCode);
  return trap === null ? null : `0x${trap.code.toString(16)}`;
}

function share(part: bigint, whole: bigint): string {
  if (whole === 0n) return "–";
  return `${(Number((part * 1000n + whole / 2n) / whole) / 10).toFixed(1)} %`;
}

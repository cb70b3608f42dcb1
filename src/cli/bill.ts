import { CLOCK_HZ } from "../../assembly/layout.js";
import { counted, grouped } from "../scenario/number.js";
import { idleOf } from "../scenario/partition-claim.js";
import type { DomainReport, Report } from "../scenario/report.js";
import { BILLED_HEADS, billedCells, windowTable } from "./partition-table.js";
import { type Paint, table } from "./table.js";
import { meterTable, wordSeconds } from "./tree.js";

/** What a run came to for meters and domains; `columns` is how wide it should be at most. */
export function bill(report: Report, paint: Paint, columns: number): string {
  const parts = [meterTable(report.meters, paint, columns)];
  if (report.domains.length > 0) parts.push(domainTable(report, paint));
  if (report.partitions.length > 0) parts.push(windowTable(report, paint));
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
  const { messages, stalls, domains } = report;
  const owed = domains.reduce((sum, { calls }) => sum + (calls?.owed ?? 0n), 0n);
  const ends = {
    idle: "nothing is left to run",
    limit: "stopped at the limit",
    aborted: "interrupted",
    bankrupt: "stopped by a bankruptcy",
  };
  // By a clock, who ran for how long and who paid are two things.
  const idle = report.time ? idleOf(report.time) : cycles * BigInt(processors) - consumed - owed;
  const where = processors === 1 ? "" : ` on each of ${processors} processors`;
  const spent = idle === 0n ? "" : `, ${grouped(idle)} of them idle`;
  const unit = synthetic ? "million cycles a second" : "MIPS";
  return [
    `${grouped(cycles)} cycles${where}${spent}; ${ends[ending]}.`,
    ...clockLine(report),
    ...residenceLines(report),
    ...(report.time === null && owed > 0n ? [`${counted(Number(owed), "cycle")} still owed.`] : []),
    ...(messages > 0 ? [`${counted(messages, "message")}, ${counted(stalls, "stall")}.`] : []),
    `${seconds.toFixed(2)} s in the kernel, ${grouped(Math.round(mips))} ${unit}.`,
  ];
}

/** What the clock cost, and what went wrong with it. */
function clockLine({ time, domains }: Report): string[] {
  if (time === null) return [];
  const { by, reads, readCycles, backwards, jumps, missedTicks } = time;
  const cost = readCycles === 0n ? "" : `, which took ${grouped(readCycles)} cycles`;
  const owed = domains.reduce((sum, { time }) => sum + (time?.owed ?? 0n), 0n);
  const parts = [
    by === "tick" ? "Billed by tick" : `${grouped(reads)} readings of the clock${cost}`,
    ...(backwards > 0n ? [`${grouped(backwards)} went back`] : []),
    ...(jumps > 0n ? [`${grouped(jumps)} jumped ahead`] : []),
    ...(missedTicks > 0n ? [`${counted(Number(missedTicks), "tick")} missed`] : []),
    ...(owed > 0n ? [`${grouped(owed)} cycles still owed`] : []),
  ];
  return [`${parts.join("; ")}.`];
}

/** What the scan and paging came to. */
function residenceLines({ residence, cycles: time }: Report): string[] {
  if (residence === null) return [];
  const { cycles, period, phase, faults, charged, core, coreFree } = residence;
  const { fetches, writes, evictions, copies } = residence;
  const rate = time === 0n ? 0 : (Number(faults) * CLOCK_HZ) / Number(time);
  const paid = `${counted(Number(faults), "page-accounting fault")}, ${grouped(Math.round(rate))} a second`;
  const moved = [
    `${grouped(fetches)} pages read from the drum`,
    `${grouped(writes)} written`,
    `${grouped(evictions)} evicted`,
    `${grouped(copies)} copied`,
  ];
  return [
    `${counted(Number(cycles), "lock cycle")}, one in ${grouped(period)} cycles, at a ${phase} phase.`,
    `${paid}: ${wordSeconds(charged)} word-seconds.`,
    `${moved.join(", ")}; ${grouped(core - coreFree)} of ${counted(core, "frame")} in use.`,
  ];
}

function mark(ok: boolean, paint: Paint): string {
  return ok ? paint.green("✓") : paint.red("✗");
}

/** The domains of each table of the file. */
export function groupsOf(domains: readonly DomainReport[]): [string, DomainReport[]][] {
  const groups = new Map<string, DomainReport[]>();
  for (const domain of domains) {
    const copies = groups.get(domain.group);
    if (copies) copies.push(domain);
    else groups.set(domain.group, [domain]);
  }
  return [...groups];
}

export function nameOf(group: string, copies: readonly DomainReport[], paint: Paint): string {
  if (copies[0]!.name === group) return group;
  return `${group} ${paint.dim(`× ${grouped(copies.length)}`)}`;
}

function domainTable({ domains, consumed: total, time }: Report, paint: Paint): string {
  const isParted = domains.some(({ time }) => time?.partition);
  const areCalled = domains.some(({ calls }) => calls);
  const rows = groupsOf(domains).map(([group, copies]) => {
    const [first] = copies as [DomainReport];
    const consumed = copies.reduce((sum, domain) => sum + domain.consumed, 0n);
    const single = first.name === group;
    return [
      nameOf(group, copies, paint),
      paint.dim(first.meter),
      ...(isParted ? [paint.dim(first.time?.partition ?? "")] : []),
      states(copies, paint),
      ...(areCalled ? [callsOf(copies, paint)] : []),
      (single && exitOf(first)) || paint.dim("–"),
      ...(time ? billedCells(copies, paint) : [paint.bold(grouped(consumed))]),
      share(consumed, total),
    ];
  });
  const words = ["domain", "meter", ...(isParted ? ["partition"] : []), "end"];
  if (areCalled) words.push("calls");
  const figures = ["exit", ...(time ? BILLED_HEADS : ["consumed"]), "share"];
  const aligns = [...words.map(() => "left" as const), ...figures.map(() => "right" as const)];
  return table([...words, ...figures], rows, aligns, paint);
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

/** What became of the calls of modules, those of copies together. */
function callsOf(copies: readonly DomainReport[], paint: Paint): string {
  const calls = copies.flatMap(({ calls }) => calls ?? []);
  const sum = (outcome: "returned" | "failed" | "exhausted") =>
    calls.reduce((sum, each) => sum + each[outcome], 0);
  const words = [
    [sum("returned"), "returned", paint.green],
    [sum("failed"), "failed", paint.red],
    [sum("exhausted"), "exhausted", paint.yellow],
  ] as const;
  const found = words.flatMap(([count, word, colour]) =>
    count === 0 ? [] : colour(`${grouped(count)} ${word}`),
  );
  return found.length === 0 ? paint.dim("–") : found.join(", ");
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

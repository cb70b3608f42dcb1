import { CYCLES_OF_MS } from "../../assembly/layout.js";
import { grouped } from "../scenario/number.js";
import { percentOf } from "../scenario/partition-claim.js";
import type { DomainReport, PartitionReport, Report } from "../scenario/report.js";
import { type Paint, table } from "./table.js";
import { branches } from "./tree.js";

const NONE = "–";

/** What `aps show` of QNX shows: what each partition may use, and what it used in the last window. */
export function showTable(partitions: readonly PartitionReport[], paint: Paint): string {
  const rows = branchesOf(partitions, paint).map(([name, partition]) => [
    name + (partition.isBankrupt ? paint.red(" bankrupt") : ""),
    String(partition.index),
    percent(partition.budget),
    partition.max === null ? paint.dim(NONE) : percent(partition.max),
    paint.bold(percent(partition.used)),
    ...(partition.critical === 0 && partition.criticalUsed === 0
      ? [paint.dim(NONE), paint.dim(NONE)]
      : [milliseconds(partition.critical), milliseconds(partition.criticalUsed)]),
  ]);
  const used = sum(partitions, ({ used }) => used);
  const budget = sum(partitions, ({ budget }) => budget);
  const total = ["total", "", percent(budget), "", percent(used), "", ""];
  const heads = ["partition", "id", "budget", "max", "used", "critical", "critical used"];
  return table(heads, [...rows, total], aligns(heads, 1), paint);
}

/** What partitions used: in the last window, on average in the last 10 and 100, and in the whole run. */
export function windowTable(report: Report, paint: Paint): string {
  const { partitions, time } = report;
  const { elapsed, ran } = time!;
  // The longer averages are of whole windows.
  const whole = (number: number) => (wholeWindows(report) === 0n ? NONE : percent(number));
  const rows = branchesOf(partitions, paint).map(([name, partition]) => [
    name,
    percent(partition.budget),
    partition.max === null ? paint.dim(NONE) : percent(partition.max),
    percent(partition.used),
    ...[partition.used10, partition.used100].map(whole),
    paint.bold(percent(partition.share)),
    grouped(partition.total),
    partition.bankruptcies === 0 ? paint.dim(NONE) : paint.red(grouped(partition.bankruptcies)),
  ]);
  const total = (of: (partition: PartitionReport) => number) => sum(partitions, of);
  const idle = percentOf(elapsed - ran, elapsed);
  const billed = partitions.reduce((sum, { total }) => sum + total, 0n);
  rows.push(
    [
      "total",
      percent(total(({ budget }) => budget)),
      "",
      percent(total(({ used }) => used)),
      whole(total(({ used10 }) => used10)),
      whole(total(({ used100 }) => used100)),
      percent(total(({ share }) => share)),
      grouped(billed),
      "",
    ],
    [paint.dim("nobody ran"), "", "", "", "", "", percent(idle), grouped(elapsed - ran), ""],
  );
  const heads = ["partition", "budget", "max", "1×", "10×", "100×", "run", "billed", "bankrupt"];
  return table(heads, rows, aligns(heads, 1), paint);
}

/** Averaging windows that have passed, where they were all of one length. */
export function wholeWindows({ time, processors }: Report): bigint {
  return time!.elapsed / BigInt(processors) / BigInt(time!.window!);
}

export const BILLED_HEADS = ["billed", "ran", "error"];

/** What the copies of a domain were billed for, what they ran, and by how much that differs. */
export function billedCells(copies: readonly DomainReport[], paint: Paint): string[] {
  let [billed, ran, wrong] = [0n, 0n, 0n];
  for (const { time } of copies) {
    billed += time!.billed;
    ran += time!.ran;
    wrong += time!.billed < time!.ran ? time!.ran - time!.billed : time!.billed - time!.ran;
  }
  return [paint.bold(grouped(billed)), grouped(ran), errorCell(wrong, ran)];
}

function errorCell(wrong: bigint, ran: bigint): string {
  if (wrong === 0n) return "0 %";
  return ran === 0n ? "all" : percent(percentOf(wrong, ran));
}

/** The partitions in the order of the tree, with the strokes that hang each below its parent. */
function branchesOf(
  partitions: readonly PartitionReport[],
  paint: Paint,
): [string, PartitionReport][] {
  return branches(partitions, ({ parent }) => parent).map(({ row, strokes }) => [
    paint.dim(strokes) + row.name,
    row,
  ]);
}

export function milliseconds(cycles: number | bigint): string {
  return `${grouped(Math.round(Number(cycles) / (CYCLES_OF_MS / 1000)) / 1000)} ms`;
}

function percent(number: number): string {
  return `${number.toFixed(2)} %`;
}

function sum(
  partitions: readonly PartitionReport[],
  of: (partition: PartitionReport) => number,
): number {
  return partitions.reduce((sum, partition) => sum + of(partition), 0);
}

/** So many columns of words, then figures. */
function aligns(heads: readonly string[], words: number): ("left" | "right")[] {
  return heads.map((_, index) => (index < words ? "left" : "right"));
}

import { stripVTControlCharacters } from "node:util";
import { WORD_SECOND } from "../index.js";
import { grouped } from "../scenario/number.js";
import type { MeterReport } from "../scenario/report.js";
import { UNLIMITED } from "../scenario/values.js";
import { type Paint, table } from "./table.js";

/** Something with the strokes that hang it in its tree. */
export interface Branch<Row> {
  readonly row: Row;
  readonly strokes: string;
}

/** What has names in the order of its tree, each below what `above` names; null is above the top. */
export function branches<Row extends { readonly name: string }>(
  rows: readonly Row[],
  above: (row: Row) => string | null,
): Branch<Row>[] {
  const inferiors = new Map<string | null, Row[]>();
  for (const row of rows) {
    const siblings = inferiors.get(above(row));
    if (siblings) siblings.push(row);
    else inferiors.set(above(row), [row]);
  }
  const drawn: Branch<Row>[] = [];
  const waiting = (inferiors.get(null) ?? []).map((row) => ({ row, strokes: "", below: "" }));
  while (waiting.length > 0) {
    const { row, strokes, below } = waiting.shift()!;
    drawn.push({ row, strokes });
    const children = inferiors.get(row.name) ?? [];
    waiting.unshift(
      ...children.map((child, index) => {
        const last = index === children.length - 1;
        const [stroke, passing] = last ? ["└─ ", "   "] : ["├─ ", "│  "];
        return { row: child, strokes: below + stroke, below: below + passing };
      }),
    );
  }
  return drawn;
}

/** The meters, each below its superior. */
export function meterBranches(meters: readonly MeterReport[]): Branch<MeterReport>[] {
  return branches(meters, ({ superior }) => superior);
}

/** Above it, a count stands for "as good as without end": the prime meter's, for one. */
const ENDLESS = 2n ** 55n;

/** A column of the bill: its head, and its cell for a meter. */
type Column = readonly [head: string, cell: (meter: MeterReport) => string];

/** The bill: the tree of meters with what each was granted, consumed and has left, of CPU and of storage. */
export function meterTable(meters: readonly MeterReport[], paint: Paint, columns: number): string {
  const draw = (sides: Column[]) => drawn(meters, sides, paint);
  const fits = (text: string) =>
    stripVTControlCharacters(text)
      .split("\n")
      .every((line) => line.length <= columns);
  const storage = meters.some(({ storage }) => storage) ? storageColumns(paint) : [];
  const calls = callColumns(meters, paint);
  const exact = draw([...cpuColumns(paint, true), ...storage, ...calls]);
  if (fits(exact)) return exact;
  const cpu = cpuColumns(paint, false);
  const narrow = draw([...cpu, ...storage, ...calls]);
  if (storage.length === 0 || fits(narrow)) return narrow;
  return `${draw([...cpu, ...calls])}\n\n${draw(storage)}`;
}

function drawn(meters: readonly MeterReport[], columns: readonly Column[], paint: Paint): string {
  const rows = meterBranches(meters).map(({ row: meter, strokes }) => [
    paint.dim(strokes) + (meter.rescinded ? paint.strikethrough(meter.name) : meter.name),
    ...columns.map(([, cell]) => cell(meter)),
  ]);
  const heads = ["meter", ...columns.map(([head]) => head)];
  const aligns = heads.map((head) => (head === "meter" || head === "by" ? "left" : "right"));
  return table(heads, rows, aligns, paint);
}

/** `exact`: with figures such as the prime meter's, which make it wide. */
function cpuColumns(paint: Paint, exact: boolean): Column[] {
  const amount = ({ granted }: MeterReport, count: bigint) => {
    // 2^64 − 1 and what is left of it tell nobody more.
    if (granted === UNLIMITED || (!exact && granted > ENDLESS)) return "unlimited";
    return count === 0n ? paint.red("0") : grouped(count);
  };
  return [
    ["granted", (meter) => amount(meter, meter.granted)],
    ["consumed", ({ consumed }) => paint.bold(grouped(consumed))],
    ["left", (meter) => (meter.rescinded ? paint.dim("rescinded") : amount(meter, meter.counter))],
  ];
}

function callColumns(meters: readonly MeterReport[], paint: Paint): Column[] {
  const calls: Column = [
    "keeper calls",
    ({ keeperCalls }) => (keeperCalls === 0 ? paint.dim("–") : grouped(keeperCalls)),
  ];
  const guests = meters.some(({ keeper }) => keeper !== null);
  return guests ? [calls, ["by", ({ keeper }) => keeper ?? ""]] : [calls];
}

function storageColumns(paint: Paint): Column[] {
  return [
    ["word-seconds", ({ storage }) => paint.bold(wordSeconds(storage!.charged))],
    [
      "storage left",
      ({ rescinded, storage }) => {
        if (rescinded) return paint.dim("rescinded");
        const { left } = storage!;
        if (left > ENDLESS) return "unlimited";
        return left === 0n ? paint.red("0.0") : wordSeconds(left);
      },
    ],
    ["faults", ({ storage }) => grouped(storage!.faults)],
    ["in core", ({ storage }) => grouped(storage!.corePages)],
  ];
}

/** Of word-cycles; a page of 1,024 words in a period of 1 ms is 1. */
export function wordSeconds(count: bigint): string {
  return (Number(count) / Number(WORD_SECOND)).toLocaleString("en-US", {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
}

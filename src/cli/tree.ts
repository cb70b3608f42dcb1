import { stripVTControlCharacters } from "node:util";
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

/** The bill: the tree of meters with what each was granted, consumed and has left. */
export function meterTable(meters: readonly MeterReport[], paint: Paint, columns: number): string {
  const full = draw(meters, paint, true);
  const lines = stripVTControlCharacters(full).split("\n");
  return lines.every((line) => line.length <= columns) ? full : draw(meters, paint, false);
}

/** `exact`: with figures such as the prime meter's, which make it wide. */
function draw(meters: readonly MeterReport[], paint: Paint, exact: boolean): string {
  const amount = ({ granted }: MeterReport, count: bigint) => {
    // 2^64 − 1 and what is left of it tell nobody more.
    if (granted === UNLIMITED || (!exact && granted > ENDLESS)) return "unlimited";
    return count === 0n ? paint.red("0") : grouped(count);
  };
  const guests = meters.some(({ keeper }) => keeper !== null);
  const rows = meterBranches(meters).map(({ row: meter, strokes }) => [
    paint.dim(strokes) + (meter.rescinded ? paint.strikethrough(meter.name) : meter.name),
    amount(meter, meter.granted),
    paint.bold(grouped(meter.consumed)),
    meter.rescinded ? paint.dim("rescinded") : amount(meter, meter.counter),
    meter.keeperCalls === 0 ? paint.dim("–") : grouped(meter.keeperCalls),
    ...(guests ? [meter.keeper ?? ""] : []),
  ]);
  const heads = ["meter", "granted", "consumed", "left", "keeper calls", ...(guests ? ["by"] : [])];
  const aligns = heads.map((head) => (head === "meter" || head === "by" ? "left" : "right"));
  return table(heads, rows, aligns, paint);
}

// Tables of a report, as text: for a terminal and for HTML alike.

import { type Paint, table, wrapped } from "./table.js";

/** A table: the first column is on the left, the others are figures. */
export interface Sheet {
  readonly title: string;
  /** How to read it. */
  readonly note: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const COLUMNS = 92;

/** In a terminal, one below the other. */
export function sheetsText(sheets: readonly Sheet[], paint: Paint): string {
  return sheets.map((sheet) => `${sheetText(sheet, paint)}\n`).join("\n");
}

function sheetText({ title, note, heads, rows }: Sheet, paint: Paint): string {
  const aligns = heads.map((_, column) => (column === 0 ? ("left" as const) : ("right" as const)));
  const words = wrapped(`${paint.bold(title)}: ${note}`, COLUMNS, "  ");
  const cells = rows.map((row) => [...row]);
  return `  ${words}\n${table(heads, cells, aligns, paint)}`;
}

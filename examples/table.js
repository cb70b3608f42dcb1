/** Rows, which are objects with the same keys, as a table: numbers to the right. */
export function table(rows) {
  const heads = Object.keys(rows[0]);
  const text = (value) => (typeof value === "string" ? value : value.toLocaleString("en"));
  const lines = [heads, ...rows.map((row) => heads.map((head) => text(row[head])))];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const isText = heads.map((head) => typeof rows[0][head] === "string");
  const pad = (cell, column) =>
    isText[column] ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}

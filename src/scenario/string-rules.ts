import type { Inspection } from "./inspection.js";
import type { Path, Table } from "./toml.js";

/** A string is given in words or byte by byte. */
export function stringRules(inspection: Inspection, path: Path, table: Table): void {
  if (table.text === undefined || table.bytes === undefined) return;
  inspection.say([...path, "bytes"], "found text and bytes, expected one of them at most", "key");
}

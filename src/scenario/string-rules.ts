import type { Inspection } from "./inspection.js";
import type { Path, Table } from "./toml.js";

/** A string is given in words, byte by byte, or as numbers. */
export function stringRules(inspection: Inspection, path: Path, table: Table): void {
  const given = ["text", "bytes", "numbers"].filter((key) => table[key] !== undefined);
  if (given.length < 2) return;
  const found = `found ${given.join(" and ")}, expected one of them at most`;
  inspection.say([...path, given[1]!], found, "key");
}

import { type Inspection, SELF, tablesIn } from "./inspection.js";
import { DATABYTE_KINDS, KEY_KINDS, NAMED_KINDS } from "./key.js";
import type { Path, Plain, Table } from "./toml.js";

/** Keys in slots: each slot once. `own`: they are a domain's, which may name itself. */
export function slotRules(
  inspection: Inspection,
  path: Path,
  keys: Plain | undefined,
  own = false,
): void {
  const taken = new Map<bigint, Path>();
  for (const [place, table] of tablesIn(path, keys)) {
    const { slot } = table;
    const at = [...place, "slot"];
    if (typeof slot === "bigint" && taken.has(slot)) {
      const { line } = inspection.document.problem(taken.get(slot)!, "");
      const found = `found ${slot} again (first on line ${line})`;
      inspection.say(at, `${found}, expected a slot of its own`);
    } else if (typeof slot === "bigint") taken.set(slot, at);
    keyRules(inspection, place, table, own);
  }
}

/** A key has exactly one kind, and names something that there is. */
export function keyRules(inspection: Inspection, path: Path, key: Table, own = false): void {
  const kinds = KEY_KINDS.filter((kind) => key[kind] !== undefined);
  if (kinds.length !== 1) {
    const found = kinds.length === 0 ? "no kind of key" : kinds.join(" and ");
    inspection.say(path, `found ${found}, expected exactly one of ${KEY_KINDS.join(", ")}`);
  }
  for (const kind of kinds) {
    const at = [...path, kind];
    const name = key[kind];
    if (kind === "start" || kind === "domain") {
      if (own && name === SELF) continue;
      if (kind === "start") inspection.guest(at, name);
      else inspection.single(at, name);
    } else if (kind === "fetch" || kind === "sense") {
      inspection.reference(at, name, ["node", "meter"]);
    } else if (kind in NAMED_KINDS) {
      inspection.reference(at, name, [NAMED_KINDS[kind as "meter"]]);
    }
  }
  databyteRules(inspection, path, key, kinds);
}

/** The start key of a guest that is a keeper. */
export function guestRules(inspection: Inspection, path: Path, keeper: Table): void {
  inspection.guest([...path, "start"], keeper.start);
  const { start, databyte } = keeper;
  if (start === undefined && databyte !== undefined) {
    inspection.say([...path, "databyte"], "found databyte alone, expected start beside it", "key");
  }
}

function databyteRules(
  inspection: Inspection,
  path: Path,
  key: Table,
  kinds: readonly string[],
): void {
  if (key.databyte === undefined || kinds.length === 0) return;
  if (kinds.some((kind) => DATABYTE_KINDS.includes(kind))) return;
  const expected = `expected it beside ${DATABYTE_KINDS.join(", ")} only`;
  inspection.say(
    [...path, "databyte"],
    `found it beside ${kinds.join(" and ")}, ${expected}`,
    "key",
  );
}

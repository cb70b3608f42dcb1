import { MAX_SEGMENT_LEVEL } from "../../assembly/layout.js";
import { type Inspection, tablesIn } from "./inspection.js";
import { describe, type Path, type Plain, type Table } from "./toml.js";

/** Segments hold pages, and segments that stand above them in the file: so none contains itself. */
export function segmentRules(inspection: Inspection): void {
  const levels = new Map<string, number>();
  for (const [path, segment] of inspection.tables("segment")) {
    const least = 1 + Math.max(0, ...slotLevels(inspection, path, segment, levels));
    const { name, level } = segment;
    if (least > MAX_SEGMENT_LEVEL) {
      const found = `found a segment of level ${least - 1}`;
      const expected = `expected at most ${MAX_SEGMENT_LEVEL - 1}: a tree has ${MAX_SEGMENT_LEVEL} levels`;
      inspection.say([...path, "slots"], `${found}, ${expected}`);
    } else if (typeof level === "bigint" && level < least) {
      const expected = `expected at least ${least} for what is in its slots`;
      inspection.say([...path, "level"], `found ${level}, ${expected}`);
    }
    const given = typeof level === "bigint" ? Number(level) : least;
    if (typeof name === "string") levels.set(name, Math.max(given, least));
  }
}

/** What is mapped or put into a slot is either a page or a segment; answers whether it is known. */
export function treeRules(inspection: Inspection, path: Path, { page, segment }: Table): boolean {
  if ((page === undefined) === (segment === undefined)) {
    const found = page === undefined ? "neither page nor segment" : "page and segment";
    inspection.say(path, `found ${found}, expected one of them`);
    return false;
  }
  const isPage = inspection.reference([...path, "page"], page, ["page"]);
  return inspection.reference([...path, "segment"], segment, ["segment"]) || isPage;
}

/** The levels of what is in the slots, pages being of level 0. */
function slotLevels(
  inspection: Inspection,
  path: Path,
  { slots }: Table,
  levels: ReadonlyMap<string, number>,
): number[] {
  const taken = new Map<Plain, Path>();
  return tablesIn([...path, "slots"], slots).map(([place, table]) => {
    const { slot, segment } = table;
    const at = [...place, "slot"];
    const first = slot === undefined ? undefined : taken.get(slot);
    if (first) {
      const { line } = inspection.document.problem(first, "");
      const found = `found ${slot} again (first on line ${line})`;
      inspection.say(at, `${found}, expected a slot of its own`);
    } else if (slot !== undefined) taken.set(slot, at);
    if (!treeRules(inspection, place, table) || typeof segment !== "string") return 0;
    const level = levels.get(segment);
    if (level !== undefined) return level;
    const expected = "expected one that stands above it, so that none contains itself";
    inspection.say([...place, "segment"], `found ${describe(segment)}, ${expected}`);
    return 0;
  });
}

import { MAX_SEGMENT_LEVEL } from "../../assembly/layout.js";
import { type Inspection, tablesIn } from "./inspection.js";
import type { Path, Table } from "./toml.js";

/** Segments hold what there is, each slot once, and none holds itself. */
export function segmentRules(inspection: Inspection): void {
  const inner = new Map<string, string[]>();
  for (const [path, { name, slots }] of inspection.tables("segment")) {
    const taken = new Map<bigint, Path>();
    const segments: string[] = [];
    for (const [place, content] of tablesIn([...path, "slots"], slots)) {
      contentRules(inspection, place, content);
      slotRule(inspection, taken, [...place, "slot"], content);
      if (typeof content.segment === "string") segments.push(content.segment);
    }
    if (typeof name === "string" && !inner.has(name)) inner.set(name, segments);
  }
  levelRules(inspection, inner);
}

/** A place holds exactly one of both, and something that there is. */
export function contentRules(inspection: Inspection, path: Path, content: Table): void {
  const { page, segment } = content;
  if ((page === undefined) === (segment === undefined)) {
    const found = page === undefined ? "no page and no segment" : "page and segment";
    inspection.say(path, `found ${found}, expected one of them`);
  }
  inspection.reference([...path, "page"], page, ["page"]);
  inspection.reference([...path, "segment"], segment, ["segment"]);
}

function slotRule(
  inspection: Inspection,
  taken: Map<bigint, Path>,
  path: Path,
  { slot }: Table,
): void {
  if (typeof slot !== "bigint") return;
  const first = taken.get(slot);
  if (first === undefined) {
    taken.set(slot, path);
    return;
  }
  const { line } = inspection.document.problem(first, "");
  const found = `found ${slot} again (first on line ${line})`;
  inspection.say(path, `${found}, expected a slot of its own`);
}

/** Finds levels from the lowest up; what never gets one is in a loop, or holds one that is. */
function levelRules(inspection: Inspection, inner: ReadonlyMap<string, readonly string[]>): void {
  const levels = new Map<string, number>();
  for (let before = -1; before < levels.size; ) {
    before = levels.size;
    for (const [name, segments] of inner) {
      const known = segments.filter((segment) => inner.has(segment));
      if (levels.has(name) || !known.every((segment) => levels.has(segment))) continue;
      levels.set(name, 1 + Math.max(0, ...known.map((segment) => levels.get(segment)!)));
    }
  }
  for (const name of inner.keys()) {
    const path = [...inspection.names.segment.get(name)!.slice(0, -1), "slots"];
    const level = levels.get(name);
    if (level === undefined) {
      inspection.say(path, `found a loop of segments, expected "${name}" not to hold itself`);
      return;
    }
    if (level === MAX_SEGMENT_LEVEL + 1) {
      const found = `found segments in segments, ${level} levels`;
      inspection.say(path, `${found}, expected ${MAX_SEGMENT_LEVEL} at most`);
    }
  }
}

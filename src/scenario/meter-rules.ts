import { type Inspection, isTable, PRIME } from "./inspection.js";
import { guestRules } from "./key-rules.js";
import type { Path, Table } from "./toml.js";

export function meterRules(inspection: Inspection): void {
  for (const [path, meter] of inspection.tables("meter")) {
    inspection.reference([...path, "superior"], meter.superior, ["meter"]);
    if (isTable(meter.keeper)) keeperRules(inspection, [...path, "keeper"], meter.keeper);
  }
  loops(inspection);
}

function keeperRules(inspection: Inspection, path: Path, keeper: Table): void {
  const has = (key: string) => keeper[key] !== undefined;
  const say = (message: string) => inspection.say(path, message);
  const refills = has("refill") || has("refill-storage");
  if (!refills && !has("deny") && !has("report") && !has("start")) {
    say("found no refill, deny, report or start, expected one of them");
  }
  for (const key of ["times", "period"]) {
    if (has(key) && !refills) say(`found ${key} alone, expected refill beside it`);
  }
  if (has("times") && has("period")) say("found times and period, expected one of them at most");
  for (const key of ["refill", "refill-storage"]) {
    if (has("deny") && has(key)) say(`found ${key} and deny, expected one of them`);
  }
  for (const key of ["refill", "refill-storage", "deny", "report"]) {
    if (has("start") && has(key)) say(`found start and ${key}, expected one of them`);
  }
  guestRules(inspection, path, keeper);
}

/** Every loop is told once, at the first of its meters in the file. */
function loops(inspection: Inspection): void {
  const superiors = new Map<string, string>();
  for (const [, { name, superior }] of inspection.tables("meter")) {
    if (typeof name !== "string" || typeof superior !== "string") continue;
    if (name !== PRIME && !superiors.has(name)) superiors.set(name, superior);
  }
  const settled = new Set<string>();
  for (const start of superiors.keys()) {
    const trail: string[] = [];
    let here: string | undefined = start;
    while (here !== undefined && !settled.has(here) && !trail.includes(here)) {
      trail.push(here);
      here = superiors.get(here);
    }
    if (here !== undefined && !settled.has(here)) {
      const loop = [...trail.slice(trail.indexOf(here)), here].map((name) => `"${name}"`);
      const path = inspection.names.meter.get(here)!.slice(0, -1);
      const found = `found the loop ${loop.join(" under ")}`;
      inspection.say([...path, "superior"], `${found}, expected a chain that ends at "prime"`);
    }
    for (const name of trail) settled.add(name);
  }
}

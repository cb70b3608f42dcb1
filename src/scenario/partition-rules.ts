import type { Inspection } from "./inspection.js";
import { MOST_PARTITIONS, SYSTEM, taskShape } from "./time-shapes.js";
import type { Path, Plain, Table } from "./toml.js";

/** Whether the file has partitions at all. */
export function hasPartitions({ document }: Inspection): boolean {
  const { partitions, partition } = document.root;
  return partitions !== undefined || partition !== undefined;
}

export function partitionRules(inspection: Inspection): void {
  const tables = inspection.tables("partition");
  if (tables.length > MOST_PARTITIONS) {
    const found = `found ${tables.length} partitions`;
    const [path] = tables[MOST_PARTITIONS]!;
    inspection.say(path, `${found}, expected at most ${MOST_PARTITIONS} beside ${SYSTEM}`);
  }
  for (const [path, table] of tables) {
    inspection.reference([...path, "parent"], table.parent, ["partition"]);
    maxRule(inspection, path, table);
  }
  // Sums of what hangs in a loop say nothing.
  if (!loops(inspection)) budgetRules(inspection);
}

function maxRule(inspection: Inspection, path: Path, { budget, max }: Table): void {
  const least = percentOf(budget);
  const most = percentOf(max);
  if (least === undefined || most === undefined || most === 0 || most >= least) return;
  inspection.say([...path, "max"], `found ${most}, expected at least its budget of ${least}`);
}

/** Every loop is told once; whether there was any. */
function loops(inspection: Inspection): boolean {
  const parents = new Map<string, [Path, string]>();
  for (const [path, { name, parent = SYSTEM }] of inspection.tables("partition")) {
    if (typeof name !== "string" || typeof parent !== "string" || name === SYSTEM) continue;
    if (!parents.has(name)) parents.set(name, [path, parent]);
  }
  let found = false;
  const settled = new Set<string>();
  for (const start of parents.keys()) {
    const trail: string[] = [];
    let here: string | undefined = start;
    while (here !== undefined && !settled.has(here) && !trail.includes(here)) {
      trail.push(here);
      here = parents.get(here)?.[1];
    }
    if (here !== undefined && !settled.has(here)) {
      found = true;
      const loop = [...trail.slice(trail.indexOf(here)), here].map((name) => `"${name}"`);
      const path = [...parents.get(here)![0], "parent"];
      const expected = `expected parents that end at "${SYSTEM}"`;
      inspection.say(path, `found the loop ${loop.join(" in ")}, ${expected}`);
    }
    for (const name of trail) settled.add(name);
  }
  return found;
}

/** Each budget is taken out of the parent's, which must still have it. */
function budgetRules(inspection: Inspection): void {
  const budgets = new Map<string, number>([[SYSTEM, 100]]);
  for (const [, { name, budget }] of inspection.tables("partition")) {
    if (typeof name === "string") budgets.set(name, percentOf(budget) ?? 0);
  }
  const left = new Map(budgets);
  for (const [path, { parent = SYSTEM, budget }] of inspection.tables("partition")) {
    const wanted = percentOf(budget);
    const has = typeof parent === "string" ? left.get(parent) : undefined;
    if (wanted === undefined || has === undefined) continue;
    left.set(parent as string, hundredths(has - wanted));
    if (hundredths(has - wanted) >= 0) continue;
    const rest = `expected at most ${Math.max(0, has)}`;
    const why = `what is left of the ${budgets.get(parent as string)} % of "${parent}"`;
    inspection.say([...path, "budget"], `found ${wanted}, ${rest}: ${why}`);
  }
}

/** What partitions know of a domain has no meaning where there are none. */
export function taskRules(inspection: Inspection, path: Path, table: Table): void {
  if (hasPartitions(inspection)) {
    inspection.reference([...path, "partition"], table.partition, ["partition"]);
    return;
  }
  for (const key of Object.keys(taskShape)) {
    if (table[key] === undefined) continue;
    const expected = "expected [partitions] or a [[partition]] in the file, too";
    inspection.say([...path, key], `found it without partitions, ${expected}`, "key");
  }
}

function hundredths(number: number): number {
  return Math.round(number * 100) / 100;
}

/** Undefined for what is none: the schema says so. */
function percentOf(value: Plain | undefined): number | undefined {
  if (typeof value !== "bigint" && typeof value !== "number") return undefined;
  return value >= 0 && value <= 100 ? Number(value) : undefined;
}

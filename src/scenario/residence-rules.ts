import { checkResidence, checkScan } from "../residence-options.js";
import { attempt } from "./attempt.js";
import { type Inspection, isTable } from "./inspection.js";
import { residenceOptions, residenceSchema } from "./residence.js";
import { residenceClaimShape } from "./residence-shapes.js";
import type { Path, Table } from "./toml.js";

/** Whether the file has core residence at all. */
export function hasResidence({ document }: Inspection): boolean {
  return document.root.residence !== undefined;
}

/** What the kernel would object to in [residence] and in acts on the scan. */
export function residenceRules(inspection: Inspection): void {
  if (!hasResidence(inspection)) {
    needRules(inspection);
    return;
  }
  // What is not even of the right kind is told by the schema.
  const { success, data } = residenceSchema.safeParse({
    residence: inspection.document.root.residence,
  });
  if (!success) return;
  attempt(inspection, ["residence"], () => {
    const { period, phase, offset } = checkResidence(residenceOptions(data.residence), false)!;
    scanRules(inspection, { period, phase, offset });
  });
}

/** What an act leaves out is as the one before it, by the clock, has left it. */
function scanRules(inspection: Inspection, first: ReturnType<typeof checkScan>): void {
  const acts = inspection.tables("at").filter(([, { period }]) => typeof period === "bigint");
  let scan = first;
  for (const [path, act] of acts.toSorted(([, a], [, b]) => order(a, b))) {
    const { period, phase, offset } = act;
    if (phase !== undefined && phase !== "fixed" && phase !== "random") continue;
    const number = (value: typeof offset) =>
      typeof value === "bigint" ? Number(value) : undefined;
    const change = { period: number(period), phase, offset: number(offset) } as const;
    const objected = () => {
      scan = checkScan("", change, scan);
    };
    attempt(inspection, path, objected, path);
  }
}

function order({ cycle: a }: Table, { cycle: b }: Table): number {
  if (typeof a !== "bigint" || typeof b !== "bigint") return 0;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What has no meaning where nobody pays for core. */
function needRules(inspection: Inspection): void {
  const say = (path: Path) => {
    const expected = "expected [residence] in the file, too";
    inspection.say(path, `found it without core residence, ${expected}`, "key");
  };
  const among = (path: Path, table: Table, keys: readonly string[]) => {
    for (const key of keys) if (table[key] !== undefined) say([...path, key]);
  };
  for (const [path, meter] of inspection.tables("meter")) {
    among(path, meter, ["storage"]);
    if (isTable(meter.keeper)) among([...path, "keeper"], meter.keeper, ["refill-storage"]);
  }
  for (const [path, act] of inspection.tables("at")) among(path, act, ["storage", "period"]);
  for (const [path, claim] of inspection.tables("expect")) {
    among(path, claim, Object.keys(residenceClaimShape));
  }
}

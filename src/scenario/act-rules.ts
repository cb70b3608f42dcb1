import { type Inspection, isTable, tablesIn } from "./inspection.js";
import { keyRules } from "./key-rules.js";
import { hasPartitions } from "./partition-rules.js";
import { stringRules } from "./string-rules.js";
import { taskShape } from "./time-shapes.js";
import { describe, type Path, type Plain, type Table } from "./toml.js";

export const ACTS_ON_METERS = ["off", "on", "add", "set", "rescind", "move"] as const;
export const ACTS_ON_DOMAINS = [
  ...(["stop", "start", "move-domain", "rescind-domain", "schedule"] as const),
] as const;
/** `window` says itself how long it is to be. */
export const ACTS_ON_PARTITIONS = ["change", "window"] as const;
/** Says itself how long the scan period is to be. */
export const ACTS_ON_SCAN = ["period"] as const;
/** Acts that send a message. */
export const MESSAGES = ["send", "call"] as const;
export const ACTS = [
  ...ACTS_ON_METERS,
  ...ACTS_ON_DOMAINS,
  ...ACTS_ON_PARTITIONS,
  ...ACTS_ON_SCAN,
  ...MESSAGES,
] as const;
type Act = (typeof ACTS)[number];

/** Which act needs which other field. */
const NEEDS: { readonly [A in Act]?: string } = {
  on: "cycles",
  move: "superior",
  "move-domain": "meter",
};
/** Which fields an act can do without, too. */
const TAKES: { readonly [A in Act]?: readonly string[] } = {
  send: ["order", "text", "bytes", "numbers", "keys"],
  call: ["order", "text", "bytes", "numbers", "keys", "answer"],
  add: ["cycles", "storage"],
  set: ["cycles", "storage"],
  period: ["phase", "offset"],
  change: ["budget", "max", "critical"],
  schedule: Object.keys(taskShape),
};
/** Which acts need one of those fields at least. */
const NEEDS_ONE = ["add", "set", "change", "schedule"] as const;
const FIELDS = [
  "cycles",
  "superior",
  "meter",
  "order",
  "text",
  "bytes",
  "numbers",
  "keys",
  "answer",
  "budget",
  "max",
  ...Object.keys(taskShape),
  ...["storage", "phase", "offset"],
];
/** The fourth key of a call is where its answer goes. */
const MOST_KEYS_OF_CALL = 3;

export function actRules(inspection: Inspection): void {
  for (const [path, act] of inspection.tables("at")) {
    const acts = ACTS.filter((key) => act[key] !== undefined);
    if (acts.length !== 1) {
      const found = acts.length === 0 ? "no act" : acts.join(" and ");
      inspection.say(path, `found ${found}, expected exactly one of ${ACTS.join(", ")}`);
    }
    fieldRules(inspection, path, act, acts);
    for (const key of ACTS_ON_METERS) {
      const prime = key !== "rescind" && key !== "move";
      inspection.reference([...path, key], act[key], ["meter"], prime);
    }
    for (const key of ACTS_ON_DOMAINS) inspection.reference([...path, key], act[key], ["domain"]);
    inspection.reference([...path, "superior"], act.superior, ["meter"]);
    inspection.reference([...path, "meter"], act.meter, ["meter"]);
    messageRules(inspection, path, act);
    timeRules(inspection, path, act);
  }
}

function timeRules(inspection: Inspection, path: Path, act: Table): void {
  for (const key of NEEDS_ONE) {
    if (act[key] === undefined || TAKES[key]!.some((field) => act[field] !== undefined)) continue;
    inspection.say(path, `found ${key} alone, expected ${TAKES[key]!.join(" or ")} beside it`);
  }
  const { change, schedule, critical } = act;
  const isFlag = typeof critical === "boolean";
  if (change !== undefined && isFlag) {
    inspection.say([...path, "critical"], `found ${critical}, expected cycles beside change`);
  } else if (schedule !== undefined && critical !== undefined && !isFlag) {
    const expected = "expected true or false beside schedule";
    inspection.say([...path, "critical"], `found ${describe(critical)}, ${expected}`);
  }
  if (hasPartitions(inspection)) {
    inspection.reference([...path, "change"], act.change, ["partition"]);
    inspection.reference([...path, "partition"], act.partition, ["partition"]);
    return;
  }
  for (const key of ["schedule", ...ACTS_ON_PARTITIONS]) {
    if (act[key] === undefined) continue;
    const expected = "expected [partitions] or a [[partition]] in the file, too";
    inspection.say([...path, key], `found it without partitions, ${expected}`, "key");
  }
}

function fieldRules(inspection: Inspection, path: Path, act: Table, acts: readonly Act[]): void {
  const fits = (act: Act, field: string) => NEEDS[act] === field || TAKES[act]?.includes(field);
  for (const field of FIELDS) {
    const given = act[field] !== undefined;
    const needed = acts.find((key) => NEEDS[key] === field);
    if (given && acts.length > 0 && !acts.some((act) => fits(act, field))) {
      const users = ACTS.filter((act) => fits(act, field));
      const expected = `expected it beside ${users.join(" or ")} only`;
      const at = [...path, field];
      inspection.say(at, `found it beside ${acts.join(" and ")}, ${expected}`, "key");
    } else if (!given && needed !== undefined) {
      inspection.say([...path, field], `missing, expected beside ${needed}`);
    }
  }
}

function messageRules(inspection: Inspection, path: Path, act: Table): void {
  for (const key of MESSAGES) targetRules(inspection, [...path, key], act[key]);
  stringRules(inspection, path, act);
  const { keys } = act;
  for (const [place, key] of tablesIn([...path, "keys"], keys)) keyRules(inspection, place, key);
  if (act.call !== undefined && Array.isArray(keys) && keys.length > MOST_KEYS_OF_CALL) {
    const expected = `expected at most ${MOST_KEYS_OF_CALL} beside call`;
    inspection.say([...path, "keys"], `found ${keys.length} keys, ${expected}`);
  }
}

/** A name alone is that of a guest. */
function targetRules(inspection: Inspection, path: Path, target: Plain | undefined): void {
  if (typeof target === "string") inspection.guest(path, target);
  if (!isTable(target)) return;
  keyRules(inspection, path, target);
  if (target.console !== undefined) {
    const expected = "expected a key to something else: it is the scenario's own";
    inspection.say([...path, "console"], `found the console, ${expected}`, "key");
  }
}

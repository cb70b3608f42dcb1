import { checkTime, checkWindow } from "../billing.js";
import { attempt } from "./attempt.js";
import { type Inspection, isTable } from "./inspection.js";
import { hasPartitions } from "./partition-rules.js";
import { timeOptions, timeSchema } from "./time.js";

const USUAL_TICK = 16_000;

/** What the kernel would object to in [billing], in [partitions] and in acts on the window. */
export function timeRules(inspection: Inspection): void {
  const { billing, partitions } = inspection.document.root;
  pointRules(inspection);
  if (!faultRules(inspection)) return;
  // What is not even of the right kind is told by the schema.
  const { success, data } = timeSchema.safeParse({ billing, partitions });
  if (!success) return;
  const options = timeOptions(data, hasPartitions(inspection));
  attempt(inspection, ["billing"], () => {
    const { tick, partitions } = checkTime(options.billing, options.partitions) ?? {};
    if (tick !== undefined && partitions) criticalRules(inspection, partitions.slots * tick);
  });
  const { tick = USUAL_TICK } = data.billing ?? {};
  for (const [path, { window }] of inspection.tables("at")) {
    if (typeof window !== "bigint" || tick < 1) continue;
    const at = [...path, "window"];
    attempt(inspection, at, () => checkWindow("window", Number(window), tick));
  }
}

/** A critical budget is a part of a window on all processors. */
function criticalRules(inspection: Inspection, window: number): void {
  const { kernel } = inspection.document.root;
  const processors = isTable(kernel) ? kernel.processors : undefined;
  const most = BigInt(window) * (typeof processors === "bigint" ? processors : 1n);
  for (const [path, { critical }] of inspection.tables("partition")) {
    if (typeof critical !== "bigint" || critical <= most) continue;
    const expected = `expected at most the ${most} of a window`;
    inspection.say([...path, "critical"], `found ${critical}, ${expected}`);
  }
}

function pointRules(inspection: Inspection): void {
  const { billing } = inspection.document.root;
  const points = isTable(billing) ? billing.points : undefined;
  if (!Array.isArray(points)) return;
  for (const [index, point] of points.entries()) {
    if (points.indexOf(point) === index || typeof point !== "string") continue;
    const found = `found ${JSON.stringify(point)} again`;
    inspection.say(["billing", "points", index], `${found}, expected each point once`);
  }
}

/** Whether what a clock's fault says goes together. */
function faultRules(inspection: Inspection): boolean {
  const { billing } = inspection.document.root;
  const clock = isTable(billing) ? billing.clock : undefined;
  const fault = isTable(clock) ? clock.fault : undefined;
  if (!isTable(fault)) return true;
  const { does, by } = fault;
  const at = ["billing", "clock", "fault", "by"];
  if (does === "stop" && by !== undefined) {
    const expected = "expected it beside jump or back only";
    inspection.say(at, `found it beside does = "stop", ${expected}`, "key");
  } else if ((does === "jump" || does === "back") && by === undefined) {
    inspection.say(at, `missing, expected beside does = "${does}"`);
  } else return true;
  return false;
}

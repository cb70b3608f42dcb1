// What a survey shows, in sentences.

import { counted, grouped } from "../scenario/number.js";
import type { DelayReport, MannerReport, Tally, WayReport } from "./survey.js";

/** One sentence or two on a way, from its figures. */
export function verdict(report: WayReport): string {
  const { plan, manners } = report;
  const failed = manners.filter((manner) => !isSound(manner));
  const spared = manners.filter(isSound);
  if (failed.length === 0) {
    if (!plan.survives) return "Nothing fails where something must: nobody was stopped inside.";
    const worst = Math.max(...manners.map(({ wait }) => wait.worst ?? 0));
    const moments = counted(sum(manners, "moments"), "stop");
    const next = `the next caller gets in after ${grouped(worst)} cycles at the latest`;
    return `Survives all ${moments}: ${next}, and every transaction is done.`;
  }
  const harm = [
    `${counted(sum(failed, "never"), "time")} nobody got in any more`,
    `${grouped(sum(failed, "held"))} times a lock stayed held`,
    `${grouped(sum(failed, "lost"))} times money was missing`,
    `${counted(sum(failed, "stranded"), "waiter")} stranded`,
  ];
  const stops = grouped(sum(failed, "moments"));
  const unharmed =
    spared.length > 0 ? ` Survives: ${spared.map(({ manner }) => manner).join(", ")}.` : "";
  const which = failed.map(({ manner }) => manner).join(", ");
  const fails = plan.survives ? "Fails, but must not" : "Fails, as it can't but";
  return `${fails}: of ${stops} stops (${which}), ${harm.join(", ")}.${unharmed}`;
}

/** What a delay of the owner's meter did. */
export function delayVerdict({ delay, meanwhile, moments, wait, ok }: DelayReport): string {
  const others = `${counted(meanwhile, "transaction")} of others in ${grouped(moments)} delays`;
  const after = ok ? "after it all go on, nothing lost" : "not all go on after it";
  const worst = grouped(wait.worst ?? 0);
  return `Owner delayed ${grouped(delay)} cycles: everyone waits (${others}), ${worst} cycles at the latest; ${after}.`;
}

/** Nothing was lost, held or stranded, at any moment. */
export function isSound({ lost, held, stranded, never, done, wanted }: Tally): boolean {
  return lost + held + stranded + never === 0 && done === wanted;
}

function sum(
  manners: readonly MannerReport[],
  name: "moments" | "never" | "held" | "lost" | "stranded",
) {
  return manners.reduce((sum, manner) => sum + manner[name], 0);
}

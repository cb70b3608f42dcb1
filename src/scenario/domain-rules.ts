import { type Inspection, isTable, tablesIn } from "./inspection.js";
import { guestRules, slotRules } from "./key-rules.js";
import { taskRules } from "./partition-rules.js";
import { contentRules } from "./segment-rules.js";
import type { Path, Table } from "./toml.js";

const PAGE_SIZE = 4096n;
/** What only a program has a use for. */
const OF_PROGRAMS = ["args", "stdin", "memory", "keys", "pages"];

export function domainRules(inspection: Inspection): void {
  for (const [path, domain] of inspection.tables("domain")) {
    inspection.reference([...path, "meter"], domain.meter, ["meter"]);
    programRules(inspection, path, domain);
    slotRules(inspection, [...path, "keys"], domain.keys, true);
    if (isTable(domain.keeper)) {
      const at = [...path, "keeper"];
      if (domain.keeper.start === undefined)
        inspection.say(
          at,
          'found no start, expected a keeper that is a guest, such as { start = "guest" }',
        );
      guestRules(inspection, at, domain.keeper);
    }
    pageRules(inspection, [...path, "pages"], domain);
    taskRules(inspection, path, domain);
  }
}

function programRules(inspection: Inspection, path: Path, domain: Table): void {
  const { program, bursts } = domain;
  if (program !== undefined && bursts !== undefined) {
    const found = "found program and bursts, expected one of them";
    inspection.say([...path, "bursts"], found, "key");
  } else if (program === undefined && bursts === undefined) {
    inspection.say(path, "found no program and no bursts, expected one of them");
  }
  if (bursts !== undefined && program === undefined) {
    for (const key of OF_PROGRAMS) {
      if (domain[key] === undefined) continue;
      const found = "found bursts beside it, expected it with a program only";
      inspection.say([...path, key], found, "key");
    }
  }
  if (isTable(bursts)) burstsRules(inspection, [...path, "bursts"], bursts);
}

function burstsRules(inspection: Inspection, path: Path, bursts: Table): void {
  for (const key of ["run", "wait"]) {
    const span = bursts[key];
    if (!Array.isArray(span)) continue;
    const [least, most] = span;
    if (typeof least === "bigint" && typeof most === "bigint" && least > most) {
      const found = `found [${least}, ${most}]`;
      inspection.say([...path, key], `${found}, expected the least first`);
    }
  }
  const { wait, every, phase } = bursts;
  if (every !== undefined && wait !== undefined) {
    inspection.say([...path, "every"], "found wait and every, expected one of them", "key");
  }
  if (phase === undefined) return;
  if (every === undefined) {
    inspection.say([...path, "phase"], "found phase alone, expected every beside it", "key");
  } else if (typeof phase === "bigint" && typeof every === "bigint" && phase >= every) {
    inspection.say([...path, "phase"], `found ${phase}, expected less than every, ${every}`);
  }
}

/** Where pages and segments are mapped; whether the program is in the way is looked at once it is loaded. */
function pageRules(inspection: Inspection, path: Path, domain: Table): void {
  const taken = new Map<bigint, Path>();
  for (const [place, content] of tablesIn(path, domain.pages)) {
    contentRules(inspection, place, content);
    const { at } = content;
    if (typeof at !== "bigint") continue;
    const where = [...place, "at"];
    const found = `found 0x${at.toString(16)}`;
    if (at % PAGE_SIZE !== 0n) {
      inspection.say(where, `${found}, expected a multiple of 4096`);
    } else if (taken.has(at)) {
      const { line } = inspection.document.problem(taken.get(at)!, "");
      const again = `${found} again (first on line ${line})`;
      inspection.say(where, `${again}, expected an address of its own`);
    } else taken.set(at, where);
  }
}

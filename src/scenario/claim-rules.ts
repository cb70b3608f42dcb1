import { type Inspection, isTable, tablesIn } from "./inspection.js";
import { hasPartitions } from "./partition-rules.js";
import { PAGING_CLAIMS, RESIDENCE_SHARES, STORAGE_CLAIMS } from "./residence-shapes.js";
import { BOUNDS } from "./schema.js";
import { stringRules } from "./string-rules.js";
import { SHARES } from "./time-shapes.js";
import { describe, type Path, type Table } from "./toml.js";

/** What a claim can be about, and what it can then claim. */
const CLAIMS = {
  domain: [
    ...(["exit", "state", "output", "output-contains", "trap", "consumed", "console"] as const),
    ...(["billed", "ran", "error", "share"] as const),
    ...(["returned", "failed", "exhausted", "result"] as const),
  ],
  meter: ["consumed", "counter", "keeper-calls", ...STORAGE_CLAIMS],
  answer: ["answered", "order", "text", "bytes", "numbers"],
  page: ["text", "bytes", "numbers", "word"],
  partition: [
    ...(["share", "used", "used-10", "used-100", "billed"] as const),
    ...(["critical-used", "bankrupt", "bankruptcies"] as const),
  ],
} as const;
/** What only a clock that bills can say. */
const OF_CLOCK = ["idle-share", "backwards", "jumps", "missed-ticks"];
const OF_TIME = [...["billed", "ran", "error", "share"], ...OF_CLOCK];
const WORLD_CLAIMS = ["conserved", "idle", "messages", "stalls", ...OF_CLOCK, ...PAGING_CLAIMS];
const SUBJECTS = Object.keys(CLAIMS) as (keyof typeof CLAIMS)[];
const ALL = [...new Set([...Object.values(CLAIMS).flat(), ...WORLD_CLAIMS])];
const OF_CALLS = ["returned", "failed", "exhausted", "result"];
const PAGE_SIZE = 4096n;

export function claimRules(inspection: Inspection): void {
  for (const [path, claim] of inspection.tables("expect")) {
    const about = SUBJECTS.filter((key) => claim[key] !== undefined);
    if (about.length > 1) {
      inspection.say(path, `found ${about.join(" and ")}, expected one of them at most`);
    }
    for (const subject of SUBJECTS) {
      if (subject === "partition" && !hasPartitions(inspection)) continue;
      inspection.reference([...path, subject], claim[subject], [subject]);
    }
    fittingRules(inspection, path, claim, about[0]);
    callRules(inspection, path, claim);
    stringRules(inspection, path, claim);
    for (const [place, told] of tablesIn([...path, "console"], claim.console)) {
      stringRules(inspection, place, told);
    }
    for (const key of BOUNDS) boundsRules(inspection, [...path, key], claim);
    for (const key of [...SHARES, ...RESIDENCE_SHARES])
      sharesRules(inspection, [...path, key], claim);
    timeRules(inspection, path, claim);
  }
}

function fittingRules(
  inspection: Inspection,
  path: Path,
  claim: Table,
  subject: keyof typeof CLAIMS | undefined,
): void {
  const fitting: readonly string[] = subject === undefined ? WORLD_CLAIMS : CLAIMS[subject];
  const given = ALL.filter((key) => claim[key] !== undefined);
  const where =
    subject === undefined
      ? `without ${SUBJECTS.join(", ").replace(/, (?=\w+$)/, " or ")}`
      : `about ${subject === "answer" ? "an" : "a"} ${subject}`;
  for (const key of given.filter((key) => !fitting.includes(key))) {
    inspection.say([...path, key], `found it ${where}, expected ${fitting.join(", ")}`, "key");
  }
  if (claim.idle !== undefined && claim.cycle !== undefined) {
    const found = "found it beside cycle, expected it of the end only";
    inspection.say([...path, "idle"], found, "key");
  }
  if (claim.offset !== undefined && subject !== "page") {
    inspection.say([...path, "offset"], `found it ${where}, expected it about a page only`, "key");
  }
  if (subject === "page") rangeRules(inspection, path, claim);
  if (given.length === 0) {
    inspection.say(path, `found no claim, expected one of ${fitting.join(", ")}`);
  }
}

/** What is claimed of a page must lie in it. */
function rangeRules(inspection: Inspection, path: Path, claim: Table): void {
  const { text, bytes, numbers, word, offset = 0n } = claim;
  const length = Math.max(
    typeof text === "string" ? Buffer.byteLength(text) : 0,
    Array.isArray(bytes) ? bytes.length : 0,
    Array.isArray(numbers) ? 8 * numbers.length : 0,
    word === undefined ? 0 : 4,
  );
  if (typeof offset !== "bigint" || offset + BigInt(length) <= PAGE_SIZE) return;
  const found = `found ${length} bytes from ${offset}`;
  inspection.say([...path, "offset"], `${found}, expected the page to hold them: 4096 bytes`);
}

/** Claims on calls are about a domain that is called. */
function callRules(inspection: Inspection, path: Path, claim: Table): void {
  const domain = inspection.domain(claim.domain);
  const isKnown = domain !== undefined || inspection.isLocker(claim.domain);
  if (!isKnown || isTable(domain?.program)) return;
  for (const key of OF_CALLS) {
    if (claim[key] === undefined) continue;
    const found = `found it about ${describe(claim.domain)}`;
    const expected = "expected it about a domain that is WebAssembly";
    inspection.say([...path, key], `${found}, ${expected}`, "key");
  }
}

/** Claims on billing by a clock need one. */
function timeRules(inspection: Inspection, path: Path, claim: Table): void {
  if (hasPartitions(inspection)) return;
  if (claim.partition !== undefined) {
    const expected = "expected [partitions] or a [[partition]] in the file, too";
    inspection.say([...path, "partition"], `found it without partitions, ${expected}`, "key");
  }
  if (inspection.document.root.billing !== undefined) return;
  for (const key of OF_TIME) {
    if (claim[key] === undefined) continue;
    const expected = "expected [billing] or [partitions] in the file, too";
    inspection.say([...path, key], `found it where cycles are counted, ${expected}`, "key");
  }
}

function boundsRules(inspection: Inspection, path: Path, claim: Table): void {
  const bounds = claim[path.at(-1)!];
  if (!isTable(bounds)) return;
  if (bounds.min === undefined && bounds.max === undefined) {
    inspection.say(path, "found no min and no max, expected one of them at least");
  }
  orderRule(inspection, path, bounds);
}

function orderRule(inspection: Inspection, path: Path, { min, max }: Table): void {
  const isCount = (value: unknown) => typeof value === "bigint" || typeof value === "number";
  if (isCount(min) && isCount(max) && min! > max!) {
    inspection.say(path, `found min ${min} above max ${max}, expected the least first`);
  }
}

/** Between two percentages, or within so much about one. */
function sharesRules(inspection: Inspection, path: Path, claim: Table): void {
  const shares = claim[path.at(-1)!];
  if (!isTable(shares)) return;
  const given = ["min", "max", "about", "within"].filter((key) => shares[key] !== undefined);
  const ways = ["min", "max", "min max", "about within"];
  if (!ways.includes(given.join(" "))) {
    const found = given.length === 0 ? "nothing" : given.join(", ");
    inspection.say(path, `found ${found}, expected min, max or both, or about and within`);
  }
  orderRule(inspection, path, shares);
}

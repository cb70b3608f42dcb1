import { didYouMean } from "./nearest.js";
import type { Problem } from "./problem.js";
import { MAX_COPIES } from "./schema.js";
import { describe, type Path, type Plain, type Table, type TomlDocument } from "./toml.js";

// What the schema cannot say: which fields go together, and that names are unique and known. These
// rules look at the file as it stands, so that they find their faults beside those of the schema.

export const ACTS_ON_METERS = ["off", "on", "add", "set", "rescind", "move"] as const;
export const ACTS_ON_DOMAINS = ["stop", "start", "move-domain"] as const;
const ACTS: readonly string[] = [...ACTS_ON_METERS, ...ACTS_ON_DOMAINS];
/** Which act needs which other field. */
const ACT_FIELDS: Readonly<Record<string, string>> = {
  on: "cycles",
  add: "cycles",
  set: "cycles",
  move: "superior",
  "move-domain": "meter",
};
const DOMAIN_CLAIMS = ["exit", "state", "output", "output-contains", "trap", "consumed"];
const METER_CLAIMS = ["consumed", "counter", "keeper-calls"];
const WORLD_CLAIMS = ["conserved", "idle"];
export const PRIME = "prime";

/** Every breach of these rules in a scenario file. */
export function breaches(document: TomlDocument): Problem[] {
  return new Rules(document).problems;
}

class Rules {
  readonly problems: Problem[] = [];
  readonly #meters: Map<string, Path>;
  readonly #domains: Map<string, Path>;

  constructor(readonly document: TomlDocument) {
    this.#kernel();
    this.#meters = this.#names("meter");
    this.#domains = this.#names("domain");
    for (const [path, meter] of this.#tables("meter")) this.#meter(path, meter);
    this.#loops();
    for (const [path, domain] of this.#tables("domain")) this.#domain(path, domain);
    for (const [path, act] of this.#tables("at")) this.#act(path, act);
    for (const [path, claim] of this.#tables("expect")) this.#expectation(path, claim);
  }

  #tables(key: string): [Path, Table][] {
    const list = this.document.root[key];
    if (!Array.isArray(list)) return [];
    return list.flatMap((table, index): [Path, Table][] =>
      isTable(table) ? [[[key, index], table]] : [],
    );
  }

  #say(path: Path, message: string, at?: "key"): void {
    this.problems.push(this.document.problem(path, message, at));
  }

  #kernel(): void {
    const { kernel } = this.document.root;
    if (!isTable(kernel) || kernel.seed === undefined || kernel.processors !== undefined) return;
    this.#say(["kernel", "seed"], "found seed alone, expected processors beside it");
  }

  /** The names that tables of this kind give, those of copies included. */
  #names(kind: "meter" | "domain"): Map<string, Path> {
    const names = new Map<string, Path>();
    const take = (name: string, path: Path): boolean => {
      const first = names.get(name);
      if (first === undefined) return names.set(name, path) !== undefined;
      const { line } = this.document.problem(first, "");
      const found = `found ${describe(name)} again (first on line ${line})`;
      this.#say(path, `${found}, expected a name of its own`);
      return false;
    };
    for (const [path, { name, count }] of this.#tables(kind)) {
      if (typeof name !== "string") continue;
      if (kind === "meter" && name === PRIME) {
        this.#say([...path, "name"], `found "prime", expected a name other than the prime meter's`);
        continue;
      }
      let free = take(name, [...path, "name"]);
      if (typeof count !== "bigint" || count > MAX_COPIES) continue;
      for (let copy = 0; free && copy < count; copy++) {
        free = take(`${name}-${copy}`, [...path, "name"]);
      }
    }
    return names;
  }

  #reference(path: Path, name: Plain | undefined, kind: "meter" | "domain", prime = true): void {
    if (typeof name !== "string") return;
    const known = kind === "meter" ? this.#meters : this.#domains;
    if (known.has(name)) return;
    if (kind === "meter" && name === PRIME) {
      if (!prime) this.#say(path, `found "prime", expected a meter other than the prime meter`);
      return;
    }
    const names = kind === "meter" && prime ? [PRIME, ...known.keys()] : known.keys();
    const expected = kind === "meter" ? "the name of a meter" : "the name of a domain";
    this.#say(path, `found ${describe(name)}, expected ${expected}${didYouMean(name, names)}`);
  }

  #meter(path: Path, meter: Table): void {
    this.#reference([...path, "superior"], meter.superior, "meter");
    const { keeper } = meter;
    if (!isTable(keeper)) return;
    const at = [...path, "keeper"];
    const has = (key: string) => keeper[key] !== undefined;
    if (!has("refill") && !has("deny") && !has("report")) {
      this.#say(at, "found no refill, deny or report, expected one of them");
    }
    for (const key of ["times", "period"]) {
      if (has(key) && !has("refill"))
        this.#say(at, `found ${key} alone, expected refill beside it`);
    }
    if (has("times") && has("period")) {
      this.#say(at, "found times and period, expected one of them at most");
    }
    if (has("deny") && has("refill")) {
      this.#say(at, "found refill and deny, expected one of them");
    }
  }

  /** Every loop is told once, at the first of its meters in the file. */
  #loops(): void {
    const superiors = new Map<string, string>();
    for (const [, { name, superior }] of this.#tables("meter")) {
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
        const path = this.#meters.get(here)!.slice(0, -1);
        const found = `found the loop ${loop.join(" under ")}`;
        this.#say([...path, "superior"], `${found}, expected a chain that ends at "prime"`);
      }
      for (const name of trail) settled.add(name);
    }
  }

  #domain(path: Path, domain: Table): void {
    this.#reference([...path, "meter"], domain.meter, "meter");
    const { program, bursts } = domain;
    if (program !== undefined && bursts !== undefined) {
      this.#say([...path, "bursts"], "found program and bursts, expected one of them", "key");
    } else if (program === undefined && bursts === undefined) {
      this.#say(path, "found no program and no bursts, expected one of them");
    }
    if (bursts !== undefined && program === undefined) {
      for (const key of ["args", "stdin", "memory"]) {
        if (domain[key] === undefined) continue;
        this.#say([...path, key], "found bursts beside it, expected it with a program only", "key");
      }
    }
    for (const key of ["run", "wait"]) {
      const span = isTable(bursts) ? bursts[key] : undefined;
      if (!Array.isArray(span)) continue;
      const [least, most] = span;
      if (typeof least === "bigint" && typeof most === "bigint" && least > most) {
        const found = `found [${least}, ${most}]`;
        this.#say([...path, "bursts", key], `${found}, expected the least first`);
      }
    }
  }

  #act(path: Path, act: Table): void {
    const acts = ACTS.filter((key) => act[key] !== undefined);
    if (acts.length !== 1) {
      const found = acts.length === 0 ? "no act" : acts.join(" and ");
      this.#say(path, `found ${found}, expected exactly one of ${ACTS.join(", ")}`);
    }
    const needed = acts.map((key) => ACT_FIELDS[key]);
    for (const field of ["cycles", "superior", "meter"]) {
      const given = act[field] !== undefined;
      if (given && acts.length > 0 && !needed.includes(field)) {
        const users = Object.keys(ACT_FIELDS).filter((key) => ACT_FIELDS[key] === field);
        const expected = `expected it beside ${users.join(" or ")} only`;
        this.#say([...path, field], `found it beside ${acts.join(" and ")}, ${expected}`, "key");
      } else if (!given && needed.includes(field)) {
        const act = acts.find((key) => ACT_FIELDS[key] === field);
        this.#say([...path, field], `missing, expected beside ${act}`);
      }
    }
    for (const key of ACTS_ON_METERS) {
      const prime = key !== "rescind" && key !== "move";
      this.#reference([...path, key], act[key], "meter", prime);
    }
    for (const key of ACTS_ON_DOMAINS) this.#reference([...path, key], act[key], "domain");
    this.#reference([...path, "superior"], act.superior, "meter");
    this.#reference([...path, "meter"], act.meter, "meter");
  }

  #expectation(path: Path, claim: Table): void {
    const about = ["domain", "meter"].filter((key) => claim[key] !== undefined);
    if (about.length > 1) this.#say(path, "found domain and meter, expected one of them at most");
    this.#reference([...path, "domain"], claim.domain, "domain");
    this.#reference([...path, "meter"], claim.meter, "meter");
    const subject = about[0];
    const fitting =
      subject === "domain" ? DOMAIN_CLAIMS : subject === "meter" ? METER_CLAIMS : WORLD_CLAIMS;
    const all = new Set([...DOMAIN_CLAIMS, ...METER_CLAIMS, ...WORLD_CLAIMS]);
    const given = [...all].filter((key) => claim[key] !== undefined);
    for (const key of given.filter((key) => !fitting.includes(key))) {
      const where = subject === undefined ? "without a domain or meter" : `about a ${subject}`;
      const expected = `expected ${fitting.join(", ")}`;
      this.#say([...path, key], `found it ${where}, ${expected}`, "key");
    }
    if (claim.idle !== undefined && claim.cycle !== undefined) {
      this.#say([...path, "idle"], "found it beside cycle, expected it of the end only", "key");
    }
    if (given.length === 0) {
      this.#say(path, `found no claim, expected one of ${fitting.join(", ")}`);
    }
    for (const key of ["consumed", "counter", "keeper-calls"]) {
      const bounds = claim[key];
      if (!isTable(bounds)) continue;
      const { min, max } = bounds;
      if (min === undefined && max === undefined) {
        this.#say([...path, key], "found no min and no max, expected one of them at least");
      }
      if (typeof min === "bigint" && typeof max === "bigint" && min > max) {
        this.#say([...path, key], `found min ${min} above max ${max}, expected the least first`);
      }
    }
  }
}

function isTable(value: Plain | undefined): value is Table {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}

import { didYouMean } from "../nearest.js";
import type { Problem } from "./problem.js";
import { LOCKER } from "./residence-shapes.js";
import { MAX_COPIES } from "./schema.js";
import { SYSTEM } from "./time-shapes.js";
import { describe, type Path, type Plain, type Table, type TomlDocument } from "./toml.js";

/** The meter above all others. */
export const PRIME = "prime";
/** How a domain names itself among its keys. */
export const SELF = "self";

/** What tables give names to. A call gives one to its answer. */
type Kind =
  | "meter"
  | "domain"
  | "partition"
  | "node"
  | "page"
  | "segment"
  | "join"
  | "wait"
  | "answer";

/** A scenario file under inspection: the names that it gives, and what is wrong so far. */
export class Inspection {
  readonly problems: Problem[] = [];
  /** Nodes and meters have no name in common: keys to either are alike. */
  readonly names: Readonly<Record<Kind, Map<string, Path>>>;
  readonly #domains = new Map<string, Table>();

  constructor(readonly document: TomlDocument) {
    const names = {
      page: new Map(),
      segment: new Map(),
      join: new Map(),
      wait: new Map(),
      answer: new Map(),
    };
    const partition = new Map<string, Path>([[SYSTEM, []]]);
    const locker = document.root.residence === undefined ? [] : [[LOCKER, ["residence"]] as const];
    const [meter, domain] = [new Map<string, Path>(locker), new Map<string, Path>(locker)];
    this.names = { meter, domain, node: new Map(), partition, ...names };
    const { node } = this.names;
    for (const [path, table] of this.tables("meter")) this.#name(meter, path, table);
    for (const [path, table] of this.tables("node")) this.#name(node, path, table, [meter]);
    for (const [path, table] of this.tables("domain")) this.#domain(path, table);
    for (const [path, table] of this.tables("partition")) this.#name(partition, path, table);
    for (const kind of ["page", "segment", "join", "wait"] as const) {
      for (const [path, table] of this.tables(kind)) this.#name(this.names[kind], path, table);
    }
    for (const [path, { answer }] of this.tables("at")) {
      if (typeof answer === "string") this.#take(this.names.answer, answer, [...path, "answer"]);
    }
  }

  tables(key: string): [Path, Table][] {
    const list = this.document.root[key];
    return Array.isArray(list) ? tablesIn([key], list) : [];
  }

  say(path: Path, message: string, at?: "key"): void {
    this.problems.push(this.document.problem(path, message, at));
  }

  /** Says so where `name` is given, but not to a thing of one of these kinds. */
  reference(path: Path, name: Plain | undefined, kinds: readonly Kind[], prime = true): boolean {
    if (typeof name !== "string") return false;
    if (kinds.some((kind) => this.names[kind].has(name))) return true;
    const primed = kinds.includes("meter");
    if (primed && name === PRIME) {
      if (!prime) this.say(path, `found "prime", expected a meter other than the prime meter`);
      return prime;
    }
    const known = kinds.flatMap((kind) => [...this.names[kind].keys()]);
    const names = primed && prime ? [PRIME, ...known] : known;
    const [first] = kinds;
    const article = first === "answer" ? "an" : "a";
    const expected = `expected the name of ${article} ${kinds.join(" or ")}`;
    this.say(path, `found ${describe(name)}, ${expected}${didYouMean(name, names)}`);
    return false;
  }

  /** The table of a domain, or of several copies; undefined for what is none. */
  domain(name: Plain | undefined): Table | undefined {
    return typeof name === "string" ? this.#domains.get(name) : undefined;
  }

  /** Whether it is the page-locking process, which the kernel makes and not the file. */
  isLocker(name: Plain | undefined): boolean {
    return name === LOCKER && this.document.root.residence !== undefined;
  }

  /** A domain that a key can name: one alone, or one of several copies. */
  single(path: Path, name: Plain | undefined): Table | undefined {
    if (!this.reference(path, name, ["domain"])) return undefined;
    if (this.isLocker(name)) {
      const found = `found "${LOCKER}", which is the kernel's own`;
      this.say(path, `${found}, expected a domain of the file`);
      return undefined;
    }
    const domain = this.#domains.get(name as string)!;
    if (domain.name !== name || domain.count === undefined) return domain;
    const expected = `expected one of them, such as ${describe(`${name}-0`)}`;
    this.say(path, `found ${describe(name)}, which is several, ${expected}`);
    return undefined;
  }

  /** A domain that can take messages. */
  guest(path: Path, name: Plain | undefined): void {
    const domain = this.single(path, name);
    if (domain === undefined) return;
    if (domain.bursts !== undefined) {
      const found = `found ${describe(name)}, which has bursts`;
      this.say(path, `${found}, expected a domain with a program`);
    } else if (isTable(domain.program)) {
      const found = `found ${describe(name)}, which is WebAssembly`;
      this.say(path, `${found}, expected a domain with an ELF program`);
    }
  }

  #name(names: Map<string, Path>, path: Path, { name }: Table, beside: Map<string, Path>[] = []) {
    if (typeof name !== "string") return;
    const at = [...path, "name"];
    if (name === PRIME && (names === this.names.meter || names === this.names.node)) {
      this.say(at, `found "prime", expected a name other than the prime meter's`);
    } else if (this.isLocker(name) && (names === this.names.meter || names === this.names.node)) {
      this.#refuseLocker(at);
    } else if (name === SYSTEM && names === this.names.partition) {
      this.say(at, `found "${SYSTEM}", expected a name other than that of the first partition`);
    } else this.#take(names, name, at, beside);
  }

  #domain(path: Path, table: Table): void {
    const { name, count } = table;
    if (typeof name !== "string") return;
    const at = [...path, "name"];
    if (name === SELF) {
      this.say(at, `found "self", expected a name other than the one domains call themselves by`);
      return;
    }
    if (this.isLocker(name)) {
      this.#refuseLocker(at);
      return;
    }
    const names = this.names.domain;
    let free = this.#take(names, name, at);
    if (free) this.#domains.set(name, table);
    if (typeof count !== "bigint" || count > MAX_COPIES) return;
    for (let copy = 0; free && copy < count; copy++) {
      free = this.#take(names, `${name}-${copy}`, at);
      if (free) this.#domains.set(`${name}-${copy}`, table);
    }
  }

  #refuseLocker(path: Path): void {
    const found = `found "${LOCKER}"`;
    this.say(path, `${found}, expected a name other than that of the page-locking process`);
  }

  #take(names: Map<string, Path>, name: string, path: Path, beside: Map<string, Path>[] = []) {
    const first = [names, ...beside].map((names) => names.get(name)).find((path) => path);
    if (first === undefined) return names.set(name, path) !== undefined;
    const { line } = this.document.problem(first, "");
    const found = `found ${describe(name)} again (first on line ${line})`;
    this.say(path, `${found}, expected a name of its own`);
    return false;
  }
}

/** The tables of an array, each with its path. */
export function tablesIn(path: Path, list: Plain | undefined): [Path, Table][] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((table, index): [Path, Table][] =>
    isTable(table) ? [[[...path, index], table]] : [],
  );
}

export function isTable(value: Plain | undefined): value is Table {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}

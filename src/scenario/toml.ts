import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import { grouped } from "./number.js";
import { type Place, type Problem, ScenarioError } from "./problem.js";

/** What a TOML file holds. Integers are bigint, so that none loses a digit. */
export type Plain = string | bigint | number | boolean | Date | Plain[] | Table;
export interface Table {
  [key: string]: Plain;
}
export type Path = readonly (string | number)[];

/** A parsed TOML file that remembers where every key and every value stands. */
export class TomlDocument {
  readonly root: Table = Object.create(null);
  readonly #values = new Map<string, Place>();
  readonly #keys = new Map<string, Place>();

  /** Throws ScenarioError with the one problem that the parser stopped at. */
  constructor(
    readonly file: string,
    text: string,
  ) {
    let program: AST.TOMLProgram;
    try {
      program = parseTOML(text, { tomlVersion: "1.0.0" });
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const place = { line: error.lineNumber, column: error.column + 1 };
      const message = `not TOML: ${lowered(error.message)}`;
      throw new ScenarioError([{ file, ...place, key: "", message }]);
    }
    for (const node of program.body[0].body) {
      if (node.type === "TOMLKeyValue") this.#assign([], node);
      else {
        this.#container(node.resolvedKey);
        for (const [index] of node.resolvedKey.entries()) {
          this.#mark(this.#values, node.resolvedKey.slice(0, index + 1), node);
        }
        for (const pair of node.body) this.#assign(node.resolvedKey, pair);
      }
    }
  }

  /** What is wrong at `path`: at its value or, where `at` says so or there is none, at its key. */
  problem(path: Path, message: string, at: "key" | "value" = "value"): Problem {
    return { file: this.file, ...this.#place(path, at), key: keyName(path), message };
  }

  at(path: Path): Plain | undefined {
    let value: Plain | undefined = this.root;
    for (const step of path) {
      if (typeof value !== "object" || value instanceof Date) return undefined;
      value = (value as Table)[step];
    }
    return value;
  }

  #place(path: Path, at: "key" | "value"): Place {
    for (let length = path.length; length > 0; length--) {
      const name = nameOf(path.slice(0, length));
      const key = this.#keys.get(name);
      const place = (at === "key" && key) || this.#values.get(name) || key;
      if (place) return place;
    }
    return { line: 1, column: 1 };
  }

  #mark(places: Map<string, Place>, path: Path, { loc }: AST.TOMLNode): void {
    const name = nameOf(path);
    if (!places.has(name)) {
      places.set(name, { line: loc.start.line, column: loc.start.column + 1 });
    }
  }

  #container(path: Path): Plain {
    let here: Plain = this.root;
    for (const [index, step] of path.entries()) {
      const table = here as Table;
      table[step] ??= typeof path[index + 1] === "number" ? [] : Object.create(null);
      here = table[step] as Plain;
    }
    return here;
  }

  #assign(base: Path, pair: AST.TOMLKeyValue): void {
    const steps = pair.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value));
    const path = [...base, ...steps];
    for (let length = base.length + 1; length <= path.length; length++) {
      this.#mark(this.#keys, path.slice(0, length), pair.key);
    }
    const table = this.#container(path.slice(0, -1)) as Table;
    table[path.at(-1) as string] = this.#plain(path, pair.value);
  }

  #plain(path: Path, node: AST.TOMLContentNode): Plain {
    this.#mark(this.#values, path, node);
    if (node.type === "TOMLArray") {
      return node.elements.map((element, index) => this.#plain([...path, index], element));
    }
    if (node.type === "TOMLInlineTable") {
      const table: Table = Object.create(null);
      // Assigned below through the path, so the table must be in its place first.
      const parent = this.#container(path.slice(0, -1)) as Table;
      parent[path.at(-1) as string] = table;
      for (const pair of node.body) this.#assign(path, pair);
      return table;
    }
    return node.kind === "integer" ? node.bigint : node.value;
  }
}

/** `meter[2].keeper.refill` */
export function keyName(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      const word = /^[\w-]+$/.test(step) ? step : JSON.stringify(step);
      return index === 0 ? word : `.${word}`;
    })
    .join("");
}

/** A value as a message shows it: short, and in TOML's own words. */
export function describe(value: Plain | undefined): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    if (value.length <= 40) return JSON.stringify(value);
    const size = grouped(Buffer.byteLength(value));
    return `${JSON.stringify(`${value.slice(0, 39)}…`)} of ${size} bytes`;
  }
  if (value instanceof Date) return "a date";
  if (Array.isArray(value))
    return value.length === 0 ? "an empty array" : `an array of ${grouped(value.length)}`;
  return typeof value === "object" ? "a table" : String(value);
}

function nameOf(path: Path): string {
  return JSON.stringify(path);
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

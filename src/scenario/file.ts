import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ElfError } from "../errors.js";
import { bursts, loadElf, type Program } from "../index.js";
import { didYouMean } from "./nearest.js";
import { type Problem, ScenarioError } from "./problem.js";
import { breaches, PRIME } from "./rules.js";
import type { DomainPlan, MeterPlan, Scenario } from "./scenario.js";
import { KNOWN_KEYS, type ScenarioData, scenarioSchema } from "./schema.js";
import { describe, TomlDocument } from "./toml.js";

/** Reads and checks a scenario file and its programs. Throws ScenarioError with all problems. */
export function loadScenario(file: string): Scenario {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const message = `found ${fileFault(error)}, expected a scenario file`;
    throw new ScenarioError([{ file, line: 1, column: 1, key: "", message }]);
  }
  return parseScenario(file, text);
}

/** Checks a scenario's text; `program` paths are relative to the folder of `file`. */
export function parseScenario(file: string, text: string): Scenario {
  const document = new TomlDocument(file, text);
  const programs = new Programs(document);
  const parsed = scenarioSchema.safeParse(document.root);
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((i) => explain(document, i));
  problems.push(...breaches(document), ...programs.problems);
  if (!parsed.success || problems.length > 0) throw new ScenarioError(inOrder(problems));
  return plan(document, parsed.data, programs);
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function explain(document: TomlDocument, issue: Issue): Problem[] {
  const path = issue.path as (string | number)[];
  if (issue.code === "unrecognized_keys") {
    const table = path.filter((step) => typeof step === "string").join(".");
    const known = KNOWN_KEYS[table] ?? [];
    return issue.keys!.map((key) => {
      const message = `unknown key${didYouMean(key, known)}, expected one of ${known.join(", ")}`;
      return document.problem([...path, key], message, "key");
    });
  }
  const value = document.at(path);
  const found = value === undefined ? "missing" : `found ${describe(value)}`;
  return [document.problem(path, `${found}, expected ${issue.message}`)];
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** The programs that a scenario names, each file loaded once. */
class Programs {
  readonly problems: Problem[] = [];
  readonly #loaded = new Map<string, Program | string>();

  constructor(document: TomlDocument) {
    const domains = document.root.domain;
    if (!Array.isArray(domains)) return;
    for (const index of domains.keys()) {
      const path = ["domain", index, "program"];
      const name = document.at(path);
      if (typeof name !== "string") continue;
      if (!this.#loaded.has(name)) this.#loaded.set(name, load(document.file, name));
      const program = this.#loaded.get(name)!;
      if (typeof program === "string") this.problems.push(document.problem(path, program));
    }
  }

  get(name: string): Program {
    return this.#loaded.get(name) as Program;
  }
}

/** The program, or what is wrong with it. */
function load(file: string, name: string): Program | string {
  const path = resolve(dirname(file), name);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const expected = "expected a program file, by its path from the scenario file";
    return `found ${fileFault(error)} at ${path}, ${expected}`;
  }
  try {
    return loadElf(bytes);
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    return `found a bad program, ${describe(name)}: ${error.message} (${error.code})`;
  }
}

function fileFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "a folder";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "a file that is not UTF-8";
  if (code === "EACCES") return "a file that may not be read";
  return message;
}

function plan(document: TomlDocument, data: ScenarioData, programs: Programs): Scenario {
  const planned = <Row extends object>(kind: string, row: Row, index: number) => ({
    ...row,
    problem: (message: string, key?: string) =>
      document.problem([kind, index, ...(key === undefined ? [] : [key])], message),
  });
  const domains = data.domain.map((row, index): DomainPlan => {
    const { program, bursts: description, count, ...rest } = row;
    const names = count === undefined ? [row.name] : copies(row.name, count);
    const made = description === undefined ? programs.get(program!) : bursts(description);
    return { ...planned("domain", rest, index), names, program: made };
  });
  const { "kernel-costs": kernelCosts, "ignore-dry": ignoreDry, ...kernel } = data.kernel;
  return {
    file: document.file,
    kernel: { ...kernel, kernelCosts, ignoreDry },
    meters: superiorsFirst(data.meter.map((row, index) => planned("meter", row, index))),
    domains,
    acts: data.at
      .map((row, index) => planned("at", row, index))
      .toSorted((a, b) => (a.cycle < b.cycle ? -1 : a.cycle > b.cycle ? 1 : 0)),
    claims: data.expect,
    synthetic: data.domain.some(({ bursts }) => bursts !== undefined),
    problem: (message) => document.problem([], message),
  };
}

function copies(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, copy) => `${name}-${copy}`);
}

/** The rules have refused loops and unknown names, so that every pass places a meter. */
function superiorsFirst(meters: readonly MeterPlan[]): MeterPlan[] {
  const placed = new Set([PRIME]);
  const ordered: MeterPlan[] = [];
  while (ordered.length < meters.length) {
    for (const meter of meters) {
      if (placed.has(meter.name) || !placed.has(meter.superior)) continue;
      placed.add(meter.name);
      ordered.push(meter);
    }
  }
  return ordered;
}

import { readFileSync } from "node:fs";
import { bursts } from "../index.js";
import { didYouMean } from "../nearest.js";
import { isTable, PRIME } from "./inspection.js";
import { Modules, planOf } from "./modules.js";
import { type Problem, ScenarioError } from "./problem.js";
import { fileFault, Programs } from "./programs.js";
import { residenceOptions } from "./residence.js";
import { LOCKER } from "./residence-shapes.js";
import { breaches } from "./rules.js";
import type { DomainPlan, Scenario } from "./scenario.js";
import { KNOWN_KEYS, type ScenarioData, scenarioSchema } from "./schema.js";
import { timeOptions } from "./time.js";
import { SYSTEM } from "./time-shapes.js";
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
  const modules = new Modules(document);
  const parsed = scenarioSchema.safeParse(document.root);
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((i) => explain(document, i));
  problems.push(...breaches(document, programs, modules));
  problems.push(...programs.problems, ...modules.problems);
  if (!parsed.success || problems.length > 0) throw new ScenarioError(inOrder(problems));
  const programOf = (row: ScenarioData["domain"][number]) => {
    const { program, bursts: description } = row;
    if (description !== undefined) return bursts(description);
    if (typeof program === "string") return programs.get(program)!;
    return planOf(modules.get(program!.wasm)!, program!);
  };
  return plan(document, parsed.data, programOf);
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  /** Of a union: what each of its kinds objects to. */
  readonly errors?: readonly (readonly Issue[])[];
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
  // Where a table is one of several kinds of values, only what is wrong inside it helps.
  const inside = issue.errors?.find((issues) => issues.every(({ path }) => path.length > 0));
  if (isTable(value) && inside !== undefined) {
    return inside.flatMap((i) => explain(document, { ...i, path: [...path, ...i.path] }));
  }
  const found = value === undefined ? "missing" : `found ${describe(value)}`;
  return [document.problem(path, `${found}, expected ${issue.message}`)];
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function plan(
  document: TomlDocument,
  data: ScenarioData,
  programOf: (row: ScenarioData["domain"][number]) => DomainPlan["program"],
): Scenario {
  const planned = <Row extends object>(kind: string, row: Row, index: number) => ({
    ...row,
    problem: (message: string, key?: string) =>
      document.problem([kind, index, ...(key === undefined ? [] : [key])], message),
  });
  const domains = data.domain.map((row, index): DomainPlan => {
    const { program: _program, bursts: _bursts, count, ...rest } = row;
    const names = count === undefined ? [row.name] : copies(row.name, count);
    return { ...planned("domain", rest, index), names, program: programOf(row) };
  });
  const parted = document.root.partitions !== undefined || data.partition.length > 0;
  const residence = residenceOptions(data.residence);
  const { "kernel-costs": kernelCosts, "ignore-dry": ignoreDry, ...kernel } = data.kernel;
  return {
    file: document.file,
    kernel: { ...kernel, kernelCosts, ignoreDry, ...timeOptions(data, parted), residence },
    meters: below(
      residence === undefined ? [PRIME] : [PRIME, LOCKER],
      data.meter.map((row, index) => planned("meter", row, index)),
      ({ superior }) => [superior],
    ),
    partitions: below(
      [SYSTEM],
      data.partition.map((row, index) => planned("partition", row, index)),
      ({ parent = SYSTEM }) => [parent],
    ),
    nodes: data.node.map((row, index) => planned("node", row, index)),
    pages: data.page.map((row, index) => planned("page", row, index)),
    segments: below(
      [],
      data.segment.map((row, index) => planned("segment", row, index)),
      ({ slots }) => slots.flatMap(({ segment }) => segment ?? []),
    ),
    joins: data.join.map((row, index) => planned("join", row, index)),
    waits: data.wait.map((row, index) => planned("wait", row, index)),
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

/**
 * Each after those it is below, which may be tops. The rules have refused loops and unknown names: every pass places
 * one.
 */
function below<Row extends { readonly name: string }>(
  tops: readonly string[],
  rows: readonly Row[],
  above: (row: Row) => readonly string[],
): Row[] {
  const placed = new Set(tops);
  const ordered: Row[] = [];
  while (ordered.length < rows.length) {
    for (const row of rows) {
      if (placed.has(row.name) || !above(row).every((name) => placed.has(name))) continue;
      placed.add(row.name);
      ordered.push(row);
    }
  }
  return ordered;
}

import { writeFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import pc from "picocolors";
import { Collector } from "../residence/collector.js";
import { Comparison } from "../residence/comparison.js";
import type { Stretch } from "../residence/course.js";
import { type ResidenceReport, residenceReport } from "../residence/report.js";
import { SCHEMES } from "../residence/scheme.js";
import { findings, residenceVerdicts } from "../residence/verdict.js";
import type { ScanPhase } from "../residence-options.js";
import { loadScenario } from "../scenario/file.js";
import { grouped } from "../scenario/number.js";
import { ScenarioError } from "../scenario/problem.js";
import type { Report } from "../scenario/report.js";
import type { Scenario } from "../scenario/scenario.js";
import { given } from "../scenario/time.js";
import { verdict } from "./bill.js";
import { checkChart, drawCharts } from "./chart.js";
import { colourful } from "./colour.js";
import { decimal } from "./json.js";
import {
  CHART_NAMES,
  type ChartName,
  RESIDENCE_CHARTS,
  RESIDENCE_TITLE,
} from "./residence-chart.js";
import { residencePage } from "./residence-html.js";
import { residenceSheets, summary, wordSeconds } from "./residence-sheets.js";
import { isRight, play, type View } from "./run.js";
import { sheetsText } from "./sheet.js";
import { type Paint, wrapped } from "./table.js";

export const PHASES = ["fixed", "random"] as const satisfies readonly ScanPhase[];

export interface ResidenceFlags {
  readonly period?: number;
  readonly phase?: ScanPhase;
  /** Of random phases. */
  readonly seed?: number;
  readonly cycles?: bigint;
  readonly json?: boolean;
  readonly html?: string;
  readonly svg?: string;
  readonly chart?: ChartName;
}

/** Runs a scenario and compares who pays for core by several schemes; true when all is as it should be. */
export async function residenceCommand(file: string, flags: ResidenceFlags): Promise<boolean> {
  const { json, html, svg, chart } = flags;
  const scenario = exactly(loadScenario(file), flags);
  if (chart !== undefined && svg === undefined) {
    throw new InvalidArgumentError("--chart: it says what --svg draws, and there is no --svg");
  }
  if (svg !== undefined) await checkChart(svg, "--svg");
  if (html !== undefined) await checkChart(html, "--html");
  const paint = pc.createColors(colourful(process.stdout));
  const comparison = new Comparison();
  let collector: Collector | undefined;
  let compared: ResidenceReport | undefined;
  const view: View = {
    onStart: ({ kernel }) => {
      if (!json) process.stdout.write(`${opening(paint)}\n`);
      collector = new Collector(kernel, (sample) => comparison.take(sample));
    },
    onEnd: ({ kernel }) => {
      collector!.end();
      compared = residenceReport(kernel, comparison);
    },
    ...(json ? {} : { scene: (_run, rows) => scene(comparison, paint).slice(0, rows) }),
  };
  const report = await play(scenario, { ...flags, trace: undefined }, view);
  const found = compared!;
  if (svg !== undefined) writeFileSync(svg, await picture(found, chart));
  if (html !== undefined) writeFileSync(html, await residencePage(file, found));
  process.stdout.write(
    json ? toJson(report, found) : `${page(found, paint)}\n${verdict(report, paint)}`,
  );
  return isRight(report) && residenceVerdicts(found).every(({ ok }) => ok);
}

/**
 * The scenario as it is run here: references are counted, which takes one processor. Where flags say how to scan, the
 * file's acts don't, and what it expects of its own scan is not held against another.
 */
function exactly(scenario: Scenario, { period, phase, seed }: ResidenceFlags): Scenario {
  const { residence } = scenario.kernel;
  if (residence === undefined) {
    const message = "found no core residence to compare, expected [residence]";
    throw new ScenarioError([scenario.problem(message)]);
  }
  const kernel = { ...scenario.kernel, processors: undefined, seed: undefined };
  const scan = given({ period, phase, seed });
  if (Object.keys(scan).length === 0) {
    return { ...scenario, kernel: { ...kernel, residence: { ...residence, exact: true } } };
  }
  // An offset is one of a fixed phase.
  const { offset, ...others } = residence;
  const rest = phase === "random" ? others : residence;
  return {
    ...scenario,
    kernel: { ...kernel, residence: { ...rest, ...scan, exact: true } },
    acts: scenario.acts.filter((act) => act.period === undefined),
    claims: [],
  };
}

function opening(paint: Paint): string {
  return [
    "  Pages in core are paid for by these schemes, on the same references:",
    ...SCHEMES.map(({ name, about }) => `    ${name.padEnd(15)}${about}`),
    paint.dim("  A word-second is a word of 4 bytes in core for a second of 16 MHz."),
    "",
  ].join("\n");
}

/** What accounts were charged so far. */
function scene(comparison: Comparison, paint: Paint): string[] {
  const { accounts, total } = comparison.charges("multics");
  const named = [...accounts].map(([account, charge]) => `  ${account}  ${wordSeconds(charge)}`);
  const heading = `  ${grouped(comparison.cycles)} lock cycles; ${wordSeconds(total)} word-seconds:`;
  return [paint.dim(heading), "", ...named];
}

const COLUMNS = 92;

function page(report: ResidenceReport, paint: Paint): string {
  const marks = residenceVerdicts(report).map(({ ok, text }) => {
    return `  ${ok ? paint.green("✓") : paint.red("✗")} ${wrapped(text, COLUMNS, "    ")}`;
  });
  return [
    "",
    sheetsText(residenceSheets(report), paint),
    `  ${wrapped(summary(report), COLUMNS, "  ")}`,
    "",
    ...findings(report).map((text) => `  ${wrapped(text, COLUMNS, "  ")}`),
    "",
    ...marks,
    "",
  ].join("\n");
}

async function picture(report: ResidenceReport, chart: ChartName | undefined): Promise<string> {
  const names = chart === undefined ? CHART_NAMES : [chart];
  const charts = names.map((name) => RESIDENCE_CHARTS[name](report));
  return drawCharts(chart === undefined ? RESIDENCE_TITLE : charts[0]!.title, charts);
}

/** Counts of cycles and word-cycles are decimal strings. */
function toJson(
  { conserved, cycles, consumed, expectations }: Report,
  { schemes, chance, course, ...report }: ResidenceReport,
): string {
  const object = {
    ...{ conserved, time: cycles, consumed },
    ...{ period: report.period, phase: report.phase, frames: report.frames },
    statistics: report.statistics,
    ...{ cost: report.cost, rate: report.rate },
    lockCycles: {
      count: report.cycles,
      time: report.time,
      faults: report.faults,
      referenced: report.referenced,
    },
    accounts: report.accounts,
    schemes: schemes.map(({ charges, errors, ...plan }) => ({
      ...plan,
      charges: { total: charges.total, accounts: Object.fromEntries(charges.accounts) },
      errors: { ...errors, points: errors.points && Object.fromEntries(errors.points) },
    })),
    chance: chance && Object.fromEntries(chance),
    workingSet: report.curve,
    course: course.map(stretchJson),
    mismatches: report.mismatches,
    findings: findings({ schemes, chance, course, ...report }),
    expectations,
  };
  return `${JSON.stringify(object, decimal, 2)}\n`;
}

function stretchJson({ charges, ...stretch }: Stretch) {
  return { ...stretch, charges: Object.fromEntries(charges) };
}

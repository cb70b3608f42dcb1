import { CYCLES_OF_MS } from "../../assembly/layout.js";
import { PAGE_WORDS } from "../../assembly/residence-layout.js";
import { digits } from "../billing-report/digits.js";
import type { Stretch } from "../residence/course.js";
import type { ResidenceReport } from "../residence/report.js";
import type { Account } from "../residence/sample.js";
import { WORD_SECOND } from "../residence.js";
import { grouped } from "../scenario/number.js";
import type { Chart } from "./chart.js";
import { barChart, type Line, lineChart } from "./figure.js";

/** Of more accounts, those that matter most by any scheme. */
const MOST_BARS = 16;
const MOST_LINES = 8;

export const RESIDENCE_TITLE = "Who pays for pages in core, by five schemes";

/** The pictures that there are, by their names. */
export const RESIDENCE_CHARTS = {
  charges: chargeChart,
  errors: errorChart,
  paid: paidChart,
  core: coreChart,
  "working-set": workingSetChart,
} as const satisfies Record<string, (report: ResidenceReport) => Chart>;
export type ChartName = keyof typeof RESIDENCE_CHARTS;
export const CHART_NAMES = Object.keys(RESIDENCE_CHARTS) as ChartName[];

function chargeChart(report: ResidenceReport): Chart {
  const accounts = weightiest(report, MOST_BARS);
  return barChart({
    title: "What accounts pay for pages in core",
    about: `word-seconds; ${scanWords(report)}`,
    across: "word-seconds",
    names: accounts,
    unit: "",
    least: 0,
    lines: schemesOf(report).map(({ name, charges }) => ({
      name,
      values: accounts.map((account) => {
        return Number(charges.accounts.get(account) ?? 0n) / Number(WORD_SECOND);
      }),
    })),
  });
}

function errorChart(report: ResidenceReport): Chart {
  const accounts = weightiest(report, MOST_BARS);
  return barChart({
    title: "How wrong shares are",
    about: `points that an account's share of all charges is off what it references; ${scanWords(report)}`,
    across: "points",
    names: accounts,
    unit: "",
    least: 0,
    lines: schemesOf(report)
      .filter(({ scheme }) => scheme !== "access")
      .map(({ name, errors }) => ({
        name,
        values: accounts.map((account) => errors.points?.get(account) ?? 0),
      })),
  });
}

/** Schemes that know accounts, which they are drawn by. */
function schemesOf({ schemes }: ResidenceReport) {
  return schemes.filter(({ scheme }) => scheme !== "idle");
}

function paidChart(report: ResidenceReport): Chart {
  const accounts = weightiest(report, MOST_LINES);
  const page = BigInt(PAGE_WORDS) * BigInt(report.period);
  return courseChart(report, {
    title: "Pages that accounts pay for by Multics",
    about: `in a scan period, in the mean of a while; ${scanWords(report)}`,
    lines: accounts.map((account) => ({
      name: account,
      values: report.course.map(
        ({ charges, cycles }) => Number(charges.get(account) ?? 0n) / Number(page) / cycles,
      ),
    })),
  });
}

function coreChart(report: ResidenceReport): Chart {
  const line = (name: string, of: (stretch: Stretch) => number): Line => ({
    name,
    values: report.course.map((stretch) => of(stretch) / stretch.cycles),
  });
  return courseChart(report, {
    title: "Pages in core",
    about: `of ${digits(report.frames)} frames, a scan period, in the mean of a while; ${scanWords(report)}`,
    lines: [
      line("in core", ({ inCore }) => inCore),
      line("referenced", ({ referenced }) => referenced),
      line("read from the drum", ({ fetches }) => fetches),
    ],
  });
}

function courseChart(
  { course }: ResidenceReport,
  figures: { title: string; about: string; lines: Line[] },
): Chart {
  return lineChart({
    ...figures,
    across: "milliseconds",
    names: course.map(({ until }) => grouped(Math.round(Number(until) / CYCLES_OF_MS))),
    unit: "",
    least: 0,
  });
}

function workingSetChart(report: ResidenceReport): Chart {
  const { curve, period } = report;
  const of = (name: string, of: (point: ResidenceReport["curve"][number]) => number): Line => ({
    name,
    values: curve.map(of),
  });
  return lineChart({
    title: "The working set by the scan period",
    about: `pages referenced in a period, from consecutive ones united; ${scanWords(report)}`,
    across: "scan period, milliseconds",
    names: curve.map(({ cycles }) => digits((cycles * period) / CYCLES_OF_MS)),
    unit: "",
    least: 0,
    lines: [
      of("measured", ({ pages }) => pages),
      of("if cycles were independent", ({ independent }) => independent),
    ],
  });
}

function scanWords({ period, phase }: ResidenceReport): string {
  return `scan period ${digits(period / CYCLES_OF_MS)} ms, phase ${phase}`;
}

/** The accounts with the largest charges by any scheme, in the order of the report. */
function weightiest({ accounts, schemes }: ResidenceReport, most: number): readonly Account[] {
  const weight = (account: Account) =>
    Math.max(...schemes.map(({ charges }) => Number(charges.accounts.get(account) ?? 0n)));
  const chosen = new Set(accounts.toSorted((a, b) => weight(b) - weight(a)).slice(0, most));
  return accounts.filter((account) => chosen.has(account));
}

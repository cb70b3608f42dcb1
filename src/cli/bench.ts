import { writeFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import pc from "picocolors";
import { type Cost, type CostTick, cost } from "../billing-report/cost.js";
import { type Exactness, type ExactnessTick, exactness } from "../billing-report/exactness.js";
import { type Verdict, verdicts } from "../billing-report/verdict.js";
import { WAYS } from "../billing-report/way.js";
import { BILLING_TITLE, exactnessCharts } from "./billing-chart.js";
import { writeBillingPage } from "./billing-html.js";
import { costSheets, exactnessSheets } from "./billing-sheets.js";
import { checkChart, drawCharts } from "./chart.js";
import { colourful } from "./colour.js";
import { sheetsText } from "./sheet.js";
import { type Paint, wrapped } from "./table.js";
import { Ticker, watch } from "./ticker.js";

export const PARTS = ["error", "cost"] as const;

export interface BillingFlags {
  readonly small?: boolean;
  readonly only?: (typeof PARTS)[number];
  readonly seed: number;
  readonly json?: boolean;
  readonly svg?: string;
  readonly html?: string;
}

export interface BillingReport {
  readonly exactness?: Exactness;
  readonly cost?: Cost;
  readonly verdicts: readonly Verdict[];
}

/** Measures what billing costs and how exact it is; true where it is as exact as it must be. */
export async function billingCommand(flags: BillingFlags): Promise<boolean> {
  const { json, svg, html } = flags;
  const paint = pc.createColors(colourful(process.stdout));
  if (svg !== undefined) {
    if (flags.only === "cost") throw new InvalidArgumentError(`--svg: ${NO_ERRORS}`);
    await checkChart(svg, "--svg");
  }
  if (html !== undefined) await checkChart(html, "--html");
  if (!json) process.stdout.write(`${opening(paint)}\n`);
  const report = await measure(flags, json ? undefined : paint);
  if (svg !== undefined && report.exactness) {
    writeFileSync(svg, await drawCharts(BILLING_TITLE, exactnessCharts(report.exactness)));
  }
  if (html !== undefined) await writeBillingPage(html, report);
  if (json) process.stdout.write(toJson(report, flags));
  else {
    if (report.cost) process.stdout.write(`${sheetsText(costSheets(report.cost), paint)}\n`);
    process.stdout.write(exactnessPage(report, paint));
  }
  return report.verdicts.every(({ ok }) => ok);
}

const NO_ERRORS = "it draws errors, which are left out with --only cost; --html draws cost, too";

async function measure(flags: BillingFlags, paint: Paint | undefined): Promise<BillingReport> {
  const { small = false, only, seed } = flags;
  const ticker = () => (paint ? new Ticker(paint) : undefined);
  const measured = only === "error" ? undefined : await watch(cost({ small }), costWords, ticker());
  const exact =
    only === "cost" ? undefined : await watch(exactness({ small, seed }), exactnessWords, ticker());
  return {
    ...(measured && { cost: measured }),
    ...(exact && { exactness: exact }),
    verdicts: exact ? verdicts(exact) : [],
  };
}

function costWords({ what, round, rounds }: CostTick): string {
  return `cost: ${what}: round ${round} of ${rounds}`;
}

function exactnessWords({ what, trial, trials }: ExactnessTick): string {
  return `error: ${what}: trial ${trial} of ${trials}`;
}

const NAMES = 18;
const COLUMNS = 92;

/** What is billed, and in which ways. */
export function opening(paint: Paint): string {
  return [
    "  Programs that block, send messages, or dodge the ticks on purpose are billed in these ways:",
    ...Object.values(WAYS).map(({ name, about }) => `    ${name.padEnd(NAMES)}${about}`),
    paint.dim(
      "  A tick is 1 ms of a clock of 16 MHz, 16,000 cycles. Billed is what meters were charged",
    ),
    paint.dim("  for; the truth is what the processor spent, to the cycle."),
    "",
  ].join("\n");
}

/** The tables of the part that is the same on every machine, and what they say. */
export function exactnessPage({ exactness, verdicts }: BillingReport, paint: Paint): string {
  if (!exactness) return "";
  const marks = verdicts.map(({ ok, text }) => {
    return `  ${ok ? paint.green("✓") : paint.red("✗")} ${wrapped(text, COLUMNS, "    ")}`;
  });
  return `${sheetsText(exactnessSheets(exactness), paint)}\n${marks.join("\n")}\n`;
}

function toJson({ exactness, cost, verdicts }: BillingReport, flags: BillingFlags): string {
  const { small = false, seed } = flags;
  const ways =
    exactness &&
    Object.entries(exactness.ways).map(([id, { way, outcomes }]) => ({
      ...{ id, name: way.name, about: way.about },
      outcomes,
    }));
  const error = exactness && {
    ...{ rates: exactness.rates, ways },
    points: exactness.points.map(({ way, outcomes }) => ({
      ...{ name: way.name, points: way.billing.points },
      outcomes,
    })),
    repairs: exactness.repairs,
  };
  const ok = verdicts.every((verdict) => verdict.ok);
  return `${JSON.stringify({ small, seed, ok, verdicts, error, cost }, null, 2)}\n`;
}

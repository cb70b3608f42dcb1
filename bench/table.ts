// Running benches and printing their figures: a table for each, or one JSON object for all.

import { cpus } from "node:os";
import Table from "cli-table3";
import { wrapped } from "../src/cli/table.js";
import { type Bench, type Figure, goalText, type Size } from "./bench.js";

/** Of a terminal that nobody has made wider. */
const COLUMNS = 100;
/** The blanks on both sides of a cell; these and a border. */
const PADDING = 2;
const CELL_FRAME = PADDING + 1;

/** Runs benches one after another; each one's table appears when it is done. */
export async function report(benches: readonly Bench[], size: Size, json: boolean): Promise<void> {
  const results = [];
  for (const bench of benches) {
    const start = performance.now();
    const figures = await bench.run(size);
    const seconds = (performance.now() - start) / 1000;
    results.push({ name: bench.name, about: bench.about, figures });
    if (json) continue;
    const title = `${bench.name}: ${bench.about} (${seconds.toFixed(1)} s)`;
    console.log(`\n${wrapped(title, COLUMNS, "  ")}\n${table(figures)}`);
  }
  const machine = { node: process.version, cpu: cpus()[0]?.model, cpus: cpus().length };
  if (json) console.log(JSON.stringify({ ...size, machine, benches: results }, undefined, 2));
  else console.log(`\n${summary(results.flatMap(({ figures }) => figures))}`);
}

function summary(figures: readonly Figure[]): string {
  const withGoal = figures.filter(({ goal }) => goal);
  const missed = withGoal.filter(({ met }) => !met);
  const counts = `${withGoal.length - missed.length} of ${withGoal.length} goals met`;
  const lines = missed.map(({ name, parameters, yardstick }) => {
    const against = yardstick ? `, against ${yardstick}` : "";
    const what = Object.entries(parameters).flat().join(" ");
    return `  ${wrapped(`missed: ${name}, ${what}${against}`, COLUMNS - 2, "    ")}`;
  });
  return [counts, ...lines].join("\n");
}

/** Lines of at most so many columns: what was measured is broken where figures leave it too little room. */
export function table(figures: readonly Figure[], columns = COLUMNS): string {
  const heads = ["", "median", "p25 – p75", "ratio", "goal"];
  const all = [heads, ...figures.map(cells)];
  const isFilled = (place: number) => place < 3 || all.slice(1).some((row) => row[place] !== "");
  const rows = all.map((row) => row.filter((_, place) => isFilled(place)));
  const widths = rows[0]!.map((_, place) => Math.max(...rows.map((row) => row[place]!.length)));
  const total = widths.reduce((sum, width) => sum + width + CELL_FRAME, 1);
  widths[0]! -= Math.max(0, total - columns);
  const drawn = new Table({
    head: rows[0]!,
    colAligns: widths.map((_, place) => (place === 0 ? "left" : "right")),
    colWidths: widths.map((width) => width + PADDING),
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...rows.slice(1));
  return drawn.toString();
}

function cells(figure: Figure): string[] {
  const { name, parameters, unit, median, p25, p75, yardstick, ratio, factor, goal, met } = figure;
  const given = Object.entries(parameters).map(([key, value]) => `${key} ${show(value)}`);
  const against = yardstick ? [`against ${yardstick}`] : [];
  return [
    [name, ...given, ...against].join(", "),
    `${number(median)} ${unit}`.trim(),
    `${number(p25)} – ${number(p75)}`,
    ratio === undefined ? "" : `${ratio.toFixed(2)} ×${factor ? " faster" : ""}`,
    goal ? `${goalText(goal)}: ${met ? "met" : "missed"}` : "",
  ];
}

function show(value: number | string): string {
  return typeof value === "number" ? value.toLocaleString("en-US") : value;
}

/** Three digits that mean something. */
function number(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 || Number.isInteger(value)
    ? value.toFixed(0)
    : value.toFixed(value >= 10 ? 1 : 2);
}

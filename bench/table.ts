// Running benches and printing their figures: a table for each, or one JSON object for all.

import { cpus } from "node:os";
import Table from "cli-table3";
import { type Bench, type Figure, goalText, type Size } from "./bench.js";

const RIGHT = "right" as const;

/** Runs benches one after another; each one's table appears when it is done. */
export async function report(benches: readonly Bench[], size: Size, json: boolean): Promise<void> {
  const results = [];
  for (const bench of benches) {
    const start = performance.now();
    const figures = await bench.run(size);
    const seconds = (performance.now() - start) / 1000;
    results.push({ name: bench.name, about: bench.about, figures });
    if (!json)
      console.log(`\n${bench.name}: ${bench.about} (${seconds.toFixed(1)} s)\n${table(figures)}`);
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
    return `  missed: ${name}, ${Object.entries(parameters).flat().join(" ")}${against}`;
  });
  return [counts, ...lines].join("\n");
}

function table(figures: readonly Figure[]): string {
  const rows = new Table({
    head: ["", "with", "median", "p25 – p75", "against", "ratio", "goal", ""],
    colAligns: ["left", "left", RIGHT, RIGHT, "left", RIGHT, RIGHT, "left"],
    style: { head: [], border: [], compact: true },
  });
  for (const figure of figures) {
    const { name, parameters, unit, median, p25, p75, yardstick, ratio, factor, goal, met } =
      figure;
    const given = Object.entries(parameters).map(([key, value]) => `${key} ${show(value)}`);
    rows.push([
      name,
      given.join(", "),
      `${number(median)} ${unit}`,
      `${number(p25)} – ${number(p75)}`,
      yardstick ?? "",
      ratio === undefined ? "" : `${ratio.toFixed(2)} ×${factor ? " faster" : ""}`,
      goal ? goalText(goal) : "",
      goal ? (met ? "met" : "missed") : "",
    ]);
  }
  return rows.toString();
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

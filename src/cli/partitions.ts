import pc from "picocolors";
import { loadScenario } from "../scenario/file.js";
import { grouped } from "../scenario/number.js";
import { percentOf } from "../scenario/partition-claim.js";
import { ScenarioError } from "../scenario/problem.js";
import type { Report } from "../scenario/report.js";
import type { ScenarioRun } from "../scenario/run.js";
import type { Scenario } from "../scenario/scenario.js";
import { groupsOf, nameOf, verdict } from "./bill.js";
import { checkChart, writeChart } from "./chart.js";
import { colourful } from "./colour.js";
import { decimal } from "./json.js";
import {
  BILLED_HEADS,
  billedCells,
  milliseconds,
  showTable,
  wholeWindows,
  windowTable,
} from "./partition-table.js";
import { partitionsChart } from "./partitions-chart.js";
import { isRight, play, withProcessors } from "./run.js";
import { Samples } from "./samples.js";
import { type Paint, table } from "./table.js";

/** 100 ms, the usual window. */
const USUAL_EVERY = 1_600_000n;

export interface PartitionsFlags {
  readonly json?: boolean;
  readonly loop?: boolean;
  /** Cycles between two looks at the partitions. */
  readonly every?: bigint;
  readonly cycles?: bigint;
  readonly processors?: number;
  readonly svg?: string;
}

/** Runs a scenario and shows who used how much of the processors; true when all is as it should be. */
export async function partitionsCommand(file: string, flags: PartitionsFlags): Promise<boolean> {
  const { json, loop, svg } = flags;
  const scenario = withProcessors(loadScenario(file), flags.processors);
  if (scenario.kernel.partitions === undefined) {
    const message = "found no partitions, expected [partitions] or a [[partition]]";
    throw new ScenarioError([scenario.problem(message)]);
  }
  if (svg !== undefined) await checkChart(svg);
  const paint = pc.createColors(colourful(process.stdout));
  const samples = new Samples();
  const report = await play(scenario, flags, {
    every: flags.every ?? USUAL_EVERY,
    scene: json ? undefined : (run, rows) => scene(run, paint).slice(0, rows),
    onStretch: (run, print) => {
      samples.take(() => ({ cycle: run.kernel.time, partitions: run.partitions() }));
      if (loop) print([...scene(run, paint), ""].join("\n"));
    },
  });
  if (svg !== undefined) await writeChart(svg, partitionsChart(file, samples.all));
  const words = json
    ? toJson(scenario, report, samples)
    : `${page(scenario, report, paint)}\n${verdict(report, paint)}`;
  process.stdout.write(words);
  return isRight(report);
}

function scene(run: ScenarioRun, paint: Paint): string[] {
  const time = milliseconds(run.kernel.time);
  const heading = paint.dim(
    `  at ${time}, over the last window of ${milliseconds(run.kernel.window)}`,
  );
  return [heading, "", ...showTable(run.partitions(), paint).split("\n")];
}

function page(scenario: Scenario, report: Report, paint: Paint): string {
  const { window } = report.time!;
  const windows = grouped(wholeWindows(report));
  const { freeTime = "priority", bankruptcy = "default" } = scenario.kernel.partitions!;
  const notes = [
    `1×, 10×, 100×: in the last windows, of ${milliseconds(window!)} each; there were ${windows}.`,
    "run, share: of all the time of the processors. error: of billed, against what it ran.",
    `Free time goes by ${freeTime}; after a bankruptcy: ${bankruptcy}.`,
  ];
  return [
    "",
    showTable(report.partitions, paint),
    "",
    windowTable(report, paint),
    "",
    ...notes.map((line) => paint.dim(`  ${line}`)),
    "",
    ...(report.domains.length > 0 ? [timeTable(report, paint), ""] : []),
  ].join("\n");
}

/** Who was billed for what, and what each really ran. */
function timeTable({ domains, time }: Report, paint: Paint): string {
  const rows = groupsOf(domains).map(([group, copies]) => {
    const { partition, priority } = copies[0]!.time!;
    const billed = copies.reduce((sum, { time }) => sum + time!.billed, 0n);
    return [
      nameOf(group, copies, paint),
      paint.dim(partition!),
      String(priority),
      ...billedCells(copies, paint),
      `${percentOf(billed, time!.elapsed).toFixed(2)} %`,
    ];
  });
  const heads = ["domain", "partition", "priority", ...BILLED_HEADS, "share"];
  const aligns = heads.map((_, index) => (index < 2 ? "left" : "right"));
  return table(heads, rows, aligns, paint);
}

function toJson({ kernel }: Scenario, report: Report, samples: Samples): string {
  const { conserved, cycles, processors, time, partitions, domains, expectations } = report;
  const { freeTime = "priority", bankruptcy = "default" } = kernel.partitions!;
  const object = {
    ...{ conserved, cycles, processors, freeTime, bankruptcy, time, partitions },
    domains: domains.map(({ name, state, time }) => ({ name, state, ...time })),
    samples: samples.all.map(({ cycle, partitions }) => ({
      cycle,
      used: partitions.map(({ used }) => Math.round(used * 100) / 100),
      budgets: partitions.map(({ budget }) => budget),
    })),
    expectations,
  };
  return `${JSON.stringify(object, decimal, 2)}\n`;
}

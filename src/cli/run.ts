import pc from "picocolors";
import { claimed } from "../scenario/claim.js";
import { loadScenario } from "../scenario/file.js";
import { counted } from "../scenario/number.js";
import type { Report } from "../scenario/report.js";
import { type RunOptions, ScenarioRun } from "../scenario/run.js";
import type { Scenario } from "../scenario/scenario.js";
import { bill, verdict } from "./bill.js";
import { colourful } from "./colour.js";
import { Journal } from "./journal.js";
import { toJson } from "./json.js";
import { LiveProgress, PlainProgress, type Scene, treeScene } from "./progress.js";
import { traceTo } from "./trace.js";

/** What shells say of a process that an interrupt has ended. */
const INTERRUPTED = 130;

export interface RunFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly cycles?: bigint;
  readonly processors?: number;
  readonly trace?: string;
}

/** Runs a scenario and prints what became of it; true when all is as it should be. */
export async function runCommand(file: string, flags: RunFlags): Promise<boolean> {
  const { json, quiet } = flags;
  const scenario = withProcessors(loadScenario(file), flags.processors);
  const paint = pc.createColors(colourful(process.stdout));
  const report = await play(scenario, flags, json || quiet ? {} : { scene: treeScene(paint) });
  if (json) process.stdout.write(toJson(report));
  else {
    const columns = process.stdout.columns || Number.POSITIVE_INFINITY;
    if (!quiet) process.stdout.write(`\n${bill(report, paint, columns)}\n`);
    process.stdout.write(verdict(report, paint));
  }
  return isRight(report);
}

/** The scenario on so many processors, whatever its file says. */
export function withProcessors(scenario: Scenario, processors: number | undefined): Scenario {
  if (processors === undefined) return scenario;
  return { ...scenario, kernel: { ...scenario.kernel, processors } };
}

/** Whether the run came to its end, its accounts add up, and every expectation holds. */
export function isRight({ conserved, ending, expectations }: Report): boolean {
  const complete = conserved && ending !== "aborted" && ending !== "bankrupt";
  return complete && expectations.every(({ ok }) => ok);
}

/** What a run shows while it goes on. */
export interface View {
  /** Without one, nothing is printed. */
  readonly scene?: Scene;
  /** Called before anybody has run, and when all have. */
  readonly onStart?: (run: ScenarioRun) => void;
  readonly onEnd?: (run: ScenarioRun) => void;
  /** Called after each stretch of `every` cycles. */
  readonly onStretch?: (run: ScenarioRun, print: (line: string) => void) => void;
  readonly every?: bigint;
}

/** Runs a scenario to its end, shown or not; an interrupt ends it with what there is. */
export async function play(
  scenario: Scenario,
  { cycles, trace }: Pick<RunFlags, "cycles" | "trace">,
  view: View,
): Promise<Report> {
  const run = new ScenarioRun(scenario, trace !== undefined || view.onStart !== undefined);
  view.onStart?.(run);
  const endTrace = trace === undefined ? undefined : traceTo(trace, run);
  // The first interrupt ends the run with its bill; the second one ends the process.
  const interrupt = new AbortController();
  const stop = () => {
    if (interrupt.signal.aborted) process.exit(INTERRUPTED);
    interrupt.abort();
  };
  // Not once: log-update ends the process where it finds nobody else listening.
  process.on("SIGINT", stop);
  const options = { cycles, signal: interrupt.signal };
  const report = await watch(run, scenario, options, view);
  process.off("SIGINT", stop);
  view.onEnd?.(run);
  run.kernel.dispose();
  endTrace?.();
  return report;
}

/** Checks a scenario without running it; throws ScenarioError with all that is wrong. */
export function checkCommand(file: string): void {
  process.stdout.write(`${file}: well formed: ${summary(loadScenario(file))}\n`);
}

function summary(scenario: Scenario): string {
  const { meters, domains, partitions, acts, claims } = scenario;
  const { nodes, pages, segments, joins, waits } = scenario;
  const objects = [nodes, pages, segments, joins, waits].flat().length;
  const copies = domains.reduce((sum, { names }) => sum + names.length, 0);
  const expected = claims.reduce((sum, claim) => sum + claimed(claim), 0);
  return [
    counted(meters.length + 1, "meter"),
    counted(copies, "domain"),
    ...(scenario.kernel.partitions ? [counted(partitions.length + 1, "partition")] : []),
    ...(objects > 0 ? [counted(objects, "object")] : []),
    ...(acts.length > 0 ? [counted(acts.length, "act")] : []),
    ...(expected > 0 ? [counted(expected, "expectation")] : []),
  ].join(", ");
}

async function watch(
  run: ScenarioRun,
  scenario: Scenario,
  options: RunOptions,
  { scene, onStretch, every }: View,
): Promise<Report> {
  if (scene === undefined) {
    return run.run({ ...options, every, onProgress: () => onStretch?.(run, () => {}) });
  }
  const { stdout, stderr } = process;
  const paint = pc.createColors(colourful(stdout));
  // A terminal that does not say how high it is has no room to redraw in.
  const progress =
    stdout.isTTY && stdout.rows > 0
      ? new LiveProgress(stdout, paint, scene)
      : new PlainProgress(stdout, stderr);
  const print = (line: string) => progress.print(line);
  print(`  ${paint.bold(scenario.file)}${paint.dim(`: ${summary(scenario)}`)}\n`);
  const journal = new Journal(run, scenario, paint, print);
  run.onCall((called) => journal.called(called));
  const report = await run.run({
    ...options,
    every,
    onProgress: () => {
      onStretch?.(run, print);
      progress.tick(run);
    },
    onAct: (act) => journal.act(act),
    onTold: (told) => journal.told(told),
    onAnswer: (answer) => journal.answer(answer),
  });
  journal.end();
  progress.end();
  return report;
}

import pc from "picocolors";
import { claimed } from "../scenario/claim.js";
import { loadScenario } from "../scenario/file.js";
import { counted } from "../scenario/number.js";
import type { Report } from "../scenario/report.js";
import { ScenarioRun } from "../scenario/run.js";
import type { Scenario } from "../scenario/scenario.js";
import { bill, verdict } from "./bill.js";
import { colourful } from "./colour.js";
import { Journal } from "./journal.js";
import { toJson } from "./json.js";
import { LiveProgress, PlainProgress } from "./progress.js";
import type { Paint } from "./table.js";
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
  const { json, quiet, cycles, processors, trace } = flags;
  const loaded = loadScenario(file);
  const kernel = processors === undefined ? loaded.kernel : { ...loaded.kernel, processors };
  const scenario = { ...loaded, kernel };
  const run = new ScenarioRun(scenario, trace !== undefined);
  const endTrace = trace === undefined ? undefined : traceTo(trace, run.kernel);
  // The first interrupt ends the run with its bill; the second one ends the process.
  const interrupt = new AbortController();
  const stop = () => {
    if (interrupt.signal.aborted) process.exit(INTERRUPTED);
    interrupt.abort();
  };
  // Not once: log-update ends the process where it finds nobody else listening.
  process.on("SIGINT", stop);
  const paint = pc.createColors(colourful(process.stdout));
  const options = { cycles, signal: interrupt.signal };
  const report =
    json || quiet ? await run.run(options) : await watch(run, scenario, options, paint);
  process.off("SIGINT", stop);
  run.kernel.dispose();
  endTrace?.();
  if (json) process.stdout.write(toJson(report));
  else {
    if (!quiet)
      process.stdout.write(
        `\n${bill(report, paint, process.stdout.columns || Number.POSITIVE_INFINITY)}\n`,
      );
    process.stdout.write(verdict(report, paint));
  }
  const complete = report.conserved && report.ending !== "aborted";
  return complete && report.expectations.every(({ ok }) => ok);
}

/** Checks a scenario without running it; throws ScenarioError with all that is wrong. */
export function checkCommand(file: string): void {
  process.stdout.write(`${file}: well formed: ${summary(loadScenario(file))}\n`);
}

function summary(scenario: Scenario): string {
  const { meters, domains, nodes, pages, joins, waits, acts, claims } = scenario;
  const objects = nodes.length + pages.length + joins.length + waits.length;
  const copies = domains.reduce((sum, { names }) => sum + names.length, 0);
  const expected = claims.reduce((sum, claim) => sum + claimed(claim), 0);
  return [
    counted(meters.length + 1, "meter"),
    counted(copies, "domain"),
    ...(objects > 0 ? [counted(objects, "object")] : []),
    ...(acts.length > 0 ? [counted(acts.length, "act")] : []),
    ...(expected > 0 ? [counted(expected, "expectation")] : []),
  ].join(", ");
}

async function watch(
  run: ScenarioRun,
  scenario: Scenario,
  options: { cycles?: bigint; signal: AbortSignal },
  paint: Paint,
): Promise<Report> {
  const { stdout, stderr } = process;
  // A terminal that does not say how high it is has no room to redraw in.
  const progress =
    stdout.isTTY && stdout.rows > 0
      ? new LiveProgress(stdout, paint)
      : new PlainProgress(stdout, stderr);
  progress.print(`  ${paint.bold(scenario.file)}${paint.dim(`: ${summary(scenario)}`)}\n`);
  const journal = new Journal(run, scenario, paint, (line) => progress.print(line));
  const report = await run.run({
    ...options,
    onProgress: () => progress.tick(run),
    onAct: (act) => journal.act(act),
    onTold: (told) => journal.told(told),
    onAnswer: (answer) => journal.answer(answer),
  });
  journal.end();
  progress.end();
  return report;
}

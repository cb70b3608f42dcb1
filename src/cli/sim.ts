import { createLogUpdate } from "log-update";
import pc from "picocolors";
import { counted, grouped } from "../scenario/number.js";
import { instanceOf } from "../sim/build.js";
import { CANARIES, type CanaryName } from "../sim/canary.js";
import { type Explanation, explain, verdict } from "../sim/explain.js";
import { settingsOf, settingsWords } from "../sim/settings.js";
import { type Failure, Sim, type SimOptions } from "../sim/sim.js";
import { colourful } from "./colour.js";
import { type Paint, table } from "./table.js";

const REDRAW_MS = 100;
const PLAIN_MS = 5000;
const INTERRUPTED = 130;

export interface SimFlags {
  readonly processors: number;
  readonly seed: number;
  readonly steps: number;
  readonly check: number;
  readonly canary?: CanaryName;
  readonly assertions?: boolean;
  readonly json?: boolean;
}

/** Simulates, and prints what was found; true where that is nothing. */
export async function simCommand(flags: SimFlags): Promise<boolean> {
  const { processors, seed, steps, check, canary } = flags;
  const isChecked = flags.assertions === true || canary !== undefined;
  const options: SimOptions = {
    processors,
    seed,
    steps,
    check,
    canary: canary ? CANARIES[canary] : 0,
    wounds: isChecked,
  };
  const sim = new Sim(instanceOf(processors, isChecked), options);
  const paint = pc.createColors(colourful(process.stdout));
  if (!flags.json) process.stdout.write(`${opening(flags, isChecked)}\n`);
  const seconds = await run(sim, flags, paint);
  const why = sim.failure && explain(sim.failure, options);
  if (flags.json) process.stdout.write(json(sim, flags, seconds, why));
  else {
    process.stdout.write(`\n${figures(sim, seconds, paint)}\n\n`);
    const said = sim.failure
      ? failed(sim.failure, flags, why!, paint)
      : `  ${paint.green("✓")} ${passed(sim)}`;
    process.stdout.write(`${said}\n`);
  }
  return sim.failure === undefined;
}

/** All that is needed to do it again. */
function opening(flags: SimFlags, isChecked: boolean): string {
  return [
    `  seed ${flags.seed}`,
    counted(flags.processors, "processor"),
    counted(flags.steps, "step"),
    `store checked every ${counted(flags.check, "step")}`,
    `build ${isChecked ? "with assertions" : "release"}`,
    ...(flags.canary ? [`planted fault: ${flags.canary}`] : []),
  ].join(", ");
}

/** World after world, until it is done or interrupted; the seconds that it took. */
async function run(sim: Sim, { steps, json }: SimFlags, paint: Paint): Promise<number> {
  let isInterrupted = false;
  const stop = () => {
    if (isInterrupted) process.exit(INTERRUPTED);
    isInterrupted = true;
  };
  process.on("SIGINT", stop);
  const progress = json ? undefined : new Progress(steps, paint);
  const started = performance.now();
  while (!sim.isDone && !isInterrupted) {
    sim.next();
    progress?.tick(sim);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const seconds = (performance.now() - started) / 1000;
  progress?.end();
  process.off("SIGINT", stop);
  return seconds;
}

class Progress {
  readonly #live = process.stdout.isTTY ? createLogUpdate(process.stdout) : undefined;
  readonly #started = performance.now();
  #said = performance.now();

  constructor(
    readonly steps: number,
    readonly paint: Paint,
  ) {}

  tick(sim: Sim): void {
    const now = performance.now();
    if (now - this.#said < (this.#live ? REDRAW_MS : PLAIN_MS)) return;
    this.#said = now;
    const percent = ((100 * sim.steps) / this.steps).toFixed(1);
    const rate = Math.round(sim.steps / ((now - this.#started) / 1000));
    const line = `${percent} %, ${counted(sim.worlds, "world")}, ${grouped(rate)} steps a second`;
    if (this.#live) this.#live(`  ${this.paint.dim(line)}`);
    else process.stderr.write(`primemeter: ${line} …\n`);
  }

  end(): void {
    this.#live?.clear();
    this.#live?.done();
  }
}

function figures(sim: Sim, seconds: number, paint: Paint): string {
  const acts = [...sim.acts].sort(([, a], [, b]) => b - a);
  const done = acts.reduce((sum, [, times]) => sum + times, 0);
  const rows: [string, string][] = [
    ["steps", grouped(sim.steps)],
    ["worlds", grouped(sim.worlds)],
    ...[...sim.figures].map(([name, number]): [string, string] => [name, grouped(number)]),
    ["acts of the host", grouped(done)],
    ...acts.map(([kind, times]): [string, string] => [`  ${kind}`, grouped(times)]),
    ["trace", sim.hash],
    ["checked steps a second", grouped(Math.round(sim.steps / seconds))],
  ];
  return table(["", ""], rows, ["left", "right"], paint).replace(/^ *\n/, "");
}

function passed(sim: Sim): string {
  const steps = counted(sim.steps, "step");
  return `Kernel and model agree: ${steps} in ${counted(sim.worlds, "world")}.`;
}

function failed(found: Failure, flags: SimFlags, why: Explanation, paint: Paint): string {
  const { seed, step, choices, failure } = found;
  const settings = settingsWords(settingsOf(seed, flags.processors));
  const shrunk = `${counted(choices.length, "choice")} shrunk to ${grouped(why.choices.length)}`;
  return [
    `  ${paint.red("✗")} step ${grouped(step)} of seed ${seed}: ${verdict(failure)}`,
    "",
    `  ${shrunk}; ${settings}:`,
    ...why.lines.map((line) => `    ${line}`),
    "",
    "  To see it again:",
    `    ${command(flags, found)}`,
  ].join("\n");
}

/** Replays the world that failed, and no other. */
function command(flags: SimFlags, { seed, step }: Failure): string {
  const { processors, check, canary, assertions } = flags;
  const more = canary ? ` --canary ${canary}` : assertions ? " --assertions" : "";
  const world = `--processors ${processors} --seed ${seed} --steps ${step}`;
  return `primemeter sim ${world} --check ${check}${more}`;
}

function json(sim: Sim, flags: SimFlags, seconds: number, why?: Explanation): string {
  const { failure } = sim;
  const object = {
    seed: flags.seed,
    processors: flags.processors,
    check: flags.check,
    canary: flags.canary ?? null,
    steps: sim.steps,
    worlds: sim.worlds,
    figures: Object.fromEntries(sim.figures),
    acts: Object.fromEntries(sim.acts),
    hash: sim.hash,
    stepsPerSecond: Math.round(sim.steps / seconds),
    failure: failure
      ? {
          seed: failure.seed,
          step: failure.step,
          kind: failure.failure.kind,
          where: failure.failure.where,
          found: failure.failure.found,
          expected: failure.failure.expected,
          command: command(flags, failure),
          trace: why?.lines,
        }
      : null,
  };
  return `${JSON.stringify(object, null, 2)}\n`;
}

import { createLogUpdate } from "log-update";
import { counted, grouped } from "../scenario/number.js";
import type { MeterReport } from "../scenario/report.js";
import type { ScenarioRun } from "../scenario/run.js";
import { UNLIMITED } from "../scenario/values.js";
import type { Paint } from "./table.js";
import { meterBranches } from "./tree.js";

const REDRAW_MS = 80;
const PLAIN_MS = 2000;
const BAR = 16;

/** Where a run is watched: what happened scrolls by, above how things stand now. */
export interface Progress {
  /** A line of what happened. */
  print(line: string): void;
  /** Time has passed. */
  tick(run: ScenarioRun): void;
  /** Nothing more will happen. */
  end(): void;
}

/** How things stand, in so many rows and columns at most. */
export type Scene = (run: ScenarioRun, rows: number, columns: number) => string[];

/** On a terminal: a scene, redrawn in place. */
export class LiveProgress implements Progress {
  readonly #live;
  readonly #lines: string[] = [];
  readonly #started = performance.now();
  #drawn = 0;

  constructor(
    readonly stream: NodeJS.WriteStream,
    readonly paint: Paint,
    readonly scene: Scene,
  ) {
    this.#live = createLogUpdate(stream);
  }

  print(line: string): void {
    this.#lines.push(line);
  }

  tick(run: ScenarioRun): void {
    const now = performance.now();
    if (now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    this.#flush();
    const { columns = 80, rows = 24 } = this.stream;
    const lines = this.scene(run, Math.max(4, rows - 6), columns);
    const seconds = ((now - this.#started) / 1000).toFixed(1);
    const clock = this.paint.dim(`  ${grouped(run.kernel.time)} cycles, ${seconds} s`);
    this.#live(["", ...lines, "", clock].join("\n"));
  }

  end(): void {
    this.#live.clear();
    this.#flush();
    this.#live.done();
  }

  #flush(): void {
    // With its own end, so that an empty last line is not lost.
    if (this.#lines.length > 0) this.#live.persist(`${this.#lines.splice(0).join("\n")}\n`);
  }
}

/** Elsewhere: what happened on one stream, and on another a line now and then. */
export class PlainProgress implements Progress {
  #said = performance.now();

  constructor(
    readonly out: NodeJS.WritableStream,
    readonly aside: NodeJS.WritableStream,
  ) {}

  print(line: string): void {
    this.out.write(`${line}\n`);
  }

  tick(run: ScenarioRun): void {
    const now = performance.now();
    if (now - this.#said < PLAIN_MS) return;
    this.#said = now;
    this.aside.write(`primemeter: ${grouped(run.kernel.time)} cycles …\n`);
  }

  end(): void {}
}

/** The tree of meters. */
export function treeScene(paint: Paint): Scene {
  return (run, rows, columns) => treeLines(run.meters(), paint, rows, columns);
}

function treeLines(
  meters: readonly MeterReport[],
  paint: Paint,
  rows: number,
  columns: number,
): string[] {
  const drawn = meterBranches(meters);
  const shown = drawn.length > rows ? drawn.slice(0, rows - 1) : drawn;
  const widths = shown.map(({ strokes, row: meter }) => strokes.length + meter.name.length);
  const width = Math.max(...widths);
  const bars = columns >= width + BAR + 34;
  const lines = shown.map(({ strokes, row: meter }, index) => {
    const gap = " ".repeat(width - widths[index]!);
    const name = `  ${paint.dim(strokes)}${meter.name}${gap}  `;
    return name + (bars ? `${bar(meter, paint)}  ` : "") + standing(meter, paint);
  });
  const more = drawn.length - shown.length;
  if (more > 0) lines.push(paint.dim(`  … and ${grouped(more)} more meters`));
  return lines;
}

/** How much is left of what was granted so far. */
function bar({ counter, granted, rescinded }: MeterReport, paint: Paint): string {
  if (rescinded) return " ".repeat(BAR);
  const exact = granted === 0n ? 0 : Number((counter * 1000n) / granted) / 1000;
  const full = counter === 0n ? 0 : Math.max(1, Math.round(exact * BAR));
  const colour = exact > 0.3 ? paint.green : exact > 0 ? paint.yellow : paint.red;
  return colour("━".repeat(full)) + paint.dim("─".repeat(BAR - full));
}

function standing(meter: MeterReport, paint: Paint): string {
  const { counter, consumed, keeperCalls } = meter;
  if (meter.rescinded) return paint.dim("rescinded");
  const endless = meter.superior === null || meter.granted === UNLIMITED;
  const amount = endless ? `${grouped(consumed)} consumed` : `${grouped(counter)} left`;
  return amount + (keeperCalls === 0 ? "" : paint.dim(`, ${counted(keeperCalls, "keeper call")}`));
}

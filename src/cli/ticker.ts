import { createLogUpdate } from "log-update";
import type { Paint } from "./table.js";

const REDRAW_MS = 100;
const PLAIN_MS = 5000;
const INTERRUPTED = 130;

/** A line that says how far something is: redrawn in place on a terminal, elsewhere a line now and then. */
export class Ticker {
  readonly #live =
    process.stdout.isTTY && process.stdout.rows > 0 ? createLogUpdate(process.stdout) : undefined;
  #said = performance.now();

  constructor(readonly paint: Paint) {}

  tick(line: () => string): void {
    const now = performance.now();
    if (now - this.#said < (this.#live ? REDRAW_MS : PLAIN_MS)) return;
    this.#said = now;
    if (this.#live) this.#live(`  ${this.paint.dim(line())}`);
    else process.stderr.write(`primemeter: ${line()} …\n`);
  }

  end(): void {
    this.#live?.clear();
    this.#live?.done();
  }
}

/**
 * Goes through something to its end; the event loop goes round meanwhile, so that an interrupt ends the process.
 */
export async function watch<Tick, Result>(
  work: Generator<Tick, Result>,
  words: (tick: Tick) => string,
  ticker: Ticker | undefined,
): Promise<Result> {
  // log-update ends the process by itself only where nobody else listens, and leaves the line there.
  const stop = () => {
    ticker?.end();
    process.exit(INTERRUPTED);
  };
  process.on("SIGINT", stop);
  try {
    for (;;) {
      const next = work.next();
      if (next.done) return next.value;
      ticker?.tick(() => words(next.value));
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    process.off("SIGINT", stop);
    ticker?.end();
  }
}

import { PrimemeterError } from "../errors.js";

/** A place in a text: both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something wrong in a scenario file, and where. */
export interface Problem extends Place {
  /** As the user named it. */
  readonly file: string;
  /** Such as `meter[2].keeper.refill`; empty where there is no key yet. */
  readonly key: string;
  /** What was found and what was expected. */
  readonly message: string;
}

/** A scenario that cannot be run: carries every problem found, in the order of the file. */
export class ScenarioError extends PrimemeterError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super("BAD_SCENARIO", problems.map(describeProblem).join("\n"));
    this.problems = problems;
  }
}

/** The line that editors and terminals understand: `file:line:column: key: message`. */
export function describeProblem({ file, line, column, key, message }: Problem): string {
  return [`${file}:${line}:${column}`, ...(key ? [key] : []), message].join(": ");
}

// What a simulation looks for.

/** What kind of rule was broken; a shorter trace must break the same. */
export type FailureKind =
  | "slice"
  | "clock"
  | "keeper"
  | "park"
  | "trap"
  | "end"
  | "event"
  | "answer"
  | "state"
  | "counter"
  | "checker"
  | "stranded"
  | "restless"
  | "panic";

export class SimFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    /** Where: a domain, a meter, an act. */
    readonly where: string,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`${kind}: ${where}: found ${found}, expected ${expected}`);
    this.name = "SimFailure";
  }
}

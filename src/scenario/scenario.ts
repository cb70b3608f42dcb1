import type { KernelOptions, Program } from "../index.js";
import type { Problem } from "./problem.js";
import type { ScenarioData } from "./schema.js";

/** A scenario as its file describes it, checked, with its programs loaded. */
export interface Scenario {
  /** As the user named it. */
  readonly file: string;
  readonly kernel: KernelOptions;
  /** Each after its superior, otherwise in the order of the file. */
  readonly meters: readonly MeterPlan[];
  readonly domains: readonly DomainPlan[];
  /** By cycle, then in the order of the file. */
  readonly acts: readonly ActPlan[];
  /** In the order of the file. */
  readonly claims: readonly ClaimPlan[];
  /** Some domains are bursts rather than programs. */
  readonly synthetic: boolean;
  /** A problem with the scenario as a whole. */
  problem(message: string): Problem;
}

type Row<K extends "meter" | "domain" | "at" | "expect"> = ScenarioData[K][number];

interface Planned {
  /** A problem with this table of the file, or with a key in it. */
  problem(message: string, key?: string): Problem;
}

export type KeeperPlan = NonNullable<Row<"meter">["keeper"]>;
export type MeterPlan = Row<"meter"> & Planned;
/** `names` are those of the copies, or the domain's own. */
export type DomainPlan = Omit<Row<"domain">, "program" | "bursts" | "count"> &
  Planned & { readonly names: readonly string[]; readonly program: Program };
export type ActPlan = Row<"at"> & Planned;
export type ClaimPlan = Row<"expect">;

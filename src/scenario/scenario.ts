import type { KernelOptions, Program } from "../index.js";
import type { Instrumented } from "../instrument/index.js";
import type { Problem } from "./problem.js";
import type { ScenarioData } from "./schema.js";

/** A scenario as its file describes it, checked, with its programs loaded. */
export interface Scenario {
  /** As the user named it. */
  readonly file: string;
  readonly kernel: KernelOptions;
  /** Each after its superior, otherwise in the order of the file. */
  readonly meters: readonly MeterPlan[];
  readonly nodes: readonly NodePlan[];
  readonly pages: readonly PagePlan[];
  /** Each after those in its slots. */
  readonly segments: readonly SegmentPlan[];
  readonly joins: readonly ObjectPlan[];
  readonly waits: readonly ObjectPlan[];
  /** Each after its parent. */
  readonly partitions: readonly PartitionPlan[];
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

type Kind = Exclude<keyof ScenarioData, "kernel" | "billing" | "partitions" | "residence">;
type Row<K extends Kind> = ScenarioData[K][number];

interface Planned {
  /** A problem with this table of the file, or with a key in it. */
  problem(message: string, key?: string): Problem;
}

export type KeeperPlan = NonNullable<Row<"meter">["keeper"]>;
export type MeterPlan = Row<"meter"> & Planned;
/** A module of WebAssembly, and how often which of its functions is called with what. */
export interface WasmPlan {
  readonly module: Instrumented;
  readonly call: string;
  readonly args: readonly (number | bigint)[];
  readonly times: number;
}
/** What a file says of one. */
export type WasmData = Exclude<NonNullable<Row<"domain">["program"]>, string>;
/** `names` are those of the copies, or the domain's own. */
export type DomainPlan = Omit<Row<"domain">, "program" | "bursts" | "count"> &
  Planned & { readonly names: readonly string[]; readonly program: Program | WasmPlan };
export type PartitionPlan = Row<"partition"> & Planned;
/** What partitions know of a domain. */
export type TaskPlan = Pick<
  Row<"at">,
  "partition" | "priority" | "policy" | "critical" | "client-pays"
>;
export type NodePlan = Row<"node"> & Planned;
export type PagePlan = Row<"page"> & Planned;
export type SegmentPlan = Row<"segment"> & Planned;
/** A join or a wait object. */
export type ObjectPlan = Row<"join"> & Planned;
export type SlotPlan = NonNullable<Row<"node">["keys"]>[number];
export type GuestPlan = NonNullable<Row<"domain">["keeper"]>;
export type ActPlan = Row<"at"> & Planned;
export type ClaimPlan = Row<"expect">;

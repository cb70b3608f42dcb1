// A group of programs in a tree of meters, beside others who want the processor, too; and its switch, as the
// wire has it and as batteries have it.

import type { Domain } from "../domain.js";
import type { KeeperMessage } from "../keeper.js";
import { createKernel, type Kernel } from "../kernel.js";
import type { Meter } from "../meter.js";
import { type BurstsProgram, bursts } from "../program.js";

/**
 * How the group's programs get their cycles. Wire: from the tree, as they go; off is one call at the group's
 * meter. Battery: each has grants of its own, as a Scheme engine has its fuel; when one is used up, a
 * dispenser gives the next, until it is told to stop.
 */
export type Model =
  | { readonly kind: "wire" }
  | { readonly kind: "battery"; readonly grant: bigint };

/** Faults to plant: what the report must not let pass. */
export type Fault =
  /** The switch does nothing. */
  | "no-off"
  /** The wire is switched off with what its programs have borrowed left to them, as a grant would be. */
  | "slow-wire";

export interface Group {
  readonly kernel: Kernel;
  readonly meter: Meter;
  readonly domains: readonly Domain[];
  /** Grants that the dispenser gave so far. */
  readonly grants: number;
  /** Cycles that were granted and not used yet; of the wire 0, as there are no grants. */
  held(): bigint;
  off(): void;
}

/** Cycles of a slice: the default. */
export const QUANTUM = 100_000;
const TEAMS = 3;

/** What runs in each team: one that computes, two that wait a lot, one that soon comes to its end. */
const programs = (seed: number): readonly BurstsProgram[] => [
  bursts({ run: [50_000, 150_000], seed }),
  bursts({ run: [1_000, 20_000], wait: [10_000, 400_000], seed: seed + 1 }),
  bursts({ run: [100, 2_000], wait: [100_000, 1_000_000], seed: seed + 2 }),
  bursts({ run: [5_000, 50_000], times: 20, seed: seed + 3 }),
];
/** Those beside the group, who never wait. */
const OTHERS = 3;

export function openGroup(model: Model, seed: number, fault?: Fault): Group {
  const kernel = createKernel({ nodes: 128, frames: 16, quantum: QUANTUM, trace: true });
  const { primeMeter } = kernel;
  const meter = kernel.createMeter({ name: "group", superior: primeMeter });
  const leaves: Meter[] = [];
  const domains: Domain[] = [];
  let isOn = true;
  let grants = 0;
  for (let team = 0; team < TEAMS; team++) {
    const superior = kernel.createMeter({ name: `team ${team}`, superior: meter });
    for (const program of programs(seed + 16 * team)) {
      const leaf = kernel.createMeter({ superior, ...battery(give) });
      leaves.push(leaf);
      domains.push(kernel.createDomain({ meter: leaf, program }));
    }
  }
  const beside = kernel.createMeter({ name: "others", superior: primeMeter });
  for (let other = 0; other < OTHERS; other++) {
    // They live as the group does: with small grants everybody's turns are short.
    const leaf = kernel.createMeter({ superior: beside, ...battery(() => true) });
    const program = bursts({ run: [50_000, 150_000], seed: seed + 1000 + other });
    kernel.createDomain({ meter: leaf, program }).start();
  }
  for (const domain of domains) domain.start();
  return {
    ...{ kernel, meter, domains },
    get grants() {
      return grants;
    },
    held: () => (model.kind === "wire" ? 0n : leaves.reduce((sum, leaf) => sum + leaf.peek(), 0n)),
    off() {
      if (fault === "no-off") return;
      if (model.kind === "battery") isOn = false;
      else if (fault === "slow-wire") for (const leaf of leaves) leaf.set(BigInt(QUANTUM));
      else meter.off();
    },
  };

  /** The group's dispenser: whether it gives another grant. */
  function give(): boolean {
    if (isOn) grants++;
    return isOn;
  }

  /** In both models the tree is the same; in this one each program's meter holds its grant. */
  function battery(give: () => boolean) {
    if (model.kind === "wire") return {};
    const keeper = ({ meter }: KeeperMessage) => {
      if (!give()) return "decline";
      meter.add(model.grant);
      return undefined;
    };
    return { cycles: 0n, keeper };
  }
}

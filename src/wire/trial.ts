// One trial: a group runs, is switched off at a moment that nobody foresaw, and is watched until its last
// program stands still.

import { type Fault, type Group, type Model, openGroup } from "./group.js";

export interface TrialOptions {
  readonly seed: number;
  /** When it is switched off. */
  readonly moment: bigint;
  readonly fault?: Fault;
  /** Cycles for which it is watched at most. */
  readonly patience: bigint;
}

export interface WireOutcome {
  /** Cycles from the switch to the last instruction of the group. */
  readonly last: number;
  /** Cycles that the group used after the switch. */
  readonly ranOn: number;
  /** Cycles in grants, unused, at the switch. */
  readonly stranded: number;
  /** Of these, how many stay unused: their programs came to their ends. */
  readonly lost: number;
  /** Cycles that the group used until the switch, and what that took. */
  readonly used: number;
  readonly grants: number;
  readonly refills: number;
  /** Records that the kernel visited to switch it off. */
  readonly visits: number;
  /** It stood still within the patience. */
  readonly isStill: boolean;
  readonly findings: readonly string[];
}

/** Cycles of a look. */
const LOOK = 10_000_000n;

export function wireTrial(model: Model, options: TrialOptions): WireOutcome {
  const { seed, moment, fault, patience } = options;
  const group = openGroup(model, seed, fault);
  const { kernel, meter } = group;
  let last = 0n;
  const members = new Set(group.domains);
  kernel.on("slice", ({ domain, cycles, time }) => {
    if (cycles > 0n && members.has(domain)) last = time;
  });
  runTo(group, moment);
  const before = kernel.statistics();
  const { grants } = group;
  const used = meter.statistics().consumed;
  const stranded = group.held();
  group.off();
  const { visits } = kernel.statistics();
  while (!isStill(group) && kernel.time < moment + patience) kernel.step({ cycles: LOOK });
  const ranOn = meter.statistics().consumed - used;
  const outcome = {
    last: ranOn === 0n ? 0 : Number(last - moment),
    ranOn: Number(ranOn),
    stranded: Number(stranded),
    lost: Number(group.held()),
    used: Number(used),
    grants,
    refills: Number(before.refills),
    visits: Number(visits - before.visits),
    isStill: isStill(group),
    findings: kernel.check().findings,
  };
  kernel.dispose();
  return outcome;
}

function runTo({ kernel }: Group, time: bigint): void {
  while (kernel.time < time) kernel.step({ cycles: time - kernel.time });
}

/** Nobody of the group will run another cycle. */
function isStill({ domains }: Group): boolean {
  return domains.every(({ state }) => state === "parked" || state === "ended");
}

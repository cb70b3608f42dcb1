// The wire and batteries of several sizes, switched off at the same moments.

import { Random } from "../sim/random.js";
import type { Fault, Model } from "./group.js";
import { type WireOutcome, wireTrial } from "./trial.js";

export interface ComparisonOptions {
  /** Cycles of a grant, for each battery. */
  readonly grants: readonly bigint[];
  /** How many moments. */
  readonly moments: number;
  readonly seed: number;
  readonly fault?: Fault;
  /** Cycles for which a group is watched at most. */
  readonly patience?: bigint;
}

export interface Spread {
  readonly mean: number;
  readonly worst: number;
}

export interface ModelReport {
  readonly model: Model;
  /** Cycles from the switch to the group's last instruction. */
  readonly last: Spread;
  /** Cycles that the group used after the switch. */
  readonly ranOn: Spread;
  /** Cycles in grants that were unused at the switch. */
  readonly stranded: Spread;
  /** Of these, those that nobody ever used. */
  readonly lost: Spread;
  /** For each million cycles that the group used. */
  readonly grantsPerMillion: number;
  readonly refillsPerMillion: number;
  readonly visits: Spread;
  readonly findings: readonly string[];
  /** The wire stops at once and strands nothing; batteries come to their ends at all. */
  readonly ok: boolean;
}

export interface ComparisonTick {
  readonly model: Model;
  readonly moment: number;
  readonly moments: number;
}

/** The group is switched off somewhere in here. */
const FROM = 5_000_000;
const TO = 15_000_000;
const PATIENCE = 20_000_000_000n;

/** Yields after each trial, so that whoever goes through it can show how far it is, or stop. */
export function* compare(options: ComparisonOptions): Generator<ComparisonTick, ModelReport[]> {
  const { grants, moments, seed, fault, patience = PATIENCE } = options;
  const batteries = grants.map((grant): Model => ({ kind: "battery", grant }));
  const drawn = draw(seed, moments);
  const reports: ModelReport[] = [];
  for (const model of [{ kind: "wire" } as const, ...batteries]) {
    const outcomes: WireOutcome[] = [];
    for (const { moment, world } of drawn) {
      outcomes.push(wireTrial(model, { seed: world, moment, patience, ...(fault && { fault }) }));
      yield { model, moment: outcomes.length, moments };
    }
    reports.push(reportOf(model, outcomes));
  }
  return reports;
}

/** The same for every model: when the group is switched off, and the seed of its programs. */
function draw(seed: number, count: number): { moment: bigint; world: number }[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => ({
    moment: BigInt(random.between(FROM, TO)),
    world: random.below(2 ** 30),
  }));
}

function reportOf(model: Model, outcomes: readonly WireOutcome[]): ModelReport {
  const used = sum(outcomes, "used");
  const findings = [...new Set(outcomes.flatMap(({ findings }) => findings))];
  const isStill = findings.length === 0 && outcomes.every((outcome) => outcome.isStill);
  const isCut = outcomes.every(({ ranOn, stranded }) => ranOn + stranded === 0);
  return {
    ...{ model, findings },
    last: spread(outcomes, "last"),
    ranOn: spread(outcomes, "ranOn"),
    stranded: spread(outcomes, "stranded"),
    lost: spread(outcomes, "lost"),
    grantsPerMillion: (1e6 * sum(outcomes, "grants")) / used,
    refillsPerMillion: (1e6 * sum(outcomes, "refills")) / used,
    visits: spread(outcomes, "visits"),
    ok: isStill && (model.kind === "battery" || isCut),
  };
}

type Figure = "last" | "ranOn" | "stranded" | "lost" | "used" | "grants" | "refills" | "visits";

function sum(outcomes: readonly WireOutcome[], figure: Figure): number {
  return outcomes.reduce((sum, outcome) => sum + outcome[figure], 0);
}

function spread(outcomes: readonly WireOutcome[], figure: Figure): Spread {
  const worst = Math.max(...outcomes.map((outcome) => outcome[figure]));
  return { mean: sum(outcomes, figure) / outcomes.length, worst };
}

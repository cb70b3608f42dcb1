import { setImmediate } from "node:timers/promises";
import { PrimemeterError } from "../errors.js";
import { createKernel, type Domain, type Kernel, type Meter } from "../index.js";
import { judge, type Standing, unreached } from "./claim.js";
import { PRIME } from "./inspection.js";
import { makeKeeper } from "./keeper.js";
import { type Problem, ScenarioError } from "./problem.js";
import type { DomainReport, Ending, Expectation, MeterReport, Report } from "./report.js";
import type { ActPlan, Scenario } from "./scenario.js";

/** Cycles between two looks at the world. */
const STRETCH = 5_000_000n;

interface MeterEntry {
  readonly meter: Meter;
  superior: string | null;
  /** Its figures just before it was rescinded. */
  last: MeterReport | null;
}

interface DomainEntry {
  readonly domain: Domain;
  readonly group: string;
  meter: string;
}

export interface RunOptions {
  /** Stop at this cycle of the clock, if not idle before. */
  cycles?: bigint;
  signal?: AbortSignal;
  /** Called every few million cycles. */
  onProgress?: () => void;
  /** Called as the operator of the scenario acts. */
  onAct?: (act: ActPlan) => void;
}

/** A scenario at work: a kernel with its meters and domains, and the operator's acts to come. */
export class ScenarioRun implements Standing {
  readonly kernel: Kernel;
  readonly #scenario: Scenario;
  readonly #meters = new Map<string, MeterEntry>();
  readonly #domains = new Map<string, DomainEntry>();
  readonly #groups = new Map<string, DomainEntry[]>();
  readonly #expectations = new Map<object, Expectation[]>();
  #ending: Ending = "limit";
  #seconds = 0;

  /** Builds the tree; domains are ready but nothing runs. Throws ScenarioError if it cannot. */
  constructor(scenario: Scenario, trace = false) {
    this.#scenario = scenario;
    this.kernel = blaming(scenario.problem, () => createKernel({ ...scenario.kernel, trace }));
    const prime = this.kernel.primeMeter;
    this.#meters.set(PRIME, { meter: prime, superior: null, last: null });
    for (const { name, superior, cycles, keeper, problem } of scenario.meters) {
      const meter = blaming(problem, () =>
        this.kernel.createMeter({
          name,
          superior: this.#meter(superior).key,
          cycles,
          keeper: keeper && makeKeeper(keeper),
        }),
      );
      this.#meters.set(name, { meter, superior, last: null });
    }
    for (const plan of scenario.domains) {
      const { name: group, names, meter, program, args, stdin, memory } = plan;
      const entries = names.map((name) => {
        const domain = blaming(plan.problem, () =>
          this.kernel.createDomain({
            name,
            meter: this.#meter(meter).key,
            program,
            args,
            stdin,
            memory,
          }),
        );
        domain.start();
        const entry = { domain, group, meter };
        this.#domains.set(name, entry);
        return entry;
      });
      this.#groups.set(group, entries);
    }
  }

  /** Performs the acts at their cycles, until idle or the limit. To be called once. */
  async run({ cycles: limit, signal, onProgress, onAct }: RunOptions = {}): Promise<Report> {
    // At one cycle, claims come first: they are held against how things stood before the acts.
    for (const claim of this.#scenario.claims) {
      if (claim.cycle === undefined) continue;
      this.kernel.at(claim.cycle, () => this.#expectations.set(claim, judge(claim, this)));
    }
    for (const act of this.#scenario.acts) {
      this.kernel.at(act.cycle, () => {
        onAct?.(act);
        blaming(act.problem, () => this.#perform(act));
      });
    }
    // Where instructions cost more than a cycle, the clock may stay just short of a stretch's end.
    let end = 0n;
    while (this.#ending === "limit" && (limit === undefined || end < limit)) {
      end = limit !== undefined && limit - end < STRETCH ? limit : end + STRETCH;
      const cycles = end - this.kernel.time;
      const started = performance.now();
      this.#ending = (await this.kernel.run({ cycles, signal })).reason;
      this.#seconds += (performance.now() - started) / 1000;
      onProgress?.();
      // Short stretches give the event loop no turn of their own, and an interrupt needs one.
      await setImmediate();
    }
    return this.report();
  }

  get idle(): boolean {
    return this.#ending === "idle";
  }

  conserved(): boolean {
    return this.#findings().length === 0;
  }

  meter(name: string): MeterReport {
    const { meter, superior, last } = this.#meters.get(name)!;
    if (last !== null) return last;
    const { granted, consumed, keeperCalls } = meter.statistics();
    const counter = meter.peek();
    return { name, superior, granted, consumed, counter, keeperCalls, rescinded: false };
  }

  domains(name: string): DomainReport[] {
    const entries = this.#groups.get(name) ?? [this.#domains.get(name)!];
    return entries.map(({ domain, group, meter }) => {
      const { name, state, exitCode, consumed, output, trap } = domain;
      return { name, group, meter, state, exitCode, consumed, output, trap };
    });
  }

  /** How things stand, at any time; claims without a cycle are held against it. */
  report(): Report {
    const findings = this.#findings();
    const expectations = this.#scenario.claims.flatMap((claim) => {
      if (claim.cycle === undefined) return judge(claim, this);
      return this.#expectations.get(claim) ?? [unreached(claim)];
    });
    const { consumed } = this.meter(PRIME);
    return {
      conserved: findings.length === 0,
      findings,
      ending: this.#ending,
      cycles: this.kernel.time,
      processors: this.#scenario.kernel.processors ?? 1,
      consumed,
      seconds: this.#seconds,
      mips: this.#seconds === 0 ? 0 : Number(consumed) / this.#seconds / 1e6,
      synthetic: this.#scenario.synthetic,
      meters: this.meters(),
      domains: [...this.#groups.keys()].flatMap((group) => this.domains(group)),
      expectations,
    };
  }

  meters(): MeterReport[] {
    return [...this.#meters.keys()].map((name) => this.meter(name));
  }

  #meter(name: string): Meter {
    return this.#meters.get(name)!.meter;
  }

  #perform(act: ActPlan): void {
    const { off, on, add, set, rescind, stop, start, move, cycles } = act;
    if (off !== undefined) this.#meter(off).off();
    if (on !== undefined) this.#meter(on).on(cycles!);
    if (add !== undefined) this.#meter(add).add(cycles!);
    if (set !== undefined) this.#meter(set).set(cycles!);
    if (rescind !== undefined) {
      const last = { ...this.meter(rescind), rescinded: true };
      this.#meter(rescind).rescind();
      this.#meters.get(rescind)!.last = last;
    }
    if (move !== undefined) {
      this.#meter(move).setSuperior(this.#meter(act.superior!).key);
      this.#meters.get(move)!.superior = act.superior!;
    }
    for (const { domain } of this.#entries(stop)) domain.stop();
    for (const { domain } of this.#entries(start)) domain.start();
    for (const entry of this.#entries(act["move-domain"])) {
      entry.domain.setMeter(this.#meter(act.meter!).key);
      entry.meter = act.meter!;
    }
  }

  #entries(name: string | undefined): readonly DomainEntry[] {
    if (name === undefined) return [];
    return this.#groups.get(name) ?? [this.#domains.get(name)!];
  }

  /** What does not add up: the checker's findings, and sums made here from what is shown. */
  #findings(): string[] {
    const findings = [...this.kernel.check().findings];
    for (const { name, granted, counter, consumed } of this.meters()) {
      // Modulo 2^64, as an unlimited meter may be granted more.
      if (granted === BigInt.asUintN(64, counter + consumed)) continue;
      findings.push(`meter ${name}: granted ${granted} is not left ${counter} + ${consumed}`);
    }
    let sum = 0n;
    for (const { domain } of this.#domains.values()) sum += domain.consumed;
    const { consumed } = this.meter(PRIME);
    if (sum !== consumed) findings.push(`prime: consumed ${consumed}, its domains ${sum}`);
    return findings;
  }
}

/** Turns what the kernel refuses into a problem at its place in the file. */
function blaming<T>(problem: (message: string) => Problem, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof PrimemeterError)) throw error;
    throw new ScenarioError([problem(`${error.message} (${error.code})`)]);
  }
}

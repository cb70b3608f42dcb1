import { setImmediate } from "node:timers/promises";
import { DEFAULT_PRIORITY } from "../../assembly/time-layout.js";
import { type Domain, type Kernel, type Partition, PartitionError } from "../index.js";
import type { Called } from "./calls.js";
import { judge, type Standing, unreached } from "./claim.js";
import type { Told } from "./console.js";
import { PRIME } from "./inspection.js";
import { Mail } from "./mail.js";
import { percentOf } from "./partition-claim.js";
import type {
  AnswerReport,
  DomainReport,
  DomainTime,
  Ending,
  Expectation,
  MeterReport,
  PartitionReport,
  Report,
  ResidenceReport,
  TimeReport,
} from "./report.js";
import {
  corePages,
  residenceFindings,
  residenceReport,
  storageReport,
} from "./residence-report.js";
import { LOCKER } from "./residence-shapes.js";
import type { ActPlan, Scenario } from "./scenario.js";
import { given } from "./time.js";
import { SYSTEM } from "./time-shapes.js";
import { blaming, World } from "./world.js";

/** Cycles between two looks at the world. */
const STRETCH = 5_000_000n;

export interface RunOptions {
  /** Stop at this cycle of the clock, if not idle before. */
  cycles?: bigint;
  signal?: AbortSignal;
  /** Called every few million cycles, or after so many. */
  onProgress?: () => void;
  every?: bigint;
  /** Called as the operator of the scenario acts. */
  onAct?: (act: ActPlan) => void;
  /** Called as a domain tells the console something. */
  onTold?: (told: Told) => void;
  /** Called when a call of the operator is answered, or is never to be. */
  onAnswer?: (answer: AnswerReport) => void;
}

/** Where a domain is, as the file and the operator say. */
interface Home {
  readonly group: string;
  readonly meter: string;
  readonly partition?: string;
  readonly priority?: number;
}

/** A scenario at work: a kernel with its meters and domains, and the operator's acts to come. */
export class ScenarioRun implements Standing {
  readonly kernel: Kernel;
  readonly #scenario: Scenario;
  readonly #world: World;
  readonly #mail: Mail;
  /** Meters and domains that are rescinded, with their figures just before. */
  readonly #lateMeters = new Map<string, MeterReport>();
  readonly #lateDomains = new Map<string, DomainReport>();
  /** Under what meters hang, and where domains run. */
  readonly #superiors = new Map<string, string | null>([[PRIME, null]]);
  readonly #homes = new Map<string, Home>();
  readonly #keepers = new Map<string, string | undefined>();
  readonly #expectations = new Map<object, Expectation[]>();
  #ending: Ending = "limit";
  #seconds = 0;

  /** Builds the tree; domains are ready but nothing runs. Throws ScenarioError if it cannot. */
  constructor(scenario: Scenario, trace = false) {
    this.#scenario = scenario;
    this.#world = new World(scenario, trace);
    this.kernel = this.#world.kernel;
    this.#mail = new Mail(this.#world);
    for (const { name, superior, keeper } of scenario.meters) {
      this.#superiors.set(name, superior);
      this.#keepers.set(name, keeper?.start);
    }
    const isParted = scenario.kernel.partitions !== undefined;
    const usual = isParted ? { partition: SYSTEM, priority: DEFAULT_PRIORITY } : {};
    for (const { name: group, names, meter, partition, priority } of scenario.domains) {
      const home = { group, meter, ...usual, ...given({ partition, priority }) };
      for (const name of names) this.#homes.set(name, home);
    }
    if (this.#isResident) {
      this.#superiors.set(LOCKER, PRIME);
      this.#homes.set(LOCKER, { group: LOCKER, meter: LOCKER, ...usual });
    }
  }

  /** Performs the acts at their cycles, until idle or the limit. To be called once. */
  async run(options: RunOptions = {}): Promise<Report> {
    const { cycles: limit, signal, onProgress, every = STRETCH } = options;
    this.#world.calls.limit = limit;
    this.#listen(options);
    // At one cycle, claims come first: they are held against how things stood before the acts.
    for (const claim of this.#scenario.claims) {
      if (claim.cycle === undefined) continue;
      this.kernel.at(claim.cycle, () => this.#expectations.set(claim, judge(claim, this)));
    }
    for (const act of this.#scenario.acts) {
      this.kernel.at(act.cycle, () => {
        options.onAct?.(act);
        blaming(act.problem, () => this.#perform(act));
      });
    }
    // Where instructions cost more than a cycle, the clock may stay just short of a stretch's end.
    let end = 0n;
    while (this.#ending === "limit" && (limit === undefined || end < limit)) {
      end = limit !== undefined && limit - end < every ? limit : end + every;
      // A guest's call may have taken it beyond.
      const { time } = this.kernel;
      const cycles = end > time ? end - time : 0n;
      const started = performance.now();
      const ending = await this.#stretch(cycles, signal);
      this.#ending = ending === "idle" && this.#world.calls.isCut ? "limit" : ending;
      this.#seconds += (performance.now() - started) / 1000;
      onProgress?.();
      // Short stretches give the event loop no turn of their own, and an interrupt needs one.
      await setImmediate();
    }
    this.#mail.end();
    return this.report();
  }

  get idle(): boolean {
    return this.#ending === "idle";
  }

  /** Listens to the calls of guests. */
  onCall(listener: (called: Called) => void): void {
    this.#world.calls.listeners.push(listener);
  }

  conserved(): boolean {
    return this.#findings().length === 0;
  }

  meter(name: string): MeterReport {
    return this.#meter(name, this.#corePages());
  }

  #meter(name: string, corePages: ReadonlyMap<string, number>): MeterReport {
    const late = this.#lateMeters.get(name);
    if (late !== undefined) return late;
    const meter = this.#world.meters.get(name)!;
    const { granted, consumed, keeperCalls } = meter.statistics();
    const counter = meter.peek();
    const superior = this.#superiors.get(name)!;
    const keeper = this.#keepers.get(name) ?? null;
    const storage = this.#isResident ? storageReport(meter, corePages.get(name) ?? 0) : null;
    const counts = { granted, consumed, counter, keeperCalls };
    return { name, superior, ...counts, keeper, storage, rescinded: false };
  }

  domains(name: string): DomainReport[] {
    return this.#names(name).map((name) => this.#domain(name));
  }

  partition(name: string): PartitionReport {
    return this.#partition(this.#world.partitions.get(name)!);
  }

  partitions(): PartitionReport[] {
    return [...this.#world.partitions.values()].map((partition) => this.#partition(partition));
  }

  time(): TimeReport | null {
    if (!this.#isTimed) return null;
    let ran = 0n;
    for (const name of this.#homes.keys()) ran += this.#domain(name).time!.ran;
    const window = this.#world.partitions.size > 0 ? this.kernel.window : null;
    const { by = "microbill" } = this.#scenario.kernel.billing ?? {};
    return { by, ...this.kernel.timing(), ran, window };
  }

  residence(): ResidenceReport | null {
    return this.#isResident ? residenceReport(this.kernel) : null;
  }

  get elapsed(): bigint {
    return this.kernel.timing().elapsed;
  }

  console(name: string): readonly Told[] {
    return this.#world.console.of(name);
  }

  answer(name: string): AnswerReport | undefined {
    return this.#mail.answer(name);
  }

  page(name: string, offset: number, length: number): Uint8Array {
    return this.#world.pages.get(name)!.read(offset, length);
  }

  get messages(): number {
    return Number(this.kernel.statistics().messages);
  }

  get stalls(): number {
    return Number(this.kernel.statistics().stalls);
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
      domains: [...this.#homes.keys()].map((name) => this.#domain(name)),
      time: this.time(),
      partitions: this.partitions(),
      residence: this.residence(),
      messages: this.messages,
      stalls: this.stalls,
      console: this.#world.console.log,
      answers: this.#mail.answers,
      expectations,
    };
  }

  meters(): MeterReport[] {
    const pages = this.#corePages();
    return [...this.#superiors.keys()].map((name) => this.#meter(name, pages));
  }

  async #stretch(cycles: bigint, signal: AbortSignal | undefined): Promise<Ending> {
    try {
      return (await this.kernel.run({ cycles, signal })).reason;
    } catch (error) {
      // The file says that a bankruptcy ends the run.
      if (error instanceof PartitionError && error.code === "BANKRUPT") return "bankrupt";
      throw error;
    }
  }

  #listen({ onTold, onAnswer }: RunOptions): void {
    if (onTold !== undefined) this.#world.console.onTold = onTold;
    if (onAnswer !== undefined) this.#mail.onAnswer = onAnswer;
  }

  #domain(name: string): DomainReport {
    const late = this.#lateDomains.get(name);
    if (late !== undefined) return late;
    const domain = this.#world.domains.get(name)!;
    const { state, exitCode, consumed, output, trap } = domain;
    const { group, meter } = this.#homes.get(name)!;
    const calls = this.#world.calls.report(domain);
    const time = this.#isTimed ? this.#timeOf(domain, name) : null;
    return { name, group, meter, state, exitCode, consumed, output, trap, calls, time };
  }

  #timeOf(domain: Domain, name: string): DomainTime {
    const { consumed, ran, owed } = domain;
    const { partition = null, priority = null } = this.#homes.get(name)!;
    return { billed: consumed + owed, ran, owed, partition, priority };
  }

  #partition(partition: Partition): PartitionReport {
    const usage = partition.usage();
    return { ...usage, share: percentOf(usage.total, this.elapsed) };
  }

  #corePages(): ReadonlyMap<string, number> {
    if (!this.#isResident) return new Map();
    return corePages(this.kernel, (name) => this.#superiors.get(name)!);
  }

  get #isResident(): boolean {
    return this.#scenario.kernel.residence !== undefined;
  }

  get #isTimed(): boolean {
    const { billing, partitions } = this.#scenario.kernel;
    return billing !== undefined || partitions !== undefined;
  }

  #perform(act: ActPlan): void {
    const meter = (name: string) => this.#world.meters.get(name)!;
    const { off, on, add, set, rescind, stop, start, move, cycles, storage } = act;
    if (off !== undefined) meter(off).off();
    if (on !== undefined) meter(on).on(cycles!);
    if (cycles !== undefined) {
      if (add !== undefined) meter(add).add(cycles);
      if (set !== undefined) meter(set).set(cycles);
    }
    if (storage !== undefined) {
      if (add !== undefined) meter(add).storage.add(storage);
      if (set !== undefined) meter(set).storage.set(storage);
    }
    if (rescind !== undefined) {
      const late = { ...this.meter(rescind), rescinded: true };
      meter(rescind).rescind();
      this.#lateMeters.set(rescind, late);
    }
    if (move !== undefined) {
      meter(move).setSuperior(meter(act.superior!).key);
      this.#superiors.set(move, act.superior!);
    }
    this.#each(stop, (domain) => domain.stop());
    this.#each(start, (domain) => domain.start());
    this.#each(act["move-domain"], (domain, name) => {
      domain.setMeter(meter(act.meter!).key);
      this.#homes.set(name, { ...this.#homes.get(name)!, meter: act.meter! });
    });
    this.#each(act.schedule, (domain, name) => {
      domain.schedule(this.#world.taskOf(act));
      const { partition, priority } = act;
      this.#homes.set(name, { ...this.#homes.get(name)!, ...given({ partition, priority }) });
    });
    this.#each(act["rescind-domain"], (domain, name) => {
      // What it is not billed for yet, it is as it stops.
      if (domain.state !== "ended") domain.stop();
      const late = { ...this.#domain(name), state: "rescinded" } as const;
      domain.rescind();
      this.#lateDomains.set(name, late);
    });
    this.#changePartitions(act);
    const { period, phase, offset } = act;
    if (period !== undefined) this.kernel.residence.set(given({ period, phase, offset }));
    this.#mail.post(act);
  }

  #changePartitions({ change, budget, max, critical, window }: ActPlan): void {
    if (change !== undefined) {
      const cycles = critical === undefined ? undefined : Number(critical);
      this.#world.partitions.get(change)!.change(given({ budget, max, critical: cycles }));
    }
    if (window !== undefined) this.kernel.setWindow(window);
  }

  /** The domain of that name, or all copies. */
  #each(name: string | undefined, act: (domain: Domain, name: string) => void): void {
    if (name === undefined) return;
    for (const one of this.#names(name)) act(this.#world.domains.get(one)!, one);
  }

  #names(name: string): readonly string[] {
    return this.#world.groups.get(name) ?? [name];
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
    for (const name of this.#homes.keys()) sum += this.#domain(name).consumed;
    const { consumed } = this.meter(PRIME);
    if (sum !== consumed) findings.push(`prime: consumed ${consumed}, its domains ${sum}`);
    if (this.#isTimed) findings.push(...this.#timeFindings());
    if (this.#isResident) {
      findings.push(...residenceFindings(residenceReport(this.kernel), this.meters()));
    }
    return findings;
  }

  /** Whatever the clock says: domains, partitions and the whole were billed for the same. */
  #timeFindings(): string[] {
    const { billed } = this.kernel.timing();
    let owing = 0n;
    for (const name of this.#homes.keys()) owing += this.#domain(name).time!.billed;
    const parts = this.partitions().reduce((sum, { total }) => sum + total, 0n);
    const findings: string[] = [];
    if (owing !== billed) findings.push(`billed ${billed}, the domains ${owing}`);
    if (this.#world.partitions.size > 0 && parts !== billed) {
      findings.push(`billed ${billed}, the partitions ${parts}`);
    }
    return findings;
  }
}

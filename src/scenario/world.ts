import { PrimemeterError } from "../errors.js";
import {
  clockKey,
  createKernel,
  type Domain,
  discrimKey,
  type Join,
  type Kernel,
  type Key,
  type Meter,
  type MeterKey,
  makerKey,
  type Node,
  type Page,
  type Partition,
  returnerKey,
  type Segment,
  type Wait,
} from "../index.js";
import { bytesOf } from "./bytes.js";
import { Calls } from "./calls.js";
import { Console } from "./console.js";
import { PRIME, SELF } from "./inspection.js";
import { makeKeeper } from "./keeper.js";
import type { KeyPlan } from "./key.js";
import { type Problem, ScenarioError } from "./problem.js";
import { LOCKER } from "./residence-shapes.js";
import type {
  DomainPlan,
  GuestPlan,
  MeterPlan,
  PartitionPlan,
  Scenario,
  SlotPlan,
  TaskPlan,
  WasmPlan,
} from "./scenario.js";
import { given } from "./time.js";
import { SYSTEM } from "./time-shapes.js";

/**
 * What a scenario's file names, made in a kernel of its own. As names may refer forward and in
 * circles, everything is made first; keys are put into their slots afterwards.
 */
export class World {
  readonly kernel: Kernel;
  readonly meters = new Map<string, Meter>();
  readonly domains = new Map<string, Domain>();
  /** System first, where there are any. */
  readonly partitions = new Map<string, Partition>();
  /** The names of the domains of each table of the file. */
  readonly groups = new Map<string, readonly string[]>();
  readonly pages = new Map<string, Page>();
  readonly console = new Console();
  readonly calls: Calls;
  readonly #nodes = new Map<string, Node>();
  readonly #segments = new Map<string, Segment>();
  readonly #joins = new Map<string, Join>();
  readonly #waits = new Map<string, Wait>();
  readonly #consoleKey: Key;
  readonly #processors: number;

  /** Domains are ready but nothing runs. Throws ScenarioError for what cannot be made. */
  constructor(scenario: Scenario, trace: boolean) {
    const { kernel: options, partitions, meters, domains, problem } = scenario;
    this.kernel = blaming(problem, () => createKernel({ ...options, trace }));
    this.calls = new Calls(this.kernel);
    this.#processors = options.processors ?? 1;
    this.#consoleKey = this.kernel.hostObject(this.console.take);
    this.meters.set(PRIME, this.kernel.primeMeter);
    if (options.partitions !== undefined) this.partitions.set(SYSTEM, this.kernel.systemPartition);
    if (options.residence !== undefined) {
      const { residence } = this.kernel;
      this.meters.set(LOCKER, residence.meter);
      this.domains.set(LOCKER, residence.locker);
    }
    for (const plan of partitions) blaming(plan.problem, () => this.#makePartition(plan));
    for (const plan of meters) blaming(plan.problem, () => this.#makeMeter(plan));
    this.#makeObjects(scenario);
    for (const plan of domains) blaming(plan.problem, () => this.#makeDomains(plan));
    this.#fill(scenario);
    for (const names of this.groups.values()) {
      for (const name of names) this.domains.get(name)!.start();
    }
  }

  /** The key that a table of the file means; `self` is whose it is to be. */
  key(plan: KeyPlan, self?: Domain): Key {
    const { databyte = 0 } = plan;
    const domain = (name: string) =>
      name === SELF && self !== undefined ? self : this.domains.get(name)!;
    // What the file may call a node or a meter: no two of them have one name.
    const node = (name: string) => (this.meters.get(name) ?? this.#nodes.get(name))!.id;
    if (plan.start !== undefined) return domain(plan.start).startKey(databyte);
    if (plan.domain !== undefined) return domain(plan.domain).domainKey;
    if (plan.meter !== undefined) return { kind: "meter", id: node(plan.meter), databyte: 0 };
    if (plan.service !== undefined) return { kind: "node", id: node(plan.service), databyte };
    if (plan.node !== undefined) return { kind: "node", id: node(plan.node), databyte };
    if (plan.fetch !== undefined) return { kind: "fetch", id: node(plan.fetch), databyte };
    if (plan.sense !== undefined) return { kind: "sense", id: node(plan.sense), databyte };
    if (plan.page !== undefined) return this.pages.get(plan.page)!.key;
    if (plan.segment !== undefined) return this.#segments.get(plan.segment)!.key;
    if (plan.join !== undefined) return this.#joins.get(plan.join)!.key;
    if (plan.wait !== undefined) return this.#waits.get(plan.wait)!.key;
    if (plan.data !== undefined) return { kind: "data", value: plan.data };
    if (plan.clock) return clockKey;
    if (plan.returner) return returnerKey;
    if (plan.discrim) return discrimKey;
    return plan.maker ? makerKey : this.#consoleKey;
  }

  #makePartition({ name, parent, budget, max, critical }: PartitionPlan): void {
    const partition = this.kernel.createPartition({
      ...{ name, budget, max },
      parent: parent === undefined ? undefined : this.partitions.get(parent)!,
      critical: critical === undefined ? undefined : Number(critical),
    });
    this.partitions.set(name, partition);
  }

  #makeMeter({ name, superior, cycles, storage, keeper }: MeterPlan): void {
    const meter = this.kernel.createMeter({
      name,
      superior: this.meters.get(superior)!.key,
      ...given({ cycles, storage }),
      keeper: keeper && keeper.start === undefined ? makeKeeper(keeper) : undefined,
    });
    this.meters.set(name, meter);
  }

  #makeObjects({ nodes, pages, segments, joins, waits }: Scenario): void {
    for (const { name, problem } of nodes) {
      this.#nodes.set(
        name,
        blaming(problem, () => this.kernel.createNode()),
      );
    }
    for (const plan of pages) {
      const page = blaming(plan.problem, () => this.kernel.createPage());
      page.write(0, bytesOf(plan) ?? new Uint8Array());
      this.pages.set(plan.name, page);
    }
    for (const { name, slots, problem } of segments) {
      const contents = slots.map(({ slot, ...content }) => [slot, this.#content(content)]);
      const options = { name, slots: Object.fromEntries(contents) };
      this.#segments.set(
        name,
        blaming(problem, () => this.kernel.createSegment(options)),
      );
    }
    for (const { name, problem } of joins) {
      this.#joins.set(
        name,
        blaming(problem, () => this.kernel.createJoin(name)),
      );
    }
    for (const { name, problem } of waits) {
      this.#waits.set(
        name,
        blaming(problem, () => this.kernel.createWait(name)),
      );
    }
  }

  /** What a slot of a segment is to hold. */
  #content({ page, segment }: { page?: string; segment?: string }): Page | Segment {
    return page === undefined ? this.#segments.get(segment!)! : this.pages.get(page)!;
  }

  /** What partitions are to know of a domain. */
  taskOf(plan: TaskPlan) {
    const { partition: name, priority, policy, critical, "client-pays": clientPays } = plan;
    const partition = name === undefined ? undefined : this.partitions.get(name)!;
    // Beside other acts it is a number of cycles.
    const isCritical = typeof critical === "boolean" ? critical : undefined;
    return given({ partition, priority, policy, critical: isCritical, clientPays });
  }

  #makeDomains(plan: DomainPlan): void {
    const { name: group, names, program, args, stdin, memory } = plan;
    const meter = this.meters.get(plan.meter)!.key;
    const pages = plan.pages?.map(({ page, segment, ...place }) => {
      if (page !== undefined) return { page: this.pages.get(page)!, ...place };
      return { segment: this.#segments.get(segment!)!, ...place };
    });
    for (const name of names) {
      if ("module" in program) this.#makeGuest(name, meter, program, plan);
      else {
        const options = { name, meter, program, args, stdin, memory, pages };
        this.domains.set(name, this.kernel.createDomain({ ...options, ...this.taskOf(plan) }));
      }
    }
    this.groups.set(group, names);
  }

  #makeGuest(name: string, meter: MeterKey, program: WasmPlan, plan: DomainPlan): void {
    if (this.#processors > 1) {
      const found = `found a module of WebAssembly on ${this.#processors} processors`;
      throw new ScenarioError([plan.problem(`${found}, expected one processor`, "program")]);
    }
    const guest = this.kernel.loadWasm(program.module, { name, meter });
    // Like all others it queues in the order of the file.
    guest.domain.stop();
    const task = this.taskOf(plan);
    if (Object.keys(task).length > 0) guest.domain.schedule(task);
    this.domains.set(name, guest.domain);
    this.calls.add(guest, program);
  }

  #fill({ nodes, meters, domains }: Scenario): void {
    for (const { name, keys = [] } of nodes) {
      for (const plan of keys) this.#nodes.get(name)!.swap(plan.slot, this.key(plan));
    }
    for (const { name, keeper } of meters) {
      if (keeper?.start === undefined) continue;
      this.meters.get(name)!.keeper = this.key(keeper);
    }
    for (const { names, keys = [], keeper, problem } of domains) {
      for (const name of names) {
        const domain = this.domains.get(name)!;
        blaming(problem, () => this.#furnish(domain, keys, keeper));
      }
    }
  }

  #furnish(domain: Domain, keys: readonly SlotPlan[], keeper: GuestPlan | undefined): void {
    for (const plan of keys) domain.keys.set(plan.slot, this.key(plan, domain));
    if (keeper !== undefined) domain.keeper = this.key(keeper);
  }
}

/** Turns what the kernel refuses into a problem at its place in the file. */
export function blaming<T>(problem: (message: string) => Problem, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw blamed(problem, error);
  }
}

/** What `blaming` throws for an error. */
export function blamed(problem: (message: string) => Problem, error: unknown): unknown {
  if (!(error instanceof PrimemeterError) || error instanceof ScenarioError) return error;
  return new ScenarioError([problem(`${error.message} (${error.code})`)]);
}

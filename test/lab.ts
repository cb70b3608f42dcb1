// A kernel to experiment on: short ways to make things, and to see what the host API does not show.

import {
  CONTROL_NODE_BASE,
  DOMAIN_TRAP_SLOT,
  FLAG_DRY,
  FLAG_STALE,
  FLAG_TRAPPED,
  KEY_LOW,
  KEY_SIZE,
  NODE_KEYS,
  NODE_PREPCODE,
  NODE_RECORD,
  NODE_SIZE,
  PREPCODE_METER,
  RECORD_AMOUNT,
  RECORD_FLAGS,
  RECORD_LEVEL,
} from "../assembly/layout.js";
import { indexOf, type NodeId } from "../src/id.js";
import {
  bursts,
  createKernel,
  type Domain,
  type Keeper,
  type Kernel,
  type KernelOptions,
  type Key,
  type Meter,
  type MeterKey,
  type Node,
} from "../src/index.js";
import { endsWithTest, variant } from "./variants.js";

export const DK0: Key = { kind: "data", value: 0n };
export const ADVANCE = 80_000_000n;

export class Lab {
  readonly kernel: Kernel;
  /** Domain and cycles of each refill. */
  readonly refills: [string, bigint][] = [];
  /** Domain and meter of each keeper call, and of each park. */
  readonly calls: [string, string][] = [];
  readonly parks: [string, string][] = [];
  /** Domain and code in hexadecimal. */
  readonly traps: [string, string][] = [];

  constructor(options: KernelOptions = {}) {
    const defaults = { nodes: 128, frames: 64, trace: true };
    this.kernel = endsWithTest(createKernel({ ...defaults, ...variant(), ...options }));
    this.kernel.on("refill", (e) => this.refills.push([e.domain.name, e.cycles]));
    this.kernel.on("keeper", (e) => this.calls.push([e.domain.name, e.meter.name]));
    this.kernel.on("park", (e) => this.parks.push([e.domain.name, e.meter?.name ?? ""]));
    this.kernel.on("trap", (e) => this.traps.push([e.domain.name, e.code.toString(16)]));
  }

  get prime(): Meter {
    return this.kernel.primeMeter;
  }

  meter(name: string, superior: Meter | MeterKey, cycles?: bigint, keeper?: Keeper): Meter {
    const o = { name, superior };
    return this.kernel.createMeter({
      ...o,
      ...(cycles === undefined ? {} : { cycles }),
      ...(keeper ? { keeper } : {}),
    });
  }

  /** Runs for ever. */
  busy(name: string, meter: Meter | MeterKey): Domain {
    return this.domain(name, meter, { run: 1_000_000_000 });
  }

  /** Runs so many cycles, then sleeps for very long. */
  sleepy(name: string, meter: Meter | MeterKey, run = 1): Domain {
    return this.domain(name, meter, { run, wait: 4_000_000_000 });
  }

  domain(name: string, meter: Meter | MeterKey, plan: Parameters<typeof bursts>[0]): Domain {
    const domain = this.kernel.createDomain({ name, meter, program: bursts(plan) });
    domain.start();
    return domain;
  }

  /** A node that is well-formed as a meter, as the host makes it slot by slot (§2.2). */
  node(superior: Meter, cycles: bigint): Node {
    const node = this.kernel.createNode();
    node.swap(1, { kind: "meter", id: superior.id, databyte: 0 });
    node.swap(3, { kind: "data", value: cycles });
    return node;
  }

  /** A domain under a node; running for ever. */
  under(name: string, node: Node): Domain {
    return this.busy(name, this.kernel.meterOf(node));
  }

  /** Meters hung one under the other, `length` of them; the last is the lowest. */
  chain(length: number, superior: Meter = this.prime): Meter[] {
    const meters: Meter[] = [];
    for (let i = 0; i < length; i++) {
      meters.push(this.meter(`C${i}`, meters.at(-1) ?? superior, 1_000_000n));
    }
    return meters;
  }

  /** Steps until so many cycles are over or nobody can go on. */
  run(cycles: number | bigint): string {
    const until = this.kernel.time + BigInt(cycles);
    while (true) {
      // Kernel work that was charged may have taken the clock past it.
      const left = until - this.kernel.time;
      const { reason } = this.kernel.step({ cycles: left > 0n ? left : 0n });
      if (reason !== "ran") return reason;
    }
  }

  // --- Inside -----------------------------------------------------------------------------------

  /** What a prepared meter's counter is without the caches below, or what slot 3 shows. */
  stored(meter: Meter): bigint {
    return this.#view.u64(this.#record(meter.id) + RECORD_AMOUNT);
  }

  cache(domain: Domain): bigint {
    return this.#view.u64(this.#record(domain.id) + RECORD_AMOUNT);
  }

  level(meter: Meter): number {
    return this.#view.u8(this.#record(meter.id) + RECORD_LEVEL);
  }

  isPrepared(meter: Meter | Node): boolean {
    return this.#view.u8(this.#node(meter.id) + NODE_PREPCODE) === PREPCODE_METER;
  }

  isDry(one: Meter | Domain): boolean {
    return (this.#view.u8(this.#record(one.id) + RECORD_FLAGS) & FLAG_DRY) !== 0;
  }

  isStale(domain: Domain): boolean {
    return (this.#view.u8(this.#record(domain.id) + RECORD_FLAGS) & FLAG_STALE) !== 0;
  }

  /** As if a scavenge had spared it (only one that found something elsewhere leaves such a mark). */
  markStale(domain: Domain): void {
    const at = this.#record(domain.id) + RECORD_FLAGS;
    this.#view.bytes(at, 1)[0]! |= FLAG_STALE;
  }

  /** As if it had trapped just now; the trap is not delivered yet. */
  markTrapped(domain: Domain, code: number): void {
    const at = this.#record(domain.id) + RECORD_FLAGS;
    this.#view.bytes(at, 1)[0]! |= FLAG_TRAPPED;
    const key = this.#node(domain.id) + NODE_KEYS + DOMAIN_TRAP_SLOT * KEY_SIZE;
    this.#view.setU64(key + KEY_LOW, BigInt(code));
  }

  get #view() {
    return this.kernel.core.view;
  }

  #node(id: NodeId): number {
    return this.#view.control(CONTROL_NODE_BASE) + indexOf(id) * NODE_SIZE;
  }

  #record(id: NodeId): number {
    const record = this.#view.u32(this.#node(id) + NODE_RECORD);
    if (record === 0) throw new Error("no record: it is not prepared");
    return record;
  }
}

/** `granted = counter + consumed below` for every meter, and nothing to find in the store (R12). */
export function findings(kernel: Kernel): string[] {
  // At one moment, also while processors run.
  return kernel.core.still(() => found(kernel));
}

function found(kernel: Kernel): string[] {
  const wrong = [...kernel.check().findings];
  for (const meter of kernel.meters()) {
    const { granted, consumed } = meter.statistics();
    const counter = counterOf(meter);
    if (counter === null) continue;
    if (BigInt.asUintN(64, counter + consumed) !== granted) {
      wrong.push(`${meter.name}: granted ${granted}, counter ${counter}, consumed ${consumed}`);
    }
  }
  return wrong;
}

/** null while the slots are not a meter's. */
function counterOf(meter: Meter): bigint | null {
  try {
    return meter.peek();
  } catch {
    return null;
  }
}

// A kernel with something of everything in it, for tests that look at the whole store.

import { readFileSync } from "node:fs";
import {
  bursts,
  type Domain,
  type Kernel,
  type KernelOptions,
  loadElf,
  type Meter,
  type Node,
} from "../src/index.js";
import { guestFile } from "./guests.js";
import { type OpenKernel, openKernel } from "./memory.js";

export interface Mixed extends OpenKernel {
  readonly meters: Record<"tenant" | "plugin" | "deep" | "dry" | "busy" | "unused", Meter>;
  readonly domains: Record<DomainName, Domain>;
  readonly raw: Node;
}

type DomainName =
  | "spin"
  | "sieve"
  | "burst"
  | "below"
  | "sleeper"
  | "sleeper2"
  | "sleeper3"
  | "parked"
  | "parked2"
  | "caller"
  | "stalled"
  | "stalled2"
  | "wild"
  | "lost"
  | "stopped"
  | "ended";

const elf = (name: string) => loadElf(readFileSync(guestFile(name)));

/** The kernel before it runs: every domain is made, all but one are started. */
export function mixedKernel(options: KernelOptions = {}): Mixed {
  const base = { nodes: 64, frames: 1024, quantum: 1000, advance: 5000n };
  const open = openKernel({ ...base, ...options });
  const { kernel } = open;
  const never = () => new Promise<void>(() => {});
  const tenant = kernel.createMeter({ superior: kernel.primeMeter, cycles: 1n << 40n });
  const plugin = kernel.createMeter({ superior: tenant, cycles: 1n << 39n });
  const deep = kernel.createMeter({ superior: plugin });
  const dry = kernel.createMeter({ superior: plugin, cycles: 0n });
  const busy = kernel.createMeter({ superior: tenant, cycles: 0n, keeper: never });
  const unused = kernel.createMeter({ superior: dry, cycles: 7n });
  const raw = kernel.createNode();
  const on = (meter: Meter, run: number, wait = 0) =>
    kernel.createDomain({ meter, program: bursts({ run, wait }) });
  const memory = 256 << 10;
  const domains: Record<DomainName, Domain> = {
    spin: kernel.createDomain({ meter: plugin, program: elf("spin"), memory }),
    sieve: kernel.createDomain({ meter: deep, program: elf("sieve") }),
    burst: on(deep, 300),
    below: on(tenant, 5000),
    sleeper: on(deep, 100, 9_000_000),
    sleeper2: on(plugin, 200, 8_000_000),
    sleeper3: on(tenant, 300, 7_000_000),
    parked: on(dry, 10),
    parked2: on(unused, 10),
    caller: on(busy, 10),
    stalled: on(busy, 10),
    stalled2: on(busy, 10),
    wild: kernel.createDomain({ meter: plugin, program: elf("wild"), args: ["illegal"], memory }),
    lost: kernel.createDomain({ meter: kernel.meterOf(raw), program: bursts({ run: 10 }) }),
    stopped: on(deep, 10),
    ended: kernel.createDomain({ meter: deep, program: bursts({ run: 10, times: 1 }) }),
  };
  for (const [name, domain] of Object.entries(domains)) if (name !== "stopped") domain.start();
  fill(kernel, raw);
  return { ...open, meters: { tenant, plugin, deep, dry, busy, unused }, domains, raw };
}

/** A node with keys of all kinds, one of them to a tenant that is gone. */
function fill(kernel: Kernel, raw: Node): void {
  const gone = kernel.createNode();
  const data = kernel.createNode();
  raw.swap(2, { kind: "domain", id: gone.id, databyte: 3 });
  gone.rescind();
  raw.swap(4, data.nodeKey(7));
  raw.swap(5, data.fetchKey());
  raw.swap(6, data.senseKey());
  raw.swap(7, kernel.primeMeter.node.meterKey());
  raw.swap(8, { kind: "data", value: (1n << 88n) - 1n });
  raw.swap(
    9,
    kernel.hostKey(() => {}),
  );
  raw.swap(3, { kind: "data", value: 5n });
  kernel.createNode().swap(1, raw.meterKey());
}

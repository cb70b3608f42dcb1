// Kernels of several processors with core residence, threads or simulated, pagers in them, and what must hold.

import { expect } from "vitest";
import { PAGE_SIZE } from "../assembly/layout.js";
import { MACHINE_REGISTERS } from "../assembly/riscv/layout.js";
import {
  type Domain,
  type Keeper,
  type Kernel,
  type KernelOptions,
  loadElf,
  type Meter,
  type Page,
  type ResidenceOptions,
} from "../src/index.js";
import { COUNTERS, type Pager, pagerElf, registersOf } from "./pager.js";
import { team } from "./team.js";

const PERIOD = 20_000;
/** The stack that programs get, and the page below it. */
const STACK_AND_GUARD = 17 * PAGE_SIZE;

export function kernelOf(residence: ResidenceOptions, options: KernelOptions): Kernel {
  const few = { pages: 4000, latency: 1000, period: PERIOD, phase: "random", seed: 3 } as const;
  return team({ frames: 4096, quantum: 5000, residence: { ...few, ...residence }, ...options });
}

export function meterOf(kernel: Kernel, options: { storage?: bigint; keeper?: Keeper } = {}) {
  return kernel.createMeter({ superior: kernel.primeMeter, cycles: 1n << 50n, ...options });
}

/** All charges are somebody's, and each is of the price of a page. */
export function expectConserved(kernel: Kernel): void {
  const { charged, unowned, faults } = kernel.residence.statistics();
  const meters = [...kernel.meters()];
  const own = meters.reduce((sum, { storage }) => sum + storage.own(), 0n);
  const counted = meters.reduce((sum, { storage }) => sum + storage.faults(), 0n);
  expect(own).toBe(charged);
  expect(counted).toBe(faults);
  expect(charged + unowned).toBe(faults * 1024n * BigInt(PERIOD));
  expect(kernel.primeMeter.storage.charged()).toBe(charged);
  expect(kernel.check().findings).toEqual([]);
}

/** No page is paid for twice between two lock cycles; but one that was of a domain that is no more may be another. */
export function listen(kernel: Kernel): { twice: string[]; charges: number } {
  const heard = { twice: [] as string[], charges: 0 };
  const paid = new Map<number, Domain>();
  kernel.on("scan", () => paid.clear());
  kernel.on("charge", ({ page, domain, time }) => {
    heard.charges++;
    const before = paid.get(page);
    if (before && kernel.core.isLive(before.id)) {
      heard.twice.push(`page ${page} at ${time}: ${domain.name}, after ${before.name}`);
    }
    paid.set(page, domain);
  });
  return heard;
}

export function pagerOf(kernel: Kernel, meter: Meter, pager: Pager): Domain {
  const program = loadElf(pagerElf(pager.filled, pager.pages));
  const domain = kernel.createDomain({ meter, program, memory: program.end + STACK_AND_GUARD });
  for (const [number, value] of Object.entries(registersOf(pager))) {
    const at = domain.machine!.address + MACHINE_REGISTERS + 4 * Number(number);
    kernel.core.view.setU32(at, value);
  }
  return domain;
}

/** What was added to a page that pagers share. */
export function addedTo(page: Page): number {
  const bytes = page.read();
  const words = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: COUNTERS }, (_, word) => words.getUint32(4 * word, true)).reduce(
    (sum, word) => sum + word,
  );
}

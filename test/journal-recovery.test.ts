// A processor that dies wherever it may, and is recovered by the host: no cycle is lost.

import { expect, test } from "vitest";
import { OK } from "../assembly/codes.js";
import * as layout from "../assembly/layout.js";
import * as blocks from "../assembly/processor-layout.js";
import { Victim } from "./victim.js";

const QUANTUM = 100;
const ADVANCE = 700;

/** A tenant with two plugins, and domains below these by turns that run for ever. */
class Tenancy {
  readonly victim: Victim;
  readonly kernel;
  readonly tenant: number;
  readonly #plugins: number[];
  readonly #program: number;

  constructor(
    readonly domains: number,
    readonly cycles: number,
  ) {
    this.victim = new Victim(domains + 8);
    this.kernel = this.victim.kernel;
    const { victim, kernel } = this;
    victim.setControl(layout.CONTROL_QUANTUM, QUANTUM);
    victim.setControl(layout.CONTROL_ADVANCE, ADVANCE);
    victim.setControl(layout.CONTROL_UNTIL, 0xffffffff);
    this.#program = kernel.allocateRun(1);
    victim.view.setUint32(this.#program + layout.BURSTS_RUN_MIN, 1_000_000, true);
    this.tenant = this.#meter(1);
    this.#plugins = [this.#meter(this.tenant), this.#meter(this.tenant)];
    for (let n = 0; n < domains; n++) this.domain(this.#plugins[n % 2]!);
    victim.asHost(() => {
      expect(kernel.enter()).toBe(1);
      kernel.go();
      kernel.leave();
    });
  }

  #meter(superior: number): number {
    this.victim.amount = this.cycles;
    return this.kernel.meterCreate(superior, 0, 0);
  }

  domain(meter: number): void {
    const { kernel } = this;
    const index = kernel.domainCreate(meter, 0, layout.PROGRAM_BURSTS, this.#program, 1);
    expect(kernel.domainStart(index, 0)).toBe(OK);
  }

  get counter(): number {
    expect(this.kernel.meterPeek(this.tenant, 0)).toBe(OK);
    return this.victim.amount;
  }

  /** The counter and what was consumed; the build's assertions look at all below. */
  get granted(): number {
    this.victim.amount = 0;
    expect(this.kernel.meterAdd(this.tenant, 0)).toBe(OK);
    expect(this.kernel.meterConsumed(this.tenant, 0)).toBe(OK);
    return this.victim.amount + this.counter;
  }

  /** A turn of the processor, which dies before that store; the host recovers it. */
  isSurvived(countdown: number): boolean {
    const { victim, kernel } = this;
    this.victim.events();
    const isDone = victim.attempt(() => kernel.turn(), countdown);
    if (!isDone) victim.asHost(() => expect(kernel.recover(1)).toBe(OK));
    expect(victim.top).toBe(0);
    expect(victim.control(layout.CONTROL_LOCK)).toBe(0);
    return isDone;
  }
}

test("a processor that dies again and again gets on, and no cycle is lost", () => {
  const cycles = 100_000;
  const tenancy = new Tenancy(9, cycles);
  let deaths = 0;
  for (let n = 0; n < 2000; n++) {
    // Short changes are hit by most of these; long ones are let pass now and then.
    const countdown = 1 + ((n * 37) % (n % 3 === 0 ? 401 : 17));
    if (!tenancy.isSurvived(countdown)) deaths++;
    if (n % 10 === 0) expect(tenancy.granted).toBe(cycles);
  }
  expect(deaths).toBeGreaterThan(200);
  // All was spent, and those who are left without are parked.
  expect(tenancy.counter).toBe(0);
  expect(tenancy.victim.statistic(blocks.STATISTIC_PARKS)).toBeGreaterThanOrEqual(9);
});

test.each([1000, 4000, 8000, 1_000_000])(
  "a scavenging longer than the journal, where a death comes before store %i, is exact",
  (countdown) => {
    const domains = 1500;
    const tenancy = new Tenancy(domains, domains * ADVANCE);
    const { victim, kernel } = tenancy;
    // Every cycle is in the caches of domains below two meters, when one comes and wants all.
    while (victim.statistic(blocks.STATISTIC_REFILLS) < domains) tenancy.isSurvived(0);
    tenancy.domain(tenancy.tenant);
    victim.setControl(layout.CONTROL_ADVANCE, domains * ADVANCE);
    victim.setControl(layout.CONTROL_ADVANCE + 4, 0);
    const scavenges = () => victim.statistic(blocks.STATISTIC_SCAVENGES);
    let caches = 0;
    let isDone = true;
    while (isDone && scavenges() === 0) {
      caches = tenancy.counter;
      isDone = tenancy.isSurvived(countdown);
    }
    expect(isDone).toBe(countdown === 1_000_000);
    if (isDone) expect(victim.statistic(blocks.STATISTIC_RECALLED)).toBe(caches);
    expect(tenancy.granted).toBe(domains * ADVANCE);
    while (scavenges() < 3) tenancy.isSurvived(0);
    expect(tenancy.granted).toBe(domains * ADVANCE);
    expect(kernel.journalFilled()).toBe(0);
  },
);

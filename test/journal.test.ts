// Changes stopped before each of their stores and taken back, and what the journal is not for.

import { expect, test } from "vitest";
import * as codes from "../assembly/codes.js";
import * as layout from "../assembly/layout.js";
import { NOT_STOPPED, Victim } from "./victim.js";

const { CONTROL } = layout;
const QUANTUM = 100;
const ADVANCE = 700;

/** The description of bursts in a frame of its own. */
function bursts(victim: Victim, run: number, wait: number, times: number): number {
  const at = victim.kernel.allocateRun(1);
  victim.view.setUint32(at + layout.BURSTS_RUN_MIN, run, true);
  victim.view.setUint32(at + layout.BURSTS_RUN_SPAN, 20, true);
  victim.view.setUint32(at + layout.BURSTS_WAIT_MIN, wait, true);
  victim.view.setUint32(at + layout.BURSTS_TIMES, times, true);
  return at;
}

/** Puts an unprepared key to a node into a key register. */
function register(victim: Victim, number: number, kind: number, index: number): void {
  const at = CONTROL + layout.CONTROL_REGISTERS + number * layout.KEY_SIZE;
  victim.view.setUint32(at, kind, true);
  victim.view.setUint32(at + layout.KEY_SUBJECT, index, true);
  const allocation = index ? victim.kernel.nodeAllocation(index) : 0;
  victim.view.setUint32(at + layout.KEY_ALLOCATION, allocation, true);
  victim.view.setUint32(at + layout.KEY_ALLOCATION + 4, 0, true);
}

test("whatever the kernel is about can be stopped before any store and taken back", () => {
  const victim = new Victim();
  const { kernel, view } = victim;
  const step = (passes: number) => {
    let reason = -1;
    victim.kill(`step of ${passes} passes`, () => {
      reason = kernel.step(1_000_000, passes);
    });
    return reason;
  };
  /** Steps one pass at a time until the reason comes. */
  const stepUntil = (reason: number, most: number) => {
    for (let pass = 0; pass < most; pass++) if (step(1) === reason) return;
    expect.fail(`no reason ${reason} within ${most} passes`);
  };
  const made = (name: string, operation: () => number, amount = 0): number => {
    let index = 0;
    victim.amount = amount;
    victim.kill(name, () => {
      index = operation();
      expect(index).not.toBe(0);
    });
    return index;
  };
  const ok = (name: string, operation: () => number, amount = 0): void => {
    victim.amount = amount;
    victim.kill(name, () => expect(operation()).toBe(codes.OK));
  };
  const invoke = (node: number, order: number, kind: number, argument: number) => {
    register(victim, layout.REGISTER_INVOKED, layout.KIND_NODE, node);
    register(victim, layout.REGISTER_ARGUMENT, kind, argument);
    ok(`order ${order}`, () => kernel.invoke(order));
  };
  const set = (offset: number, value: number) => view.setUint32(CONTROL + offset, value, true);
  set(layout.CONTROL_QUANTUM, QUANTUM);
  set(layout.CONTROL_SLICE_LEFT, QUANTUM);
  set(layout.CONTROL_ADVANCE, ADVANCE);
  // With a cost of switches, nothing is run by `sprint`, which is outside the lock.
  set(layout.CONTROL_SWITCH_COST, 1);
  set(layout.CONTROL_TRACED, 1);
  const long = bursts(victim, 1_000_000, 0, 0);
  const short = bursts(victim, 150, 50, 3);

  const tenant = made("meterCreate", () => kernel.meterCreate(1, 0, 0), 4000);
  const plugin = made("meterCreate, keeper", () => kernel.meterCreate(tenant, 0, 7), 1000);
  const create = (meter: number, program: number) =>
    made("domainCreate", () =>
      kernel.domainCreate(meter, kernel.nodeAllocation(meter), layout.PROGRAM_BURSTS, program, 5),
    );
  const [first, second] = [create(plugin, long), create(plugin, long)];
  const [busy, sleepy] = [create(tenant, long), create(tenant, short)];
  for (const domain of [first, second, busy, sleepy]) {
    ok("domainStart", () => kernel.domainStart(domain, 0));
  }

  // Chains are prepared, caches filled, sleepers sleep and wake; then the plugin's keeper is called.
  stepUntil(codes.REASON_KEEPER, 80);
  expect([first, second]).toContain(victim.control(layout.CONTROL_DOMAIN));
  const asked = victim.control(layout.CONTROL_DOMAIN);
  const call = victim.control(layout.CONTROL_CODE);
  expect(victim.control(layout.CONTROL_METER)).toBe(plugin);
  ok("meterAdd", () => kernel.meterAdd(plugin, 0), 300);
  ok("domainRestart", () => kernel.domainRestart(asked, 0, call));
  // Now the other waits for the keeper that is busy, and is woken by the answer.
  stepUntil(codes.REASON_KEEPER, 80);
  const again = victim.control(layout.CONTROL_DOMAIN);
  const code = victim.control(layout.CONTROL_CODE);
  step(30);
  ok("domainDecline", () => kernel.domainDecline(again, 0, code));
  stepUntil(codes.REASON_KEEPER, 80);
  const last = victim.control(layout.CONTROL_DOMAIN);
  const lastCode = victim.control(layout.CONTROL_CODE);
  ok("domainDecline", () => kernel.domainDecline(last, 0, lastCode));
  // Both are parked now. The tenant runs out as well, with a cache to be scavenged.
  ok("meterSet", () => kernel.meterSet(tenant, 0), 900);
  step(40);
  ok("meterSet, who is parked wakes", () => kernel.meterSet(plugin, 0), 500);
  ok("meterAdd", () => kernel.meterAdd(tenant, 0), 2500);
  step(20);

  for (const [name, read] of Object.entries({
    meterPeek: kernel.meterPeek,
    meterConsumed: kernel.meterConsumed,
    meterGranted: kernel.meterGranted,
    meterRecall: kernel.meterRecall,
  })) {
    ok(name, () => read(tenant, 0), 12345);
  }
  step(20);
  ok("domainUnprepare", () => kernel.domainUnprepare(busy, 0));
  ok("meterUnprepare", () => kernel.meterUnprepare(tenant, 0));
  step(20);
  ok("domainStop", () => kernel.domainStop(busy, 0));
  ok("domainStart", () => kernel.domainStart(busy, 0));

  const spare = made("nodeCreate", () => kernel.nodeCreate());
  invoke(spare, codes.ORDER_SWAP + 4, layout.KIND_METER, tenant);
  invoke(spare, codes.ORDER_MAKE_METER, layout.KIND_DATA, 0);
  invoke(spare, codes.ORDER_CLEAR, layout.KIND_DATA, 0);
  // A keeper is taken away, and the plugin is moved under the prime meter.
  invoke(plugin, codes.ORDER_SWAP + layout.METER_KEEPER_SLOT, layout.KIND_DATA, 0);
  invoke(plugin, codes.ORDER_SWAP + layout.METER_SUPERIOR_SLOT, layout.KIND_METER, 1);
  invoke(busy, codes.ORDER_SWAP + layout.DOMAIN_METER_SLOT, layout.KIND_METER, plugin);
  step(40);
  invoke(tenant, layout.METER_COUNTER_SLOT, layout.KIND_DATA, 0);
  ok("domainEnd", () => kernel.domainEnd(busy, 0));
  // The first trap of those whose meter is gone is delivered, and they are freed.
  ok("nodeFree of a meter", () => kernel.nodeFree(plugin, 0));
  stepUntil(codes.REASON_TRAP, 20);
  for (const domain of [first, second, busy, sleepy]) {
    ok("nodeFree of a domain", () => kernel.nodeFree(domain, 0));
  }
  victim.amount = 1_000_000_000;
  victim.kill("idleUntil", () => kernel.idleUntil());

  expect(victim.stops).toBeGreaterThan(4000);
  const counts = Array.from({ length: layout.STATISTIC_COUNT }, (_, n) =>
    view.getBigUint64(CONTROL + layout.CONTROL_STATISTICS + 8 * n, true),
  );
  // All but calls of the host, for which it takes a machine.
  expect(counts.flatMap((count, n) => (count === 0n ? [n] : []))).toEqual([
    layout.STATISTIC_HOST_CALLS,
  ]);
  const idle = Object.keys(kernel).filter(
    (name) => !victim.called.has(name) && !NOT_STOPPED.test(name),
  );
  expect(idle).toEqual([]);
});

test("nothing is journalled once a change is done, nor by who has no journal", () => {
  const victim = new Victim();
  const { kernel } = victim;
  kernel.journalBegin();
  kernel.nodeCreate();
  expect(victim.top).toBeGreaterThan(0);
  kernel.journalEnd();
  expect(victim.top).toBe(0);
  kernel.nodeCreate();
  expect(victim.top).toBe(0);
  kernel.journalUse(0);
  kernel.journalBegin();
  kernel.nodeCreate();
  kernel.journalEnd();
  expect(victim.top).toBe(0);
});

test("a change too long for the journal stops the kernel; before, it says that it fills", () => {
  const victim = new Victim();
  const { kernel } = victim;
  const limit = layout.PROCESSOR_SIZE - layout.JOURNAL - layout.JOURNAL_ENTRIES;
  const before = victim.copy();
  const stop = () => {
    for (;;) {
      const index = kernel.nodeCreate();
      expect(kernel.journalFilled() !== 0).toBe(victim.top > (limit * 3) / 4);
      kernel.nodeFree(index, kernel.nodeAllocation(index));
    }
  };
  kernel.journalBegin();
  expect(stop).toThrow(WebAssembly.RuntimeError);
  expect(victim.control(layout.CONTROL_PANIC)).toBe(codes.PANIC_JOURNAL);
  expect(victim.top).toBe(limit);
  kernel.journalRollback(victim.block);
  victim.view.setUint32(CONTROL + layout.CONTROL_PANIC, 0, true);
  expect(victim.changes(before)).toEqual([]);
});

test.each([1000, 4000, 8000, 1_000_000])(
  "a scavenging longer than the journal, stopped before store %i if it gets there, is exact",
  (countdown) => {
    const domains = 1500;
    const victim = new Victim(domains + 8);
    const { kernel, view } = victim;
    const counted = (statistic: number) =>
      Number(view.getBigUint64(CONTROL + layout.CONTROL_STATISTICS + 8 * statistic, true));
    const scavenges = () => counted(layout.STATISTIC_SCAVENGES);
    const program = bursts(victim, 1_000_000, 0, 0);
    view.setUint32(CONTROL + layout.CONTROL_QUANTUM, QUANTUM, true);
    view.setUint32(CONTROL + layout.CONTROL_SLICE_LEFT, QUANTUM, true);
    view.setUint32(CONTROL + layout.CONTROL_ADVANCE, ADVANCE, true);
    const meter = (superior: number) => {
      victim.amount = domains * ADVANCE;
      return kernel.meterCreate(superior, 0, 0);
    };
    const domain = (superior: number) => {
      const index = kernel.domainCreate(superior, 0, layout.PROGRAM_BURSTS, program, 1);
      expect(kernel.domainStart(index, 0)).toBe(codes.OK);
    };
    // Every cycle is in the caches of domains below two meters, when one comes and wants all.
    kernel.journalUse(0);
    const tenant = meter(1);
    const plugins = [meter(tenant), meter(tenant)];
    for (let n = 0; n < domains; n++) domain(plugins[n % 2]!);
    kernel.step(domains * QUANTUM, 2 * domains);
    victim.amount = 0;
    domain(tenant);
    view.setUint32(CONTROL + layout.CONTROL_ADVANCE, domains * ADVANCE, true);

    kernel.journalUse(victim.block);
    const counter = () => {
      expect(kernel.meterPeek(tenant, 0)).toBe(codes.OK);
      return victim.amount;
    };
    const granted = () => {
      expect(kernel.meterConsumed(tenant, 0)).toBe(codes.OK);
      return victim.amount + counter();
    };
    const pass = () => kernel.step(1_000_000, 1);
    let caches = 0;
    let isDone = true;
    while (isDone && scavenges() === 0) {
      caches = counter();
      isDone = victim.attempt(pass, countdown);
    }
    expect(isDone).toBe(countdown === 1_000_000);
    if (isDone) expect(counted(layout.STATISTIC_RECALLED)).toBe(caches);
    else kernel.journalRollback(victim.block);
    kernel.journalEnd();
    // The build's assertions look at all below.
    victim.amount = 0;
    expect(kernel.meterAdd(tenant, 0)).toBe(codes.OK);
    expect(granted()).toBe(domains * ADVANCE);
    while (scavenges() < 3) victim.attempt(pass, 0);
    expect(granted()).toBe(domains * ADVANCE);
  },
);

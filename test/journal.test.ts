// Changes stopped before each of their stores and taken back, and what the journal is not for.

import { expect, test } from "vitest";
import * as codes from "../assembly/codes.js";
import * as layout from "../assembly/layout.js";
import * as blocks from "../assembly/processor-layout.js";
import * as rv from "../assembly/riscv/layout.js";
import { type Told, Victim } from "./victim.js";

const { CONTROL } = layout;
const QUANTUM = 100;
const ADVANCE = 700;
const ECALL = 0x73;

/** Exports that change nothing, or nothing that is journalled: see scripts/journal.mjs. */
const UNLOGGED =
  /^(memory|nodeAllocation|frame.*|.*Run|run|image.*|machine.*|costSet|journal.*|step|work)$/;
/**
 * What the host alone does: with locks, bells and clocks, and what is about messages of its own. Time and
 * partitions, for which deaths are in time-storm.test.ts; core residence and segments, for pages in residence-death.test.ts.
 */
const HOSTLY =
  /^(become|enter|leave|go|halt|look|rouse|still|recover|gate.*|(join|page|wait)Create|time.*|partition.*|(window|task)Set|domainCharge|hosted.*|corePage.*|residence.*|segment.*|meterStorage.*)$/;

/** The description of bursts in a frame of its own. */
function bursts(victim: Victim, run: number, wait: number, times: number): number {
  const at = victim.kernel.allocateRun(1);
  victim.view.setUint32(at + layout.BURSTS_RUN_MIN, run, true);
  victim.view.setUint32(at + layout.BURSTS_RUN_SPAN, 20, true);
  victim.view.setUint32(at + layout.BURSTS_WAIT_MIN, wait, true);
  victim.view.setUint32(at + layout.BURSTS_TIMES, times, true);
  return at;
}

/** A machine whose program is a system call. */
function caller(victim: Victim): number {
  const { kernel, view } = victim;
  const machine = kernel.machineCreate(kernel.imageCreate(0x1000, 4096), 2);
  const marks = rv.MARK_READ | rv.MARK_EXEC;
  expect(kernel.machineMap(machine, 1, 1, marks)).toBe(codes.OK);
  view.setUint32(kernel.machineTranslate(machine, 0x1000, marks), ECALL, true);
  view.setUint32(machine + rv.MACHINE_PC, 0x1000, true);
  return machine;
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

/** Acts on a kernel, each stopped before each of its stores. */
class Story {
  readonly victim = new Victim();
  readonly kernel = this.victim.kernel;
  /** What happened and was not asked for yet. */
  told: Told[] = [];

  constructor() {
    const { victim } = this;
    victim.setControl(layout.CONTROL_QUANTUM, QUANTUM);
    victim.setControl(layout.CONTROL_ADVANCE, ADVANCE);
    victim.setControl(layout.CONTROL_SWITCH_COST, 1);
    victim.setControl(layout.CONTROL_TRACED, 1);
    victim.setControl(layout.CONTROL_UNTIL, 1_000_000);
    this.go();
  }

  /** Answers the phase that comes next. */
  turn(): number {
    let phase = -1;
    this.victim.kill("turn", () => {
      phase = this.kernel.turn();
    });
    this.told.push(...this.victim.events());
    return phase;
  }

  /** Takes turns until the kernel has told an event of a kind. */
  turnUntil(kind: number): Told {
    for (let turns = 0; turns < 1000; turns++) {
      const at = this.told.findIndex((told) => told.kind === kind);
      if (at >= 0) return this.told.splice(at, 1)[0]!;
      this.turn();
    }
    expect.fail(`no event of kind ${kind}`);
  }

  go(): void {
    this.victim.asHost(() => {
      expect(this.kernel.enter()).toBe(1);
      this.kernel.go();
      this.kernel.leave();
    });
  }

  /** Stops the processor, lets it come to rest, and goes on after an act. */
  pause(act: () => void): void {
    this.victim.asHost(() => this.kernel.halt());
    let turns = 0;
    while (this.turn() !== blocks.PHASE_RESTING) expect(turns++).toBeLessThan(100);
    act();
    this.go();
  }

  turns(count: number): void {
    for (let n = 0; n < count; n++) this.turn();
  }

  made(name: string, operation: () => number, amount = 0): number {
    let index = 0;
    this.victim.amount = amount;
    this.victim.killCall(name, () => {
      index = operation();
      expect(index).not.toBe(0);
    });
    return index;
  }

  ok(name: string, operation: () => number, amount = 0): void {
    this.victim.amount = amount;
    this.victim.killCall(name, () => expect(operation()).toBe(codes.OK));
  }

  invoke(node: number, order: number, kind: number, argument: number): void {
    register(this.victim, layout.REGISTER_INVOKED, layout.KIND_NODE, node);
    register(this.victim, layout.REGISTER_ARGUMENT, kind, argument);
    this.ok(`order ${order}`, () => this.kernel.invoke(order));
  }

  meter(superior: number, amount: number, keeper = 0): number {
    return this.made("meterCreate", () => this.kernel.meterCreate(superior, 0, keeper), amount);
  }

  domain(meter: number, kind: number, program: number): number {
    const { kernel } = this;
    const domain = this.made("domainCreate", () =>
      kernel.domainCreate(meter, kernel.nodeAllocation(meter), kind, program, 5),
    );
    this.ok("domainStart", () => kernel.domainStart(domain, 0));
    return domain;
  }
}

test("whatever the kernel is about can be stopped before any store and taken back", () => {
  const story = new Story();
  const { victim, kernel } = story;
  const long = bursts(victim, 1_000_000, 0, 0);
  const tenant = story.meter(1, 4000);
  const plugin = story.meter(tenant, 1000, 7);
  const first = story.domain(plugin, layout.PROGRAM_BURSTS, long);
  const second = story.domain(plugin, layout.PROGRAM_BURSTS, long);
  const busy = story.domain(tenant, layout.PROGRAM_BURSTS, long);
  const sleepy = story.domain(tenant, layout.PROGRAM_BURSTS, bursts(victim, 150, 50, 3));
  const calls = story.domain(tenant, layout.PROGRAM_RISCV, caller(victim));

  // Chains are prepared and caches filled; a system call is made.
  const called = story.turnUntil(layout.EVENT_CALL);
  expect(called.domain).toBe(calls);
  story.ok("domainAnswer", () => kernel.domainAnswer(calls, 0, called.code));
  story.ok("domainResume", () => kernel.domainResume(calls, 0, called.code));
  // Sleepers sleep and wake; the plugin's keeper is called.
  const asked = story.turnUntil(layout.EVENT_KEEPER);
  expect([first, second]).toContain(asked.domain);
  expect(asked.meter).toBe(plugin);
  story.ok("meterAdd", () => kernel.meterAdd(plugin, 0), 300);
  story.ok("domainRestart", () => kernel.domainRestart(asked.domain, 0, asked.code));
  // Now the other waits for the keeper that is busy, and is woken by the answer.
  const again = story.turnUntil(layout.EVENT_KEEPER);
  story.turns(30);
  story.pause(() => {
    story.ok("domainDecline", () => kernel.domainDecline(again.domain, 0, again.code));
  });
  const last = story.turnUntil(layout.EVENT_KEEPER);
  story.ok("domainDecline", () => kernel.domainDecline(last.domain, 0, last.code));
  // Both are parked now. The tenant runs out as well, with a cache to be scavenged.
  story.ok("meterSet", () => kernel.meterSet(tenant, 0), 900);
  story.turns(60);
  story.pause(() => {
    story.ok("meterSet, who is parked wakes", () => kernel.meterSet(plugin, 0), 500);
    story.ok("meterAdd", () => kernel.meterAdd(tenant, 0), 2500);
  });
  story.turns(40);

  story.pause(() => {
    for (const read of ["meterPeek", "meterConsumed", "meterGranted", "meterRecall"] as const) {
      story.ok(read, () => kernel[read](tenant, 0), 12345);
    }
  });
  story.turns(40);
  story.pause(() => {
    story.ok("domainUnprepare", () => kernel.domainUnprepare(busy, 0));
    story.ok("meterUnprepare", () => kernel.meterUnprepare(tenant, 0));
  });
  story.turns(40);
  story.pause(() => {
    story.ok("domainStop", () => kernel.domainStop(busy, 0));
    story.ok("domainStart", () => kernel.domainStart(busy, 0));
    const spare = story.made("nodeCreate", () => kernel.nodeCreate());
    story.invoke(spare, codes.ORDER_SWAP + 4, layout.KIND_METER, tenant);
    story.invoke(spare, codes.ORDER_MAKE_METER, layout.KIND_DATA, 0);
    story.invoke(spare, codes.ORDER_CLEAR, layout.KIND_DATA, 0);
    // A keeper is taken away, and the plugin is moved under the prime meter.
    const swap = (node: number, slot: number, kind: number, argument: number) =>
      story.invoke(node, codes.ORDER_SWAP + slot, kind, argument);
    swap(plugin, layout.METER_KEEPER_SLOT, layout.KIND_DATA, 0);
    swap(plugin, layout.METER_SUPERIOR_SLOT, layout.KIND_METER, 1);
    swap(busy, layout.DOMAIN_METER_SLOT, layout.KIND_METER, plugin);
  });
  story.turns(60);
  // The first trap of those whose meter is gone is delivered, and all are freed.
  story.pause(() => {
    story.invoke(tenant, layout.METER_COUNTER_SLOT, layout.KIND_DATA, 0);
    story.ok("domainEnd", () => kernel.domainEnd(busy, 0));
    story.ok("nodeFree of a meter", () => kernel.nodeFree(plugin, 0));
  });
  story.told = [];
  story.turnUntil(layout.EVENT_TRAP);
  story.pause(() => {
    for (const domain of [first, second, busy, sleepy, calls]) {
      story.ok("nodeFree of a domain", () => kernel.nodeFree(domain, 0));
    }
  });
  victim.amount = 1_000_000_000;
  victim.killCall("idleUntil", () => kernel.idleUntil());

  expect(victim.stops).toBeGreaterThan(4000);
  const counts = Array.from({ length: blocks.STATISTIC_COUNT }, (_, n) => victim.statistic(n));
  // All but what it takes another processor for, hosted domains, and messages, for which see gate-deaths.
  expect(counts.flatMap((count, n) => (count === 0 ? [n] : []))).toEqual([
    blocks.STATISTIC_CONFLICTS,
    blocks.STATISTIC_CLAIMS,
    blocks.STATISTIC_STOLEN,
    blocks.STATISTIC_MESSAGES,
    blocks.STATISTIC_STALLS,
    blocks.STATISTIC_WORRIES,
    blocks.STATISTIC_UNPAID,
  ]);
  const idle = Object.keys(kernel).filter(
    (name) => !victim.called.has(name) && !UNLOGGED.test(name) && !HOSTLY.test(name),
  );
  expect(idle).toEqual([]);
});

test("nothing is journalled once a change is done, nor by the host", () => {
  const victim = new Victim();
  const { kernel } = victim;
  kernel.journalBegin();
  kernel.nodeCreate();
  expect(victim.top).toBeGreaterThan(0);
  kernel.journalEnd();
  expect(victim.top).toBe(0);
  kernel.nodeCreate();
  expect(victim.top).toBe(0);
  victim.asHost(() => {
    expect(kernel.enter()).toBe(1);
    kernel.nodeCreate();
    expect(kernel.journalFilled()).toBe(0);
    const host = blocks.PROCESSORS + blocks.JOURNAL + blocks.JOURNAL_TOP;
    expect(victim.view.getUint32(host, true)).toBe(0);
    kernel.leave();
  });
  expect(victim.top).toBe(0);
});

test("a change too long for the journal stops the kernel; before, it says that it fills", () => {
  const victim = new Victim();
  const { kernel } = victim;
  const limit = blocks.PROCESSOR_BOUNCE - blocks.JOURNAL - blocks.JOURNAL_ENTRIES;
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
  victim.rollBack();
  victim.setControl(layout.CONTROL_PANIC, 0);
  expect(victim.changes(before)).toEqual([]);
});

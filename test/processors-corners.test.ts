// Corners of the kernel of several processors, each once a fault: turns in a chosen order, or real
// workers where the fault was the host's.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { OK } from "../assembly/codes.js";
import {
  CONTROL_EVENTS,
  CONTROL_GOING,
  CONTROL_NODE_BASE,
  CONTROL_REFILL_COST,
  CONTROL_SIMULATED,
  EVENT_AMOUNT,
  EVENT_CAPACITY,
  EVENT_CODE,
  EVENT_DOMAIN,
  EVENT_KIND,
  EVENT_METER,
  EVENT_PARK,
  EVENT_TIME,
  EVENTS,
  NODE_RECORD,
  NODE_SIZE,
  PRIME_INDEX,
  RECORD_AMOUNT,
} from "../assembly/layout.js";
import {
  PHASE_RESTING,
  PHASE_WANTING,
  PROCESSOR_RAN,
  PROCESSOR_REST,
  PROCESSOR_TIME,
  REST_EVENTS,
  REST_LIMIT,
} from "../assembly/processor-layout.js";
import { indexOf } from "../src/id.js";
import { bursts, createKernel, loadElf, type Meter } from "../src/index.js";
import { guestFile } from "./guests.js";
import { randomOf, Simulated } from "./simulated.js";
import { dismiss, start, team, turn, until } from "./team.js";

const FOREVER = 1_000_000_000;

afterEach(dismiss);

function recordOf({ view }: Simulated, domain: number): number {
  return view.u32(view.control(CONTROL_NODE_BASE) + domain * NODE_SIZE + NODE_RECORD);
}

function untilResting(simulated: Simulated, processor: number): void {
  for (let turns = 0; turns < 10_000; turns++) {
    if (simulated.turn(processor) === PHASE_RESTING) return;
  }
  throw new Error("it does not come to rest");
}

describe("the kernel", () => {
  test("does not run past the end of time where a refill costs some of it", () => {
    const simulated = new Simulated({ processors: 1 });
    simulated.view.setControl(CONTROL_REFILL_COST, 900);
    simulated.until = 800n;
    const domain = simulated.domain(PRIME_INDEX, { run: FOREVER });
    simulated.start(domain);
    simulated.go();
    untilResting(simulated, 1);
    expect(simulated.view.processor(1, PROCESSOR_REST)).toBe(REST_LIMIT);
    expect(simulated.view.processor64(1, PROCESSOR_TIME)).toBe(900n);
  });

  test("wakes sleepers who became due while a refill was charged for", () => {
    const simulated = new Simulated({ processors: 1 });
    simulated.view.setControl(CONTROL_REFILL_COST, 900);
    simulated.until = 100_000n;
    const sleeper = simulated.domain(PRIME_INDEX, { run: 10, wait: 100 });
    const other = simulated.domain(PRIME_INDEX, { run: FOREVER });
    simulated.start(sleeper);
    simulated.start(other);
    simulated.go();
    const ends: bigint[] = [];
    for (let turns = 0; ends.length < 2; turns++) {
      simulated.turn(1);
      const ran = simulated.view.processor(1, PROCESSOR_RAN);
      if (ran === recordOf(simulated, sleeper))
        ends.push(simulated.view.processor64(1, PROCESSOR_TIME));
      if (turns > 1000) expect.fail("the sleeper does not run again");
    }
    // The other has a slice when it has paid, and no more.
    expect(ends).toEqual([910n, 910n + 900n + 1000n + 10n]);
  });

  test("looks at a time that is earlier than when it began to run", () => {
    const simulated = new Simulated({ processors: 1, advance: 1n << 30n });
    const time = () => simulated.view.processor64(1, PROCESSOR_TIME);
    simulated.start(simulated.domain(PRIME_INDEX, { run: FOREVER }));
    simulated.go();
    for (let turns = 0; time() < 2000n; turns++) {
      simulated.turn(1);
      if (turns > 100) expect.fail("it does not run");
    }
    simulated.until = 5000n;
    simulated.host(({ look }) => look() ?? OK);
    for (let turns = 0; turns < 100; turns++) simulated.turn(1);
    expect(time()).toBe(5000n);
  });

  test("goes on after it had no room for events, though another runs", () => {
    const simulated = new Simulated();
    for (let i = 0; i < 2; i++) simulated.start(simulated.domain(PRIME_INDEX, { run: FOREVER }));
    simulated.go();
    simulated.view.setControl(CONTROL_EVENTS, EVENT_CAPACITY);
    untilResting(simulated, 1);
    expect(simulated.view.processor(1, PROCESSOR_REST)).toBe(REST_EVENTS);
    simulated.host(({ rouse }) => rouse() ?? OK);
    expect(simulated.phase(1)).toBe(PHASE_RESTING);
    simulated.view.setControl(CONTROL_EVENTS, 0);
    simulated.host(({ rouse }) => rouse() ?? OK);
    expect(simulated.phase(1)).toBe(PHASE_WANTING);
  });

  test("refills ahead below many meters without an end to its journal", () => {
    const simulated = new Simulated({ processors: 1, nodes: 1000 });
    const domains: number[] = [];
    for (let chain = 0; chain < 40; chain++) {
      let meter = PRIME_INDEX;
      for (let level = 0; level < 18; level++) meter = simulated.meter(meter, 1n << 40n);
      const domain = simulated.domain(meter, { run: FOREVER });
      simulated.start(domain);
      domains.push(domain);
    }
    simulated.go();
    simulated.turns(5000, randomOf(1));
    const { exports, view } = simulated;
    simulated.host(() => exports.meterRecall(PRIME_INDEX, simulated.allocation(PRIME_INDEX)));
    simulated.turns(500, randomOf(1));
    expect(view.control(CONTROL_EVENTS)).toBe(0);
    expect(simulated.check().findings).toEqual([]);
  });

  test("refills ahead by no more than there is, however much an advance is", () => {
    const simulated = new Simulated({ processors: 1, advance: (1n << 63n) + 1n, release: true });
    const { exports } = simulated;
    const [one, two] = [simulated.meter(PRIME_INDEX, 1n << 20n), simulated.meter(1, 1n << 20n)];
    const domains = [one, two, two].map((meter) => simulated.domain(meter!, { run: FOREVER }));
    for (const domain of domains) simulated.start(domain);
    simulated.go();
    const random = randomOf(1);
    for (let round = 0; round < 100; round++) {
      simulated.turns(1 + random(20), random);
      for (const domain of domains) {
        const cache = simulated.view.u64(recordOf(simulated, domain) + RECORD_AMOUNT);
        expect(cache).toBeLessThanOrEqual(1n << 20n);
      }
      simulated.host(() => exports.meterRecall(PRIME_INDEX, simulated.allocation(PRIME_INDEX)));
    }
  });

  test("waits for nobody's events but others': time passes for who has woken too early", () => {
    const simulated = new Simulated({ processors: 1 });
    const domain = simulated.domain(PRIME_INDEX, { run: 10, wait: 5000 });
    simulated.until = 100_000n;
    simulated.start(domain);
    simulated.go();
    for (let turns = 0; simulated.view.processor64(1, PROCESSOR_TIME) < 10n; turns++) {
      simulated.turn(1);
      if (turns > 100) expect.fail("it does not run");
    }
    // As it is, taking the lock and a pass are one turn.
    simulated.view.setControl(CONTROL_SIMULATED, 0);
    simulated.view.setControl(CONTROL_EVENTS, EVENT_CAPACITY);
    untilResting(simulated, 1);
    expect(simulated.view.processor(1, PROCESSOR_REST)).toBe(REST_EVENTS);
    simulated.view.setControl(CONTROL_EVENTS, 0);
    untilResting(simulated, 1);
    expect(simulated.view.processor(1, PROCESSOR_REST)).toBe(REST_LIMIT);
    expect(simulated.view.processor64(1, PROCESSOR_TIME)).toBeGreaterThan(90_000n);
  });
});

describe("the host", () => {
  test("wakes who rests for want of room for events, though others go on", async () => {
    const kernel = team({ nodes: 8192, advance: 1n << 40n });
    const [first, second] = [start(kernel, kernel.primeMeter), start(kernel, kernel.primeMeter)];
    const short = bursts({ run: 10, times: 1 });
    const ending = Array.from({ length: 6000 }, () => start(kernel, kernel.primeMeter, short));
    first.stop();
    const aborter = new AbortController();
    const run = kernel.run({ signal: aborter.signal });
    await until(() => ending.every(({ state }) => state === "ended"));
    aborter.abort();
    await run;
    expect(second.consumed).toBeGreaterThan(0n);
  });

  test.each([1, 2])("of %s waits for a time asked for late", async (processors) => {
    const kernel = createKernel({ nodes: 64, frames: 16, processors });
    const meter = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 0n,
      keeper: async ({ meter, until }) => {
        for (let i = 0; i < 20; i++) await turn();
        await until(40_000n);
        meter.add(1000n);
      },
    });
    const domain = start(kernel, meter, bursts({ run: 1000, times: 1 }));
    expect((await kernel.run()).reason).toBe("idle");
    expect(domain.state).toBe("ended");
    expect(kernel.time).toBe(41_000n);
    kernel.dispose();
  });

  test("has nobody going while an alarm is told, or once the run is over", async () => {
    const kernel = team();
    const going: number[] = [];
    const isGoing = () => kernel.core.view.control(CONTROL_GOING);
    kernel.at(5000n, () => going.push(isGoing()));
    await kernel.run();
    start(kernel, kernel.primeMeter);
    kernel.at(10_000n, () => going.push(isGoing()));
    await kernel.run({ cycles: 50_000 });
    expect([...going, isGoing()]).toEqual([0, 0, 0]);
  });

  test("does a system call once, though a listener stops its domain meanwhile", async () => {
    const kernel = team({ frames: 2048 });
    const program = loadElf(readFileSync(guestFile("sha256")));
    const calls: number[] = [];
    for (const isStopped of [false, true]) {
      const domain = kernel.createDomain({ meter: kernel.primeMeter, program, args: ["abc", "1"] });
      const call = vi.spyOn(domain.machine!, "call");
      domain.start();
      const off = kernel.on("output", () => {
        if (isStopped) domain.stop();
      });
      while (domain.state !== "ended") {
        await kernel.run();
        if (domain.state === "stopped") domain.start();
      }
      off();
      calls.push(call.mock.calls.length);
    }
    expect(calls[1]).toBe(calls[0]);
  });

  test("does not say that a domain has trapped that was started since", async () => {
    const kernel = team();
    const gone = kernel.createMeter({ superior: kernel.primeMeter });
    const domain = start(kernel, gone);
    gone.rescind();
    let isTold = false;
    kernel.on("trap", () => {
      isTold = true;
    });
    const aborter = new AbortController();
    const run = kernel.run({ signal: aborter.signal });
    await turn();
    const end = performance.now() + 5_000;
    while (domain.state !== "trapped" && !isTold && performance.now() < end) kernel.time;
    expect(isTold).toBe(false);
    if (domain.state !== "trapped") {
      // The threads have not begun, for which the event loop must go round: there is nothing to see.
      aborter.abort();
      await run;
      return;
    }
    domain.setMeter(kernel.primeMeter);
    domain.start();
    await until(() => isTold);
    expect(domain.trap).toBe(null);
    aborter.abort();
    await run;
  });

  test("tells what happened just before a meter is rescinded with its handle", () => {
    const kernel = team();
    const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 0n });
    const domain = kernel.createDomain({ meter, program: bursts({ run: 10 }) });
    const told: Meter[] = [];
    kernel.on("park", (event) => told.push(event.meter));
    const { core } = kernel;
    const { report, view } = core;
    // As a processor may do at any time.
    core.report = () => {
      core.report = report;
      report();
      const at = EVENTS;
      view.setControl(CONTROL_EVENTS, 1);
      view.setU32(at + EVENT_KIND, EVENT_PARK);
      view.setU32(at + EVENT_DOMAIN, indexOf(domain.id));
      view.setU32(at + EVENT_METER, indexOf(meter.id));
      view.setU32(at + EVENT_CODE, 0);
      view.setU64(at + EVENT_TIME, 0n);
      view.setU64(at + EVENT_AMOUNT, 0n);
    };
    meter.rescind();
    expect(told).toEqual([meter]);
    expect([...kernel.meters()]).toEqual([kernel.primeMeter]);
  });
});

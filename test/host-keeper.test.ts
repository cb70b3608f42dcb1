// Host objects as keepers: of meters, with the message that a guest would get (§7), and of domains.

import { expect, test } from "vitest";
import { type HostMessage, orders, type ResumeKey } from "../src/index.js";
import { Cast, data } from "./cast.js";
import { DK0, findings } from "./lab.js";
import { call, rest, type Step, work } from "./puppet.js";
import { everywhere } from "./variants.js";

/** An ecall with a string of 5,000 bytes: trap 0x304. */
const LONG: Step = { ...call(0), raw: { 13: 5000 } };

everywhere("host objects as keepers", () => {
  test("of a meter: order 0xffffffff, the time, service and restart key; the answer restarts", () => {
    const cast = new Cast();
    const heard: HostMessage[] = [];
    const keeper = cast.kernel.hostObject((message) => {
      heard.push(message);
      cast.kernel.meterOf(message.keys[2]).add(1_000n);
      return { order: 17, string: "not seen", keys: [data(1)] };
    });
    const meter = cast.kernel.createMeter({ superior: cast.prime, cycles: 100n, keeper });
    expect(meter.keeper).toEqual(keeper);
    const { domain, seen } = cast.play([work(100), rest()], { meter });
    const told: string[] = [];
    cast.kernel.on("keeper", ({ outcome }) => told.push(outcome));
    cast.run(10_000);
    expect(heard).toHaveLength(1);
    const [{ order, string, keys, time }] = heard as [HostMessage];
    expect(order).toBe(0xffff_ffff);
    expect(new DataView(string.buffer).getBigUint64(0)).toBe(time * 256n);
    expect(keys.slice(0, 3)).toEqual([DK0, DK0, meter.serviceKey]);
    expect(keys[3]).toMatchObject({ kind: "resume", id: domain.id, databyte: 0 });
    expect(told).toEqual(["restart"]);
    expect(seen.count).toBe(1);
    expect(meter.statistics().keeperCalls).toBe(1);
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("one that answers later is waited for; its restart key may be used before", async () => {
    const cast = new Cast();
    const keeper = cast.kernel.hostObject(async ({ keys }) => {
      await new Promise((done) => setTimeout(done, 5));
      cast.kernel.meterOf(keys[2]).add(500n);
      await cast.kernel.send(keys[3], { order: 3 });
    });
    const meter = cast.kernel.createMeter({ superior: cast.prime, cycles: 100n, keeper });
    const { domain, seen } = cast.play([work(100), rest()], { meter });
    expect((await cast.kernel.run()).reason).toBe("idle");
    expect(seen.count).toBe(1);
    expect(domain.state).toBe("available");
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("one that gives nothing is asked three times; then the domain is parked", () => {
    const cast = new Cast();
    let calls = 0;
    const keeper = cast.kernel.hostObject(() => {
      calls++;
    });
    const meter = cast.kernel.createMeter({ superior: cast.prime, cycles: 0n, keeper });
    const { domain } = cast.play([rest()], { meter });
    cast.run(10_000);
    expect(calls).toBe(3);
    expect(domain.state).toBe("parked");
  });

  test("one that throws parks the domain, and tells", () => {
    const cast = new Cast();
    const errors: unknown[] = [];
    cast.kernel.on("objectError", ({ error }) => errors.push(error));
    const keeper = cast.kernel.hostObject(() => {
      throw "no";
    });
    const meter = cast.kernel.createMeter({ superior: cast.prime, cycles: 0n, keeper });
    const { domain } = cast.play([rest()], { meter });
    cast.run(10_000);
    expect(errors).toEqual(["no"]);
    expect(domain.state).toBe("parked");
    meter.keeper = null;
    meter.add(10_000n);
    cast.run(10_000);
    expect(domain.state).toBe("available");
  });

  test("of a domain: the trap, the domain key and a fault key; order 0 tries again", () => {
    const cast = new Cast();
    const heard: HostMessage[] = [];
    let pc = 0;
    const { domain, seen } = cast.play([LONG, rest()], { isStopped: true });
    domain.keeper = cast.kernel.hostObject((message) => {
      heard.push(message);
      pc = domain.machine!.pc;
      // a3, the length of the string, by the domain key's orders to get and put registers.
      const { string } = cast.kernel.core.invoke(message.keys[2], orders.getRegisters);
      new DataView(string.buffer).setUint32(4 * (13 - 1), 0, true);
      cast.kernel.core.invoke(message.keys[2], orders.putRegisters, undefined, string);
    });
    expect(domain.keeper).toMatchObject({ kind: "host" });
    domain.start();
    cast.run(10_000);
    expect(heard).toHaveLength(1);
    const [{ order, string, keys }] = heard as [HostMessage];
    expect(order).toBe(0x8000_0304);
    const words = new DataView(string.buffer);
    expect(string).toHaveLength(12);
    expect(words.getUint32(0)).toBe(0x304);
    expect(words.getUint32(8)).toBe(pc);
    expect(keys.slice(0, 3)).toEqual([DK0, DK0, domain.domainKey]);
    expect(keys[3]).toMatchObject({ kind: "resume", id: domain.id, databyte: 2 });
    expect(cast.traps).toEqual([]);
    expect(seen.count).toBe(1);
    expect(domain.state).toBe("available");
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("another order lets the domain trap with that code, told to the keeper again", () => {
    const cast = new Cast();
    const orders: number[] = [];
    const errors: unknown[] = [];
    cast.kernel.on("objectError", ({ error }) => errors.push(error));
    const { domain } = cast.play([LONG, rest()], { isStopped: true, name: "D" });
    domain.keeper = cast.kernel.hostObject(({ order }) => {
      orders.push(order);
      if (orders.length === 3) throw new Error("enough");
      return { order: 0x700 + orders.length };
    });
    domain.start();
    cast.run(10_000);
    expect(orders).toEqual([0x8000_0304, 0x8000_0701, 0x8000_0702]);
    expect(errors).toEqual([new Error("enough")]);
    expect(domain.state).toBe("trapped");
    expect(domain.trap?.code).toBe(0x702);
    expect(cast.traps).toEqual([["D", "702"]]);
    domain.keeper = DK0;
    domain.start();
    cast.run(10_000);
    expect(domain.trap?.code).toBe(0x304);
  });

  test("a bad chain is told to the domain's keeper, which needs no cycles of it", () => {
    const cast = new Cast();
    const orders: number[] = [];
    const meter = cast.meter("A", cast.prime, 1000n);
    const { domain } = cast.play([rest()], { meter, isStopped: true });
    domain.keeper = cast.kernel.hostObject(({ order }) => {
      orders.push(order);
      domain.setMeter(cast.prime);
    });
    meter.rescind();
    domain.start();
    cast.run(10_000);
    expect(orders).toEqual([0x8000_0404]);
    expect(domain.state).toBe("available");
  });

  test("a keeper function is none for a domain: it stays trapped", () => {
    const cast = new Cast();
    const { domain } = cast.play([LONG, rest()], { isStopped: true });
    domain.keeper = cast.kernel.hostKey(() => {
      throw new Error("called");
    });
    domain.start();
    cast.run(10_000);
    expect(domain.state).toBe("trapped");
    expect(domain.trap?.code).toBe(0x304);
  });

  test("a trap that somebody mends by the domain key is none any more", () => {
    const cast = new Cast();
    const { domain } = cast.play([LONG, rest()]);
    cast.run(10_000);
    expect(domain.trap).toMatchObject({
      code: 0x304,
      reason: "a message of more than 4,096 bytes",
    });
    const { domainKey } = domain;
    const { string } = cast.kernel.core.invoke(domainKey, orders.getRegisters);
    new DataView(string.buffer).setUint32(4 * (13 - 1), 0, true);
    cast.kernel.core.invoke(domainKey, orders.putRegisters, undefined, string);
    expect(cast.kernel.invoke(domainKey, orders.makeRunning).code).toBe(0);
    expect(domain.trap).toBe(null);
    cast.run(10_000);
    expect(domain.state).toBe("available");
  });

  test("an object that keeps a domain's fault key may answer when it likes", async () => {
    const cast = new Cast();
    let key: ResumeKey | undefined;
    let resolve: () => void = () => {};
    const { domain } = cast.play([LONG, rest()], { isStopped: true });
    domain.keeper = cast.kernel.hostObject(({ keys }) => {
      key = keys[3] as ResumeKey;
      return new Promise<undefined>((done) => {
        resolve = () => done(undefined);
      });
    });
    domain.start();
    const run = cast.kernel.run();
    while (!key) await new Promise((done) => setTimeout(done, 1));
    expect(domain.state).toBe("waiting");
    domain.keeper = DK0;
    await cast.kernel.send(key, { order: 0x777 });
    await run;
    expect(domain.trap?.code).toBe(0x777);
    resolve();
    await cast.kernel.run();
    expect(domain.state).toBe("trapped");
  });
});

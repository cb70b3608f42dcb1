// Rescinding in every order, stale handles, and no room: clear errors, nothing lost.

import { describe, expect, test } from "vitest";
import { indexOf } from "../src/id.js";
import {
  CapacityError,
  type Domain,
  type KeeperMessage,
  type Meter,
  RescindedError,
} from "../src/index.js";
import { DK0, findings, Lab } from "./lab.js";
import { attempt } from "./sides.js";

const never = (): Promise<never> => new Promise(() => {});

describe("freeing", () => {
  function permutations<T>(all: readonly T[]): T[][] {
    if (all.length === 0) return [[]];
    return all.flatMap((one) => permutations(all.filter((x) => x !== one)).map((r) => [one, ...r]));
  }

  test("three meters and two domains, in all 120 orders", () => {
    for (const order of permutations(["A", "B", "C", "D", "E"])) {
      const lab = new Lab({ nodes: 8, frames: 4, quantum: 7, advance: 20n });
      const a = lab.meter("A", lab.prime, 500n);
      const b = lab.meter("B", a, 400n, never);
      const c = lab.meter("C", b, 30n);
      const things: Record<string, Meter | Domain> = {
        A: a,
        B: b,
        C: c,
        D: lab.busy("D", c),
        E: lab.busy("E", b),
      };
      const before = lab.prime.peek();
      for (const name of order) {
        lab.run(25);
        things[name]!.rescind();
        expect(findings(lab.kernel), order.join("")).toEqual([]);
      }
      lab.run(25);
      const { consumed } = lab.prime.statistics();
      expect([lab.prime.peek() + consumed, lab.stored(lab.prime)]).toEqual([
        before,
        lab.prime.peek(),
      ]);
      // All five nodes can be had again, and old handles don't reach who has them now.
      const tenants = order.map((name) => lab.meter(`new ${name}`, lab.prime, 7n));
      expect(attempt(() => a.set(1n))).toBe("RESCINDED");
      expect(tenants.map((tenant) => tenant.peek())).toEqual([7n, 7n, 7n, 7n, 7n]);
    }
  });

  test("every call on the handle of a rescinded meter or domain is refused", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, 10n);
    const domain = lab.busy("D", a);
    const { node } = a;
    a.rescind();
    domain.rescind();
    const calls = [
      () => a.counter(),
      () => a.peek(),
      () => a.set(1n),
      () => a.add(1n),
      () => a.off(),
      () => a.on(1n),
      () => a.recall(),
      () => a.keeper,
      () => {
        a.keeper = null;
      },
      () => a.superior,
      () => a.setSuperior(lab.prime),
      () => a.statistics(),
      () => a.rescind(),
      () => node.fetch(3),
      () => node.swap(3, DK0),
      () => node.clear(),
      () => node.meterKey(),
      () => node.nodeKey(),
      () => lab.meter("B", a),
      () => lab.meter("B", a.key),
      () => lab.busy("E", a.key),
      () => lab.prime.setSuperior(a),
      () => domain.start(),
      () => domain.stop(),
      () => domain.setMeter(lab.prime),
      () => domain.unprepare(),
      () => domain.state,
      () => domain.consumed,
      () => domain.trap,
      () => domain.output,
      () => domain.exitCode,
      () => domain.rescind(),
    ];
    for (const call of calls) expect(call).toThrow(RescindedError);
    expect([a.name, domain.name]).toEqual(["A", "D"]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("a keeper's answer after its meter is gone doesn't touch the node's new tenant", () => {
    const lab = new Lab();
    const messages: KeeperMessage[] = [];
    const later = (message: KeeperMessage) => {
      messages.push(message);
      return never();
    };
    const a = lab.meter("A", lab.prime, 0n, later);
    const d1 = lab.busy("D1", a);
    lab.run(1);
    a.rescind();
    const tenant = lab.meter("T", lab.prime, 0n, later);
    expect(indexOf(tenant.id)).toBe(indexOf(a.id));
    const d2 = lab.busy("D2", tenant);
    lab.run(1);
    messages[0]!.restart();
    const d3 = lab.busy("D3", tenant);
    lab.run(1);
    expect([d1, d2, d3].map(({ state }) => state)).toEqual(["trapped", "waiting", "waiting"]);
    expect([messages.length, findings(lab.kernel)]).toEqual([2, []]);
  });

  test("a stale key in a slot is DK(0), also once the node has a new tenant", () => {
    const lab = new Lab();
    const [a, b] = [lab.meter("A", lab.prime), lab.meter("B", lab.prime)];
    b.node.swap(9, a.node.nodeKey(3));
    b.node.swap(2, a.node.fetchKey());
    a.rescind();
    const tenant = lab.meter("A again", lab.prime);
    expect([b.node.fetch(9), b.node.fetch(2)]).toEqual([DK0, DK0]);
    expect(b.node.swap(9, { kind: "node", id: a.id, databyte: 0 })).toEqual(DK0);
    expect(b.node.fetch(9)).toEqual(DK0);
    expect(tenant.id).not.toBe(a.id);
  });
});

describe("what there isn't room for", () => {
  test("nodes: the error names the option, nothing has changed, and room can be made", () => {
    const lab = new Lab({ nodes: 6 });
    const a = lab.meter("A", lab.prime);
    const domain = lab.busy("D", a);
    lab.meter("B", a);
    lab.meter("C", a);
    lab.run(10);
    const before = lab.kernel.statistics();
    for (const act of [
      () => lab.meter("X", a, 5n, () => {}),
      () => lab.busy("X", a),
      () => lab.kernel.createNode(),
    ]) {
      expect(act).toThrow(CapacityError);
      expect(act).toThrow(/all 5 nodes are in use; create the kernel with more `nodes`/);
      expect(attempt(act)).toBe("NO_NODES");
    }
    expect(lab.kernel.statistics()).toEqual(before);
    expect([[...lab.kernel.meters()].length, [...lab.kernel.domains()].length]).toEqual([4, 1]);
    expect(findings(lab.kernel)).toEqual([]);
    domain.rescind();
    lab.busy("X", a);
    lab.run(10);
    expect(a.statistics().consumed).toBe(20n);
  });

  test("frames: no description of bursts fits", () => {
    const lab = new Lab({ frames: 0 });
    expect(attempt(() => lab.busy("D", lab.prime))).toBe("NO_FRAMES");
    expect([...lab.kernel.domains()]).toEqual([]);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

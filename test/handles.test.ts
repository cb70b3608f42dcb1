// Handles: a stale one never reaches the next tenant of its node, one of another kernel nothing here.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  CONTROL_FRAME_HINT,
  CONTROL_NODE_BASE,
  MAX_ALLOCATION,
  NODE_ALLOCATION,
  NODE_SIZE,
} from "../assembly/layout.js";
import { bursts, createKernel, loadElf, type Meter } from "../src/index.js";
import { guestFile } from "./guests.js";
import { findings } from "./lab.js";

const FOREVER = bursts({ run: 10 });

test("meterOf a rescinded node does not name the next tenant", () => {
  const kernel = createKernel();
  const node = kernel.createNode();
  node.rescind();
  expect(() => kernel.meterOf(node)).toThrow("was rescinded");
  const next = kernel.createMeter({ superior: kernel.primeMeter, cycles: 5n });
  expect(next.id % 2 ** 23).toBe(node.id % 2 ** 23);
  expect(() => kernel.meterOf(node)).toThrow("was rescinded");
});

test("the meter of a park event is no handle to the node's next tenant", () => {
  const kernel = createKernel();
  let decline = () => false;
  const meter = kernel.createMeter({
    superior: kernel.primeMeter,
    cycles: 0n,
    keeper: (message) => {
      decline = message.decline;
      return new Promise(() => {});
    },
  });
  const told: (Meter | undefined)[] = [];
  kernel.on("park", (event) => told.push(event.meter));
  kernel.createDomain({ meter, program: FOREVER }).start();
  kernel.step();
  decline();
  meter.rescind();
  expect(told).toEqual([meter]);
  kernel.createMeter({ superior: kernel.primeMeter, cycles: 77n });
  expect(() => told[0]!.peek()).toThrow("was rescinded");
});

test("a listener's new domain is not told of what its node's last tenant did", () => {
  const kernel = createKernel({ quantum: 10, trace: true });
  const make = (times: number) =>
    kernel.createDomain({ meter: kernel.primeMeter, program: bursts({ run: 10, times }) });
  const [first, second] = [make(1), make(1000)];
  const told: string[] = [];
  kernel.on("slice", ({ domain }) => {
    told.push(domain.name);
    if (domain !== first) return;
    second.rescind();
    make(1);
  });
  first.start();
  second.start();
  kernel.step({ cycles: 100 });
  // What it did before it was rescinded is told of it, and nothing of the new one.
  expect(told).toEqual(["domain-1", ...Array(9).fill("domain-2")]);
});

test("a listener's new meter stays in meters() where it took over the node being rescinded", () => {
  const kernel = createKernel({ quantum: 10, trace: true });
  const domain = kernel.createDomain({ meter: kernel.primeMeter, program: FOREVER });
  domain.start();
  kernel.step({ cycles: 5 });
  let made: Meter | undefined;
  kernel.on("slice", () => (made ??= kernel.createMeter({ superior: kernel.primeMeter })));
  domain.rescind();
  expect([...kernel.meters()]).toEqual([kernel.primeMeter, made]);
});

test("handles and keys of another kernel are refused", () => {
  const [one, other] = [createKernel(), createKernel()];
  const mine = one.createMeter({ superior: one.primeMeter });
  const domain = one.createDomain({ meter: mine, program: FOREVER });
  const theirs = other.createMeter({ superior: other.primeMeter });
  expect(theirs.id).toBe(mine.id);
  const node = other.createNode();
  for (const use of [
    () => one.createMeter({ superior: theirs }),
    () => one.createMeter({ superior: theirs.key }),
    () => one.createDomain({ meter: other.primeMeter, program: FOREVER }),
    () => mine.setSuperior(other.primeMeter.key),
    () => domain.setMeter(theirs),
    () => one.meterOf(node),
  ]) {
    expect(use).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
  expect(findings(one)).toEqual([]);
});

test("a domain whose node is retired is rescinded for its handle, too", () => {
  const kernel = createKernel();
  const { core } = kernel;
  const index = 2;
  // As if the node had been used 2^30 − 1 times before.
  const node = core.view.control(CONTROL_NODE_BASE) + index * NODE_SIZE;
  core.view.setU32(node + NODE_ALLOCATION, MAX_ALLOCATION);
  const domain = kernel.createDomain({ meter: kernel.primeMeter, program: FOREVER });
  expect(domain.state).toBe("stopped");
  domain.rescind();
  expect(() => domain.state).toThrow("was rescinded");
  expect(findings(kernel)).toEqual([]);
});

test("superior and meter answer for nodes that were made meters slot by slot", () => {
  const kernel = createKernel();
  const node = kernel.createNode();
  node.swap(1, { kind: "meter", id: kernel.primeMeter.id, databyte: 0 });
  const below = kernel.createMeter({ superior: kernel.primeMeter });
  below.node.swap(1, node.meterKey());
  expect(below.superior?.id).toBe(node.id);
  expect(kernel.primeMeter.superior).toBe(null);
});

test("a host key that two meters hold outlives its replacement at one of them", () => {
  const kernel = createKernel();
  const called: string[] = [];
  const key = kernel.hostKey(({ meter }) => {
    called.push(meter.name);
    return "decline";
  });
  const make = (name: string) => {
    const meter = kernel.createMeter({ name, superior: kernel.primeMeter, cycles: 0n });
    meter.node.swap(2, key);
    kernel.createDomain({ meter, program: FOREVER }).start();
    return meter;
  };
  const [a] = [make("a"), make("b")];
  a!.keeper = null;
  while (kernel.step().reason === "ran");
  expect(called).toEqual(["b"]);
});

test("keepers of meters that are gone are forgotten", () => {
  const kernel = createKernel();
  for (let i = 0; i < 10; i++) {
    const meter = kernel.createMeter({ superior: kernel.primeMeter, keeper: () => {} });
    if (i % 2) meter.off();
    meter.rescind();
  }
  expect(kernel.core.hosts.size).toBe(0);
});

test("a program in the upper half of memory runs", async () => {
  const kernel = createKernel({ nodes: 16, frames: 540_000 });
  kernel.core.view.setControl(CONTROL_FRAME_HINT, 530_000);
  const program = loadElf(readFileSync(guestFile("hello")));
  const domain = kernel.createDomain({ meter: kernel.primeMeter, program });
  domain.start();
  await kernel.run();
  expect(domain.exitCode).toBe(0);
  domain.rescind();
});

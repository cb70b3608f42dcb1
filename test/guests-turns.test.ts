// The event "turn": guests that queue with other domains are called one after the other, the same in every run.

import { expect, test } from "vitest";
import { bursts, createKernel, ExhaustedError, type Guest } from "../src/index.js";
import { instrumented, SPINNER, TURN } from "./wasm/plugin.js";

async function world(quantum = 1_000) {
  const kernel = createKernel({ nodes: 64, quantum, advance: 1_000n });
  const module = await instrumented(SPINNER);
  const imports = { host: { act() {} } };
  // Whoever is not stopped comes to an end all the same.
  const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 50_000n });
  const load = (name: string) => kernel.loadWasm(module, { name, meter, imports });
  return { kernel, load };
}

test("guests take turns with programs of bursts, each as it was started", async () => {
  const { kernel, load } = await world();
  const guests = new Map(["a", "b"].map((name) => [name, load(name)] as const));
  const program = bursts({ run: 2_500, times: 1 });
  const worker = kernel.createDomain({ name: "w", meter: kernel.primeMeter, program });
  const seen: [name: string, time: bigint, cycles: boolean][] = [];
  kernel.on("turn", ({ domain, cycles, time }) => {
    seen.push([domain.name, time, cycles > 0n]);
    guests.get(domain.name)!.callNow("spin", 20);
    if (seen.length < 5) domain.start();
  });
  worker.start();
  for (const { domain } of guests.values()) domain.start();
  expect(await kernel.run()).toMatchObject({ reason: "idle" });
  const spin = 20n * TURN;
  expect(seen).toEqual([
    ["a", 0n, true],
    ["b", spin, true],
    ["a", 1_000n + 2n * spin, true],
    ["b", 1_000n + 3n * spin, true],
    ["a", 2_000n + 4n * spin, true],
    ["b", 2_000n + 5n * spin, true],
  ]);
  expect(worker.consumed).toBe(2_500n);
  expect(kernel.time).toBe(2_500n + 6n * spin);
  expect(kernel.check().findings).toEqual([]);
});

test("who is not called at its turn waits until it is started again; calls that wait go on", async () => {
  const { kernel, load } = await world();
  const guest: Guest = load("g");
  let turns = 0;
  const off = kernel.on("turn", () => turns++);
  await kernel.run();
  expect(turns).toBe(1);
  expect(guest.domain.state).toBe("available");
  guest.domain.start();
  await kernel.run();
  expect(turns).toBe(2);
  off();
  guest.domain.stop();
  const call = guest.call("spin", 10);
  guest.domain.start();
  await call;
  expect(turns).toBe(2);
  expect(guest.domain.consumed).toBe(10n * TURN);
});

test("what a listener throws is thrown by the run, after the others", async () => {
  const { kernel, load } = await world();
  load("g");
  let told = false;
  kernel.on("turn", () => {
    throw new RangeError("no");
  });
  kernel.on("turn", () => {
    told = true;
  });
  await expect(kernel.run()).rejects.toThrow(RangeError);
  expect(told).toBe(true);
});

test("what is due while a guest runs is done when it looks; what was taken back is not", async () => {
  const { kernel, load } = await world();
  const guest = load("g");
  const done: [what: string, time: bigint][] = [];
  const note = (what: string) => () => void done.push([what, kernel.time]);
  kernel.at(2_000n, note("first"));
  const cancel = kernel.at(2_500n, note("never"));
  kernel.at(3_000n, () => {
    note("stop")();
    cancel();
    guest.domain.stop();
  });
  kernel.at(2_200n, cancel);
  kernel.on("turn", () => {
    expect(() => guest.callNow("forever")).toThrow(ExhaustedError);
  });
  await kernel.run();
  expect(done.map(([what]) => what)).toEqual(["first", "stop"]);
  // Outside of a run nothing is due.
  kernel.at(kernel.time, note("later"));
  guest.domain.start();
  guest.callNow("spin", 1_000);
  expect(done).toHaveLength(2);
  await kernel.run();
  expect(done.map(([what]) => what)).toEqual(["first", "stop", "later"]);
});

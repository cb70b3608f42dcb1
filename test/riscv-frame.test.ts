import fc from "fast-check";
import { expect, test } from "vitest";
import * as codes from "../assembly/codes.js";
import * as layout from "../assembly/layout.js";
import { Host } from "./riscv/host.js";

const FRAMES = 100;
const operations = fc.array(
  fc.oneof(
    fc.record({ allocate: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ free: fc.nat({ max: 1000 }) }),
  ),
  { maxLength: 80 },
);

test("runs are zeroed, apart from each other, first fit, and counted", () => {
  const property = fc.property(operations, (list) => {
    const host = new Host(FRAMES);
    const held: { address: number; count: number }[] = [];
    const taken = new Array<boolean>(FRAMES).fill(false);
    taken[0] = true;
    const index = (address: number) => (address - layout.REGIONS) / layout.PAGE_SIZE;
    for (const operation of list) {
      if ("allocate" in operation) {
        const count = operation.allocate;
        const fits = (first: number) => taken.slice(first, first + count).every((is) => !is);
        let expected = 0;
        while (expected + count <= FRAMES && !fits(expected)) expected++;
        const possible = count > 0 && expected + count <= FRAMES;
        const address = host.kernel.allocateRun(count);
        expect(address).toBe(possible ? layout.REGIONS + expected * layout.PAGE_SIZE : 0);
        if (address === 0) continue;
        taken.fill(true, expected, expected + count);
        const bytes = host.bytes.subarray(address, address + count * layout.PAGE_SIZE);
        expect(bytes.every((byte) => byte === 0)).toBe(true);
        bytes.fill(0xa5);
        held.push({ address, count });
      } else if (held.length > 0) {
        const [{ address, count }] = held.splice(operation.free % held.length, 1) as [
          (typeof held)[0],
        ];
        host.kernel.freeRun(address, count);
        taken.fill(false, index(address), index(address) + count);
      }
      const used = taken.filter((is) => is).length;
      expect(host.control(layout.CONTROL_FRAMES_USED)).toBe(used);
      expect(host.kernel.framesFree()).toBe(FRAMES - used);
    }
  });
  fc.assert(property, { numRuns: 200 });
});

test("freeing what is not taken panics", () => {
  const bad: [string, (host: Host) => [number, number]][] = [
    [
      "twice",
      (host) => {
        const address = host.kernel.allocateRun(2);
        host.kernel.freeRun(address, 2);
        return [address, 2];
      },
    ],
    ["more than was taken", (host) => [host.kernel.allocateRun(1), 2]],
    ["the bitmap", () => [layout.REGIONS, 1]],
    ["below the region", () => [layout.REGIONS - layout.PAGE_SIZE, 1]],
    ["above the region", () => [layout.REGIONS + FRAMES * layout.PAGE_SIZE, 1]],
    ["not a frame", (host) => [host.kernel.allocateRun(1) + 16, 1]],
  ];
  for (const [what, prepare] of bad) {
    const host = new Host(FRAMES);
    const [address, count] = prepare(host);
    expect(() => host.kernel.freeRun(address, count), what).toThrow(WebAssembly.RuntimeError);
    expect(host.control(layout.CONTROL_PANIC), what).toBe(codes.PANIC_FRAME);
  }
});

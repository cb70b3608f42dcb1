// A kernel with a domain in each of the states of gates, and with each kind of object that they know, at
// a moment when the worrier has something to do.

import { CONTROL_WORRIED } from "../assembly/layout.js";
import { MACHINE_PAGES, MARK_READ, MARK_WRITE } from "../assembly/riscv/layout.js";
import type { KernelOptions } from "../src/index.js";
import type { View } from "../src/view.js";
import { GateMeter } from "./gate-parts.js";
import { GateSide } from "./gate-side.js";
import { timeOf } from "./gate-world.js";
import { call, fork, rest, type Step, work } from "./puppet.js";

const LONG = 1_000_000;
/** Guest pages of a puppet where nothing is: below its log. */
const FREE_PAGE = 12;
const OK = 0;

export interface GateMixed {
  readonly side: GateSide;
  readonly view: View;
  readonly bytes: Uint8Array;
  /** The node of what has a name. */
  node(name: string): number;
}

/** Each name, whose start key is in its slot 0, and its script. */
const CAST: readonly [name: string, slot0: string | null, steps: readonly Step[]][] = [
  ["free", null, [rest()]],
  ["busy", null, [rest(), work(LONG)]],
  ["popular", null, [rest({ take: [null, null, null, 7] }), work(300), rest()]],
  ["keeper", null, [rest({ take: [null, null, 5, 6] }), work(LONG)]],
  ["caller", "busy", [work(9), call(0, { string: "hello" })]],
  ["stalled", "busy", [work(30), call(0)]],
  ["another", "busy", [work(40), call(0)]],
  ["first", "popular", [work(9), fork(0)]],
  ["second", "popular", [work(60), call(0)]],
  ["third", "popular", [work(70), call(0)]],
  ["fourth", "popular", [work(80), call(0)]],
  ["kept", null, [work(LONG)]],
  ["holder", "held", [call(0, { take: [4] }), fork(4, { order: 77, string: "for later" })]],
  ["joiner", "awaited", [call(0, { take: [4] }), call(0, { order: 1 })]],
  ["sleeper", "wait", [call(0, { order: 1, string: timeOf(LONG) }), call(0)]],
];
const OBJECTS = [
  ["held", "join"],
  ["awaited", "join"],
  ["idle", "join"],
  ["wait", "wait"],
  ["page", "page"],
] as const;

type MapPage = (
  machine: number,
  page: number,
  index: number,
  tenant: number,
  marks: number,
) => number;

export function gateMixed(options: KernelOptions = {}): GateMixed {
  const side = new GateSide("mixed", { quantum: 100, advance: 1000n, ...options });
  const { kernel } = side;
  const { view } = kernel.core;
  side.createMeter(0, 0n);
  for (const [name, kind] of OBJECTS) side.createObject(kind, name);
  for (const [name, , steps] of CAST) side.createDomain(name === "kept" ? 1 : 0, steps, name);
  const place = (name: string) => CAST.findIndex(([other]) => other === name);
  side.setMeterKeeper(1, side.startKey("keeper"));
  CAST.forEach(([, slot0], n) => {
    if (slot0) side.setKey(n, 0, side.startKey(slot0));
  });
  side.setKey(place("free"), 1, { kind: "misc", name: "clock" });
  side.setKey(place("free"), 2, { kind: "node", to: new GateMeter("M1", 0n, null), databyte: 3 });
  const page = side.index("page");
  for (const name of ["free", "busy"]) {
    const { address } = side.domains[place(name)]!.machine!;
    if (view.u32(address + MACHINE_PAGES) <= FREE_PAGE) throw new Error("no free page");
    const map = (kernel.core.exports as unknown as { machineMapPage: MapPage }).machineMapPage;
    const tenant = kernel.core.exports.nodeAllocation(page);
    const status = map(address, FREE_PAGE, page, tenant, MARK_READ | MARK_WRITE);
    if (status !== OK) throw new Error(`machineMapPage: status ${status}`);
  }
  for (const domain of side.domains) domain.start();
  for (let cycles = 0; view.control(CONTROL_WORRIED) === 0; cycles++) {
    if (cycles > LONG) throw new Error("the worrier has nothing to do");
    side.run(1);
  }
  return { side, view, bytes: view.bytes(0, view.size), node: (name) => side.index(name) };
}

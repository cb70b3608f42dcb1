// Guests in workers of their own: what two of them run at once, what a refill takes that the host's thread answers, and
// how long it is from a switch to the guest's last instruction.

import type { AnyGuest, Kernel, Meter } from "../src/index.js";
import { createKernel } from "../src/index.js";
import { instrument } from "../src/instrument/index.js";
import { atMost, type Bench, type Figure, ratioAtLeast, ratioAtMost, type Size } from "./bench.js";
import { Grove } from "./grove.js";
import { Sample } from "./measure.js";
import { type LongRun, measureLong } from "./rounds.js";
import { SPINNER_BASE64, TURN } from "./spinner.js";

export const bench: Bench = {
  name: "guest-workers",
  about: "guests in workers: two at once; refills by the host's thread; the off switch",
  async run(size) {
    const grove = new Grove();
    try {
      return [
        ...(await throughput(grove, size)),
        ...(await asking(size)),
        ...(await switching(size)),
      ];
    } finally {
      grove.dispose();
    }
  },
};

/** What a second worker is to bring, and what one may lose to the host's thread. */
const GAIN = 1.9;
const PRICE = 1.02;
/** Long enough for the load of others to show on both. */
const CYCLES = 3_000_000_000;
const SMALL_CYCLES = 1_000_000_000;

interface World {
  readonly kernel: Kernel;
  readonly meter: Meter;
  readonly guests: readonly AnyGuest[];
}

/** Guests in workers, or one in the host's thread. */
function worldOf(workers: number, advance?: bigint): World {
  const kernel = createKernel({ nodes: 64, ...(advance ? { advance } : {}) });
  const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 2n ** 62n });
  const module = instrument(Buffer.from(SPINNER_BASE64, "base64"));
  const imports = { host: { act: () => {} } };
  const load = () => kernel.loadWasm(module, { meter, imports, worker: true });
  const guests =
    workers === 0
      ? [kernel.loadWasm(module, { meter, imports })]
      : Array.from({ length: workers }, load);
  return { kernel, meter, guests };
}

const consumed = ({ meter }: World) => meter.statistics().consumed;

async function throughput(grove: Grove, size: Size): Promise<Figure[]> {
  const cycles = size.small ? SMALL_CYCLES : CYCLES;
  const names = ["host's thread", "1 worker", "2 workers"];
  const worlds = names.map((_, workers) => worldOf(workers));
  const runs = worlds.map((world, place): LongRun => {
    const turns = cycles / TURN.mix / world.guests.length;
    let before = 0n;
    return {
      name: names[place]!,
      operations: Math.floor(turns) * world.guests.length * TURN.mix,
      prepare: () => {
        before = consumed(world);
      },
      run: () => Promise.all(world.guests.map((guest) => guest.call("mix", Math.floor(turns)))),
      checksum: () => consumed(world) - before,
      expected: BigInt(Math.floor(turns) * world.guests.length * TURN.mix),
    };
  });
  try {
    const rounds = await measureLong(runs, grove, size);
    const name = "cycles a second";
    const [host, one, two] = names.map((name) => ({ name, sample: rounds.of(name) }));
    const figure = (of: typeof host, more: object) =>
      of!.sample.figure({ name, parameters: { by: of!.name }, unit: "M/s", rate: true, ...more });
    return [
      rounds.room,
      figure(host, {}),
      figure(one, { yardstick: host, goal: ratioAtMost(PRICE) }),
      figure(two, { yardstick: one, factor: true, goal: ratioAtLeast(GAIN) }),
    ];
  } finally {
    for (const { kernel } of worlds) kernel.dispose();
  }
}

/** What a guest waits for a refill: two messages between threads. */
async function asking(size: Size): Promise<Figure[]> {
  const world = worldOf(1, 1000n);
  const count = size.small ? 50 : 1000;
  const times: number[] = [];
  try {
    for (let round = -1; round < size.rounds; round++) {
      const start = performance.now();
      await world.guests[0]!.call("spin", (count * 1000) / TURN.spin);
      if (round >= 0) times.push(((performance.now() - start) * 1000) / count);
    }
  } finally {
    world.kernel.dispose();
  }
  const parameters = { advance: 1000 };
  return [
    new Sample(times).figure({ name: "a refill by the host's thread", parameters, unit: "µs" }),
  ];
}

/** A meter is switched off while one runs below it: the switch comes back when the guest stands. */
async function switching(size: Size): Promise<Figure[]> {
  const world = worldOf(1);
  const [guest] = world.guests;
  const rounds = Math.max(size.rounds, 15);
  const times: number[] = [];
  const call = guest!.call("spin", 2 ** 31 - 1).catch(() => {});
  try {
    for (let round = -3; round < rounds; round++) {
      await new Promise((resolve) => setTimeout(resolve, 3));
      const start = performance.now();
      const left = world.meter.off();
      const took = performance.now() - start;
      world.meter.on(left);
      if (round >= 0) times.push(took);
    }
  } finally {
    world.kernel.dispose();
    await call;
  }
  const name = "from off() to the last instruction";
  const goal = atMost(1);
  return [new Sample(times).figure({ name, parameters: { advance: 80e6 }, unit: "ms", goal })];
}

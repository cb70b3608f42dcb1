// Storms on several simulated processors with clocks and partitions, turn by turn: whatever the host does, and
// whoever dies in the midst of a change, after every turn all cycles are somebody's and all sums are right.

import { describe, expect, test } from "vitest";
import { OK, STATUS_BUSY } from "../assembly/codes.js";
import { CONTROL_TIME } from "../assembly/layout.js";
import {
  BANKRUPT_CANCEL,
  CLOCK_COUNTDOWN,
  CLOCK_COUNTER,
  CLOCK_EXACT,
  PARTITIONED,
  POINT_COUNT,
  REPAIR_PENDING,
  TIME_BANKRUPT,
  TIME_CLOCK,
  TIME_MASKED,
  TIME_POINTS,
  TIME_RATE,
  TIME_READ,
  TIME_REPAIR,
  TIME_SCALE,
  TIME_TICK,
  TIME_WIDTH,
  TIMED,
  WHOLE_BUDGET,
} from "../assembly/time-layout.js";
import { timeFrames } from "../src/size.js";
import type { Simulated } from "./simulated.js";
import { SimulatedWorld } from "./simulated-world.js";

const NODES = 200;
const SLOTS = 8;
const TICK = 1000;
const ROUNDS = 70;

interface Weather {
  readonly clock: number;
  readonly read: number;
  readonly flags: number;
}

/** Opens time as the host API does. */
function open(simulated: Simulated, { clock, read, flags }: Weather): void {
  const { exports, view } = simulated;
  simulated.host((x) => x.timeOpen(SLOTS));
  const base = view.control(CONTROL_TIME);
  const words: readonly (readonly [offset: number, value: number])[] = [
    [TIME_TICK, TICK],
    [TIME_POINTS, (1 << POINT_COUNT) - 1],
    [TIME_CLOCK, clock],
    [TIME_READ, read],
    [TIME_WIDTH, 64],
    [TIME_REPAIR, REPAIR_PENDING],
    [TIME_MASKED, clock === CLOCK_COUNTDOWN ? TICK / 3 : 0],
    [TIME_BANKRUPT, BANKRUPT_CANCEL],
  ];
  for (const [offset, value] of words) view.setU32(base + offset, value);
  view.setF64(base + TIME_RATE, 1);
  view.setF64(base + TIME_SCALE, 1);
  expect(exports.timeBegin(flags)).toBe(OK);
}

class Storm extends SimulatedWorld {
  readonly #isPartitioned: boolean;
  #partitions = 1;

  constructor(seed: number, processors: number, weather: Weather) {
    const frames = 64 + timeFrames(NODES, processors, SLOTS);
    super(seed, processors, { nodes: NODES, frames }, (simulated) => open(simulated, weather));
    this.#isPartitioned = (weather.flags & PARTITIONED) !== 0;
  }

  protected override more(): (() => void)[] {
    const { simulated, random } = this;
    const host = (run: Parameters<Simulated["host"]>[0]) => simulated.host(run, this.look);
    const still = (run: Parameters<Simulated["host"]>[0]) =>
      host((x) => (x.still() === OK ? run(x) : STATUS_BUSY));
    const domain = this.pick(this.domains);
    const at = simulated.allocation(domain);
    const amount = (most: number) => {
      simulated.view.amount = BigInt(random(most));
    };
    const partition = random(this.#partitions);
    const charge = () =>
      host((x) => {
        amount(30_000);
        return x.domainCharge(domain, at);
      });
    if (!this.#isPartitioned) return [charge];
    const schedule = () => host((x) => x.taskSet(domain, at, partition, random(30), random(8)));
    return [
      charge,
      ...[schedule, schedule, schedule],
      () => this.#create(partition),
      () => this.#create(partition),
      () =>
        host((x) => x.partitionChange(partition, random(5000), random(2) * random(WHOLE_BUDGET))),
      () =>
        host((x) => {
          amount(SLOTS * TICK);
          return x.partitionCritical(partition);
        }),
      () => still((x) => x.windowSet(1 + random(SLOTS))),
    ];
  }

  #create(parent: number): void {
    const { simulated, random } = this;
    let made = 0;
    simulated.host((x) => {
      made = x.partitionCreate(parent, random(4000), random(2) * random(WHOLE_BUDGET));
      return OK;
    });
    if (made !== 0) this.#partitions = made + 1;
  }
}

const WEATHERS: readonly (readonly [name: string, weather: Weather])[] = [
  ["an exact clock", { clock: CLOCK_EXACT, read: 0, flags: TIMED }],
  ["partitions", { clock: CLOCK_EXACT, read: 0, flags: TIMED | PARTITIONED }],
  ["a counter and partitions", { clock: CLOCK_COUNTER, read: 7, flags: TIMED | PARTITIONED }],
  ["a countdown and partitions", { clock: CLOCK_COUNTDOWN, read: 20, flags: TIMED | PARTITIONED }],
];

describe.each(WEATHERS)("storms with %s", (_, weather) => {
  test.each([1, 2, 3])("%i processors", (processors) => {
    let deaths = 0;
    for (let seed = 1; seed <= 2; seed++) {
      const storm = new Storm(seed, processors, weather);
      storm.look();
      storm.run(ROUNDS);
      deaths += storm.deaths;
    }
    expect(deaths).toBeGreaterThan(0);
  });
});

// Guests that do anything whatever with keys of all kinds, to each other and to their own meters and keepers,
// while the host stops, starts, rescinds, raises and lowers: the kernel stays sound, and cycles are conserved.

import { expect, test } from "vitest";
import type { Domain, Key, Meter } from "../src/index.js";
import { GateLab } from "./gates/lab.js";
import { findings } from "./lab.js";
import { call, fork, CODE as PUPPET_CODE, play, reply, type Step, work } from "./puppet.js";
import { Random } from "./riscv/random.js";
import { checkedBuild, everywhere } from "./variants.js";

const GUESTS = 7;
const SEEDS = Array.from({ length: Number(process.env.RUNS ?? 4) }, (_, i) => i + 1);
const FIRST = Number(process.env.SEED ?? 0);

/** Everything there is to have keys to. */
class Anarchy {
  readonly lab: GateLab;
  readonly #random: Random;
  readonly #meters: Meter[];
  readonly #chests;
  readonly #domains: Domain[] = [];
  #made = 0;
  heard = 0;
  refused = 0;

  constructor(seed: number) {
    const random = new Random(seed);
    const quantum = 20 + random.below(400);
    const build = checkedBuild();
    this.lab = new GateLab({ nodes: 96, quantum, advance: BigInt(1 + random.below(900)), build });
    this.#random = random;
    const { kernel, prime } = this.lab;
    const top = this.lab.meter("top", prime);
    // Keepers add to meters that are off.
    kernel.on("keeperError", () => {});
    this.#meters = [top];
    for (let i = 0; i < 4; i++) {
      const superior = random.pick(this.#meters);
      this.#meters.push(this.lab.meter(`M${i}`, superior, BigInt(random.below(4000))));
    }
    this.#chests = [kernel.createNode(), kernel.createNode()];
    for (let i = 0; i < GUESTS; i++) this.#admit(i);
  }

  /** A guest with a script and keys of its own. */
  #admit(place: number): void {
    const random = this.#random;
    const count = 8 + random.below(24);
    const steps = Array.from({ length: count }, () => this.#step());
    const { domain } = play(
      this.lab.kernel,
      random.pick(this.#meters),
      [...steps, work(1, { next: 0 })],
      { name: `G${this.#made++}` },
    );
    this.#domains[place] = domain;
    for (let slot = 0; slot < 16; slot++) {
      if (random.below(4)) domain.keys.set(slot, this.#key());
    }
    if (random.below(2)) domain.keeper = this.#key();
    domain.start();
  }

  #step(): Step {
    const random = this.#random;
    const orders = [0, 1, 3, 7, 8, 10, 19, 33, 34, 35, 36, 38, 39, 40, 42, 45, 64, 65, 66, 67];
    const slots = () =>
      Array.from({ length: 4 }, () => (random.below(3) ? random.below(16) : null));
    const message = {
      order: random.below(3) ? random.pick(orders) : random.below(130),
      keys: slots(),
      take: slots(),
      busy: random.below(3) ? 0 : random.below(150),
      ...(random.below(6) ? {} : { raw: { 12: PUPPET_CODE, 13: random.below(4200) } }),
      ...(random.below(6) ? { string: "\x03".repeat(random.pick([0, 1, 8, 12, 128])) } : {}),
    };
    return random.pick([call, call, fork, reply])(random.below(16), message);
  }

  #key(): Key {
    const random = this.#random;
    const domain = random.pick(this.#domains);
    const node = random.below(3) ? random.pick(this.#meters).node : random.pick(this.#chests);
    const byte = random.below(256);
    const { kernel } = this.lab;
    const makers: (() => Key)[] = [
      () => domain.startKey(byte),
      () => domain.startKey(byte),
      () => domain.domainKey,
      () => ({ kind: "node", id: domain.id, databyte: byte }),
      () => node.nodeKey(byte),
      () => node.fetchKey(),
      () => node.senseKey(),
      () => ({ kind: "meter", id: node.id, databyte: 0 }),
      () => ({ kind: "data", value: BigInt(random.below(3000)) }),
      () => kernel.createJoin().key,
      () => kernel.createWait().key,
      () => kernel.createPage().key,
      () => ({ kind: "misc", name: random.pick(["clock", "returner", "data"] as const) }),
      () => kernel.hostObject(() => void this.heard++),
      () => kernel.hostKey(({ meter }) => meter.add(50n)),
    ];
    try {
      return random.pick(makers)();
    } catch {
      // No more nodes.
      return { kind: "data", value: 1n };
    }
  }

  /** What the host does for once. */
  #act(): void {
    const random = this.#random;
    const domain = random.pick(this.#domains);
    const meter = random.pick(this.#meters);
    const acts = [
      () => domain.stop(),
      () => domain.start(),
      () => meter.set(BigInt(random.below(5000))),
      () => meter.off(),
      () => meter.node.swap(2, this.#key()),
      () => domain.keys.set(random.below(16), this.#key()),
      () => this.lab.kernel.invoke(domain.domainKey, 65 + random.below(3)),
      () => this.#replace(random.below(this.#domains.length)),
      ...Array.from({ length: 8 }, () => () => this.#mend()),
    ];
    try {
      random.pick(acts)();
    } catch (error) {
      // Refused, as it must be where a guest has spoilt the meter, or nothing is left.
      expect((error as { code?: string }).code).toMatch(
        /^(MALFORMED_METER|STATE|WRONG_STATE|NO_NODES|COUNTER_OVERFLOW|OPTION)$/,
      );
    }
  }

  #replace(place: number): void {
    this.#domains[place]!.rescind();
    this.#admit(place);
  }

  /** Meters are made meters again, and everybody goes on. */
  #mend(): void {
    for (const [i, meter] of this.#meters.entries()) {
      for (const slot of [0, 4, 5, 6, 7, 8, 10, 11, 12, 15]) {
        meter.node.swap(slot, { kind: "data", value: 0n });
      }
      meter.node.swap(3, { kind: "data", value: BigInt(this.#random.below(20_000)) });
      if (this.#random.below(2)) meter.node.swap(2, this.#random.pick(this.#domains).startKey(i));
      meter.setSuperior(i === 0 ? this.lab.prime : this.#meters[i - 1]!);
    }
    for (const domain of this.#domains) {
      if (domain.state === "ended") continue;
      domain.setMeter(this.#random.pick(this.#meters));
      domain.start();
    }
  }

  /** Who is stuck goes on as if abandoned, or has a message; who has trapped makes room for another. */
  #rouse(): void {
    for (const [place, domain] of this.#domains.entries()) {
      if (domain.state === "available") {
        const message = { order: this.#random.below(70), keys: [this.#key(), this.#key()] };
        // Refused where it is rescinded before it takes the message.
        this.lab.kernel.send(domain.startKey(), message).catch(() => this.refused++);
      } else if (domain.state === "trapped" || domain.state === "ended") this.#replace(place);
      else if (domain.state === "waiting" && this.#random.below(2)) domain.start();
    }
  }

  go(rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      this.#rouse();
      this.lab.run(100 + this.#random.below(4000));
      expect([round, findings(this.lab.kernel)]).toEqual([round, []]);
      this.#act();
      expect([`${round}, after an act`, findings(this.lab.kernel)]).toEqual([
        `${round}, after an act`,
        [],
      ]);
    }
  }
}

everywhere("anarchy", () => {
  test.each(SEEDS.map((seed) => seed + FIRST))("seed %i", (seed) => {
    const anarchy = new Anarchy(seed);
    anarchy.go(60);
    const { messages, traps, keeperCalls } = anarchy.lab.kernel.statistics();
    // It was no idle exercise.
    expect(messages + traps + keeperCalls).toBeGreaterThan(50n);
  });
});

// A cast on processors that are threads: as a storm, but who has the next turn is nobody's choice.

import { EVENT_MESSAGE } from "../assembly/layout.js";
import { MODES } from "../src/event.js";
import { indexOf } from "../src/id.js";
import { createKernel, type Key, type Meter } from "../src/index.js";
import type { Stage } from "./gate-cast.js";
import { differences, GateJudge } from "./gate-judge.js";
import { type GateDomain, GateJoin, type GateKey, GateMeter } from "./gate-parts.js";
import { play, type Seen, type Step } from "./puppet.js";

export class Threads implements Stage {
  readonly judge = new GateJudge();
  readonly joins: GateJoin[] = [];
  readonly kernel: ReturnType<typeof createKernel>;
  readonly #meters: Meter[];
  readonly #domains: {
    model: GateDomain;
    seen: Seen;
    domain: ReturnType<typeof play>["domain"];
  }[] = [];
  readonly #joinKeys: Key[] = [];

  constructor(processors: number, build?: Uint8Array) {
    const o = { processors, nodes: 128, frames: 1024, quantum: 200, advance: 700n, trace: true };
    this.kernel = createKernel(build ? { ...o, build } : o);
    this.#meters = [this.kernel.primeMeter];
    this.judge.model.meters[0]!.counter = -1n;
    this.kernel.on("message", ({ domain, callee, order, mode, time }) => {
      // Whoever is no domain is a join; the judge looks at what comes by its key, not at whose it is.
      this.judge.judge({
        kind: EVENT_MESSAGE,
        domain: domain ? indexOf(domain.id) : 0,
        meter: callee ? indexOf(callee.id) : 0,
        code: order,
        amount: BigInt(MODES.indexOf(mode)),
        time,
      });
    });
  }

  meter(cycles: bigint): number {
    const { model } = this.judge;
    model.createMeter(model.meters[0]!, -1n);
    this.#meters.push(this.kernel.createMeter({ superior: this.kernel.primeMeter, cycles }));
    return this.#meters.length - 1;
  }

  domain(meter: number, steps: readonly Step[]): number {
    const { domain, seen } = play(this.kernel, this.#meters[meter]!, steps, { logPages: 2 });
    const model = this.judge.model.createDomain(this.judge.model.meters[meter]!, steps);
    this.judge.know(indexOf(domain.id), model);
    this.#domains.push({ model, seen, domain });
    return this.#domains.length - 1;
  }

  join(): number {
    this.#joinKeys.push(this.kernel.createJoin().key);
    this.joins.push(new GateJoin(`join${this.joins.length}`));
    return this.joins.length - 1;
  }

  setKey(domain: number, slot: number, key: GateKey): void {
    const { model, domain: real } = this.#domains[domain]!;
    real.keys.set(slot, this.#keyOf(key));
    model.keys[slot] = key;
  }

  setKeeper(meter: number, key: GateKey): void {
    this.#meters[meter]!.keeper = this.#keyOf(key);
    this.judge.model.meters[meter]!.keeper = key;
  }

  #keyOf(key: GateKey): Key {
    if (key.kind === "data" || key.kind === "misc") return key;
    if (key.kind !== "start" || key.to instanceof GateMeter) throw new Error("no key of a cast");
    if (key.to instanceof GateJoin) return this.#joinKeys[this.joins.indexOf(key.to)]!;
    const of = this.#domains.find(({ model }) => model === key.to)!;
    return of.domain.startKey(key.databyte);
  }

  async run(cycles: number): Promise<void> {
    for (const { model, domain } of this.#domains) {
      domain.start();
      this.judge.model.start(model);
    }
    await this.kernel.run({ cycles });
  }

  /** What anybody has seen that he was not to see. */
  wrong(): string[] {
    return this.#domains.flatMap(({ model, seen, domain }) => {
      const { state } = domain;
      const waits = state === "available";
      const predicted = this.judge.predict(model, seen.count, waits);
      return differences(predicted, seen).map((text) => `${model.name}, ${state}: ${text}`);
    });
  }
}

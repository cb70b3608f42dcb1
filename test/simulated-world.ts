// A store of several simulated processors with something of everything in it, random acts of the host on it,
// and processors that die: after every turn nothing must be found in it.

import { expect } from "vitest";
import { OK } from "../assembly/codes.js";
import { EVENT_CALL, EVENT_KEEPER, PRIME_INDEX } from "../assembly/layout.js";
import {
  JOURNAL,
  JOURNAL_COUNTDOWN,
  PROCESSOR_SIZE,
  PROCESSORS,
} from "../assembly/processor-layout.js";
import { idOf } from "../src/id.js";
import { randomOf, Simulated, type SimulatedOptions } from "./simulated.js";

const KEEPER = 1;
const NOTHING: (simulated: Simulated) => void = () => {};
/** addi a0, a0, 1 — ecall — jal x0, -8. */
const CALLS = [0x00150513, 0x00000073, 0xff9ff06f];
/** addi a0, a0, 1 — jal x0, -4. */
const COUNTS = [0x00150513, 0xffdff06f];
/** Not an instruction. */
const TRAPS = [0];

/** Random acts of the host on a store with something of everything in it. */
export class SimulatedWorld {
  readonly simulated: Simulated;
  readonly random: (below: number) => number;
  readonly meters: number[] = [];
  readonly domains: number[] = [];
  readonly calls: { domain: number; code: number }[] = [];
  readonly phases = new Set<number>();
  deaths = 0;

  /** `open` is to do what comes before anything is made. */
  constructor(seed: number, processors: number, options: SimulatedOptions = {}, open = NOTHING) {
    this.random = randomOf(seed);
    this.simulated = new Simulated({ processors, nodes: 200, ...options });
    open(this.simulated);
    this.meters.push(PRIME_INDEX);
    for (let i = 0; i < 8; i++) this.makeMeter();
    for (let i = 0; i < 12; i++) this.makeDomain();
    this.simulated.go();
  }

  pick<T>(list: readonly T[]): T {
    return list[this.random(list.length)]!;
  }

  makeMeter(): void {
    const cycles = this.pick([0n, 3000n, 20_000n, 1n << 30n, 1n << 40n]);
    const meter = this.simulated.meter(this.pick(this.meters), cycles, this.pick([0, KEEPER]));
    if (meter !== 0) this.meters.push(meter);
  }

  makeDomain(): void {
    const { simulated, random } = this;
    const meter = this.pick(this.meters);
    if (random(3) === 0 && simulated.exports.framesFree() > 20) {
      const program = this.pick([CALLS, CALLS, COUNTS, TRAPS]);
      this.start(simulated.machine(meter, program));
      return;
    }
    const domain = simulated.domain(meter, {
      run: 1 + random(3000),
      span: random(2) * random(5000),
      wait: random(2) * random(20_000),
      times: random(4) === 0 ? 1 + random(20) : 0,
    });
    this.start(domain);
  }

  start(domain: number): void {
    if (domain === 0) return;
    this.domains.push(domain);
    if (this.random(8) !== 0) this.simulated.start(domain);
  }

  /** What the host does besides. */
  protected more(): (() => void)[] {
    return [];
  }

  look = (): void => {
    const { simulated, phases } = this;
    for (let index = 1; index <= simulated.processors; index++) phases.add(simulated.phase(index));
    const { findings } = simulated.check();
    if (findings.length > 0) expect.fail(findings.join("\n"));
  };

  /** A processor's thread is gone between two turns, or at a store half-way through one. */
  die(): void {
    const { simulated, random } = this;
    const index = 1 + random(simulated.processors);
    const countdown = PROCESSORS + index * PROCESSOR_SIZE + JOURNAL + JOURNAL_COUNTDOWN;
    if (random(2) === 0) {
      simulated.view.setU32(countdown, 1 + random(30));
      try {
        for (let turn = 0; turn < 5; turn++) simulated.turn(index);
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        this.deaths++;
      }
      simulated.view.setU32(countdown, 0);
    }
    if (simulated.holder !== 0 && simulated.holder !== index + 1) return;
    simulated.exports.become(0);
    expect(simulated.exports.recover(index)).toBe(OK);
  }

  act(): void {
    const { simulated } = this;
    const meter = this.pick(this.meters);
    const domain = this.pick(this.domains);
    const at = (node: number) => simulated.allocation(node);
    const call = this.pick(this.calls.length > 0 ? this.calls : [{ domain, code: 0 }]);
    const host = (run: Parameters<Simulated["host"]>[0]) => simulated.host(run, this.look);
    const swap = (node: number, slot: number, value: Parameters<typeof simulated.put>[2]) =>
      simulated.put(node, slot, value, this.look);
    const meterKey = { kind: "meter", id: idOf(meter, at(meter)), databyte: 0 } as const;
    const acts: (() => void)[] = [
      ...this.more(),
      () => this.makeMeter(),
      () => this.makeDomain(),
      () => host((x) => x.domainStart(domain, at(domain))),
      () => host((x) => x.domainStart(domain, at(domain))),
      () => host((x) => x.domainStop(domain, at(domain))),
      () => host((x) => x.domainUnprepare(domain, at(domain))),
      () => host((x) => x.domainRestart(call.domain, at(call.domain), call.code)),
      () => host((x) => x.domainDecline(call.domain, at(call.domain), call.code)),
      () =>
        host((x) => {
          simulated.view.amount = BigInt(this.random(100_000));
          return x.meterAdd(meter, at(meter));
        }),
      () =>
        host((x) => {
          simulated.view.amount = BigInt(this.random(20_000));
          return meter === PRIME_INDEX ? OK : x.meterSet(meter, at(meter));
        }),
      () => host((x) => x.meterPeek(meter, at(meter))),
      () => host((x) => x.meterConsumed(meter, at(meter))),
      () => host((x) => x.meterRecall(meter, at(meter))),
      () => host((x) => x.meterUnprepare(meter, at(meter))),
      () => swap(domain, 1, meterKey),
      () => swap(this.pick(this.meters), 1, meterKey),
      () => swap(this.pick(this.meters), 2, { kind: "host", number: this.random(2) }),
      () => swap(this.pick(this.meters), 3, { kind: "data", value: BigInt(this.random(50_000)) }),
      () => swap(this.pick(this.meters), 7, { kind: "data", value: BigInt(this.random(2)) }),
      () => this.random(3) === 0 && host((x) => x.nodeFree(meter, at(meter))),
      () => this.random(3) === 0 && host((x) => x.nodeFree(domain, at(domain))),
      () => this.random(3) === 0 && host((x) => x.domainEnd(domain, at(domain))),
      () => simulated.halt(),
      () => simulated.go(),
      () => simulated.go(),
      () => this.die(),
    ];
    this.pick(acts)();
    this.look();
    for (const { kind, domain, code } of simulated.takeEvents()) {
      if (kind === EVENT_KEEPER) this.calls.push({ domain, code });
      if (kind !== EVENT_CALL || this.random(3) === 0) continue;
      host((x) => x.domainResume(domain, at(domain), code));
    }
  }

  run(rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      this.simulated.turns(this.random(12), this.random, this.look);
      this.act();
    }
  }
}

// A world of pagers under random meters that random acts of a host befall, with a judge who looks after every turn.
// While somebody is outside, what is in core and closed to him is made unreadable: who reads it, or stores to it,
// without having paid, finds out.

import { OK, STATUS_BUSY, TRAP_BREAKPOINT, TRAP_LOST } from "../assembly/codes.js";
import {
  CONTROL_ASKED,
  EVENT_CALL,
  EVENT_KEEPER,
  EVENT_PARK,
  EVENT_TRAP,
  PAGE_SIZE,
  PRIME_INDEX,
} from "../assembly/layout.js";
import {
  JOURNAL,
  JOURNAL_COUNTDOWN,
  PHASE_OUTSIDE,
  PROCESSOR_SIZE,
  PROCESSORS,
} from "../assembly/processor-layout.js";
import {
  PAGE_OPEN,
  PAGE_WORDS,
  RESIDENCE_CORE,
  RESIDENCE_EPOCH,
  RESIDENCE_GENERATION,
  RESIDENCE_OWNERS,
  RESIDENCE_PERIOD,
} from "../assembly/residence-layout.js";
import { idOf } from "../src/id.js";
import type { RawEvent } from "../src/view.js";
import { ADDED, COUNTERS, type Pager } from "./pager.js";
import { ResidenceJudge } from "./residence-judge.js";
import { type Paging, Rig, type RigOptions } from "./residence-rig.js";
import { randomOf, type Simulated } from "./simulated.js";

const KEEPER = 1;
const HOST = 0;
const PATIENCE = 2_000_000;
const POISON = 0x9e3779b9;

export interface WorldOptions extends RigOptions {
  readonly pagers?: number;
  /** How often a pager acts. */
  readonly times?: number;
}

export class PagedWorld {
  readonly rig: Rig;
  readonly judge: ResidenceJudge;
  readonly random: (below: number) => number;
  readonly meters: number[] = [PRIME_INDEX];
  readonly shared: number[] = [];
  pagings: Paging[] = [];
  readonly calls: { domain: number; code: number; meter: number }[] = [];
  /** Pagers that came to their end, calls of keepers, parks, and machines that were lost. */
  exits = 0;
  keeperCalls = 0;
  parks = 0;
  lost = 0;
  /** What was added to shared pages by those that are no more, and how many of these were in the midst of it. */
  #added = 0;
  #cut = 0;
  readonly #times: number;
  readonly #wanted: number;
  #seed: number;

  constructor(seed: number, options: WorldOptions) {
    this.random = randomOf(seed);
    this.#seed = seed * 1000;
    this.rig = new Rig({ quantum: 300 + this.random(2000), ...options });
    this.judge = new ResidenceJudge(this.rig);
    this.judge.open(PRIME_INDEX, 0);
    this.judge.open(this.rig.lockerMeter, PRIME_INDEX);
    this.#times = options.times ?? 500;
    this.#wanted = options.pagers ?? 5;
    for (let n = 0; n < 2; n++) this.shared.push(this.rig.page());
    for (let n = 0; n < 5; n++) this.makeMeter();
    this.fill();
    this.rig.simulated.go();
  }

  get simulated(): Simulated {
    return this.rig.simulated;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.random(list.length)]!;
  }

  // --- Making -----------------------------------------------------------------------------------

  makeMeter(): void {
    const superior = this.pick(this.meters);
    const meter = this.simulated.meter(superior, 1n << 40n, this.random(2) * KEEPER);
    if (meter === 0) return;
    this.meters.push(meter);
    this.judge.open(meter, superior);
    if (this.random(2) === 0) this.setStorage(meter, this.random(60));
  }

  /** As many pagers as there are to be, as far as there is room. */
  fill(): void {
    while (this.pagings.length < this.#wanted) {
      const pages = this.pick([2, 4, 8]);
      const { filled } = this.rig;
      const pager: Pager = {
        ...{ pages, filled, seed: ++this.#seed, times: this.#times },
        shares: this.random(2) === 0,
      };
      const paging = this.rig.pager(this.pick(this.meters), pager);
      if (!paging) return;
      this.pagings.push(paging);
      if (pager.shares) this.rig.share(paging, this.pick(this.shared), this.watch);
      this.host((x) => x.domainStart(paging.domain, this.at(paging.domain)));
    }
  }

  end(paging: Paging): void {
    const { rig } = this;
    // Between adding and having counted it there is an instruction.
    this.#cut++;
    this.#added += rig.register(paging, ADDED);
    this.pagings = this.pagings.filter((other) => other !== paging);
    rig.end(paging, this.watch);
    this.look();
  }

  // --- Turns ------------------------------------------------------------------------------------

  /** One turn of a processor that is drawn. */
  turn(): void {
    const index = 1 + this.random(this.simulated.processors);
    const isOutside = this.simulated.phase(index) === PHASE_OUTSIDE;
    const { generation } = this;
    if (isOutside) this.poison();
    try {
      this.simulated.turn(index);
    } finally {
      if (isOutside) this.poison();
    }
    if (this.generation !== generation) this.#mustBeAlone(index);
    this.look();
  }

  get generation(): number {
    return this.rig.u32(RESIDENCE_GENERATION);
  }

  /** Pages were closed, or taken out of core: then nobody was to be outside, where he might be using them. */
  #mustBeAlone(index: number): void {
    for (let other = 1; other <= this.simulated.processors; other++) {
      if (other === index || this.simulated.phase(other) !== PHASE_OUTSIDE) continue;
      throw new Error(`processor ${other} is outside, where ${index} makes translations void`);
    }
  }

  turns(count: number): void {
    for (let turn = 0; turn < count; turn++) this.turn();
  }

  /** Done twice, all is as it was. */
  poison(): void {
    const { rig } = this;
    const { view } = this.simulated;
    const epoch = rig.u32(RESIDENCE_EPOCH);
    const [core, owners] = [rig.u32(RESIDENCE_CORE), rig.u32(RESIDENCE_OWNERS)];
    for (let frame = 0; frame < rig.core; frame++) {
      const page = view.u32(owners + 4 * frame);
      const isPage = page !== 0 && page < rig.pages;
      const at = core + frame * PAGE_SIZE;
      // What the list of free frames says may look like a page.
      if (isPage && view.u32(rig.entry(page)) === at) {
        if (view.u32(rig.entry(page) + PAGE_OPEN) === epoch) continue;
      }
      const words = new Uint32Array(view.bytes(at, PAGE_SIZE).buffer, at, PAGE_WORDS);
      for (let word = 0; word < PAGE_WORDS; word++) words[word]! ^= Math.imul(word + 1, POISON);
    }
  }

  /** What was told is judged, and done; while a processor has the kernel lock it may be taken back. */
  watch = (): void => {
    if (this.simulated.holder > HOST + 1) return;
    for (const event of this.judge.observe()) this.#told(event);
  };

  look(): void {
    this.watch();
    if (this.simulated.holder === 0) this.simulated.view.setControl(CONTROL_ASKED, 0);
  }

  #told({ kind, domain, meter, code }: RawEvent): void {
    const paging = this.pagings.find((one) => one.domain === domain);
    if (kind === EVENT_KEEPER) {
      this.keeperCalls++;
      this.calls.push({ domain, code, meter });
    } else if (kind === EVENT_PARK) this.parks++;
    else if (kind === EVENT_CALL && paging) this.#exited.add(paging);
    else if (kind === EVENT_TRAP && code === TRAP_BREAKPOINT) {
      throw new Error(`pager ${domain} found a page that is not as it left it`);
    } else if (kind === EVENT_TRAP && code === TRAP_LOST) {
      this.lost++;
      if (paging) this.#exited.add(paging);
    }
  }

  readonly #exited = new Set<Paging>();

  /** What the whole-store checker finds. */
  check(): void {
    const { findings } = this.simulated.check();
    if (findings.length > 0) throw new Error(findings.join("\n"));
  }

  /** A turn that a processor does not survive if it stores so often; whether it died. The host recovers it. */
  die(most: number): boolean {
    const { simulated } = this;
    const index = 1 + this.random(simulated.processors);
    if (simulated.holder > HOST && simulated.holder !== index + 1) return false;
    const countdown = PROCESSORS + index * PROCESSOR_SIZE + JOURNAL + JOURNAL_COUNTDOWN;
    simulated.view.setU32(countdown, 1 + this.random(most));
    let died = false;
    try {
      for (let turn = 0; turn < 2; turn++) simulated.turn(index);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      died = true;
    }
    simulated.view.setU32(countdown, 0);
    if (died || this.random(3) === 0) this.bury(index);
    this.look();
    return died;
  }

  /** The thread of a processor is no more. */
  bury(index: number): void {
    const { simulated } = this;
    if (simulated.holder > HOST && simulated.holder !== index + 1) return;
    simulated.exports.become(HOST);
    if (simulated.exports.recover(index) !== OK) throw new Error(`${index} is not recovered`);
  }

  // --- The host ---------------------------------------------------------------------------------

  at(node: number): number {
    return this.simulated.allocation(node);
  }

  /** A call of the host: what was told before it is judged by what was so then. */
  host(call: Parameters<Simulated["host"]>[0]): number {
    const status = this.simulated.host((x) => {
      this.watch();
      return call(x);
    }, this.watch);
    this.look();
    return status;
  }

  /** The same while nobody is outside. */
  still(call: Parameters<Simulated["host"]>[0]): number {
    return this.host((x) => (x.still() === OK ? call(x) : STATUS_BUSY));
  }

  /** As many charges, and a bit. */
  setStorage(meter: number, charges: number): void {
    const left = this.price * BigInt(charges) + BigInt(this.random(1000));
    this.host((x) => {
      this.simulated.view.amount = left;
      const status = x.meterStorageSet(meter, this.at(meter));
      if (status === OK) this.judge.setStorage(meter, left);
      return status;
    });
  }

  addStorage(meter: number, charges: number): void {
    const more = this.price * BigInt(charges);
    this.host((x) => {
      this.simulated.view.amount = more;
      const status = x.meterStorageAdd(meter, this.at(meter));
      if (status === OK) this.judge.setStorage(meter, this.judge.storageOf(meter) + more);
      return status;
    });
  }

  get price(): bigint {
    return BigInt(PAGE_WORDS * this.rig.u32(RESIDENCE_PERIOD));
  }

  /** Those that have exited go; answers of keepers. */
  serve(): void {
    for (const paging of [...this.#exited]) {
      this.#exited.delete(paging);
      if (!this.pagings.includes(paging)) continue;
      this.exits++;
      this.end(paging);
    }
    for (const { domain, code, meter } of this.calls.splice(0)) {
      if (this.random(4) === 0) continue;
      if (this.random(3) !== 0 && this.meters.includes(meter))
        this.addStorage(meter, 1 + this.random(20));
      if (this.random(2) === 0) this.host((x) => x.domainRestart(domain, this.at(domain), code));
      else this.host((x) => x.domainDecline(domain, this.at(domain), code));
    }
    this.host((x) => x.rouse() ?? OK);
  }

  /** Puts a domain under a meter that is drawn, and starts it. */
  place(domain: number): void {
    const meter = this.pick(this.meters);
    const key = { kind: "meter", id: idOf(meter, this.at(meter)), databyte: 0 } as const;
    this.simulated.put(domain, 1, key, this.watch);
    this.host((x) => x.domainStart(domain, this.at(domain)));
  }

  // --- The end ----------------------------------------------------------------------------------

  /** Everybody has all that he wants, until all have come to their end. */
  calm(): void {
    for (const meter of this.meters) {
      if (meter === PRIME_INDEX) continue;
      this.#unlimited(meter);
    }
    for (let patience = PATIENCE; this.pagings.length > 0; patience--) {
      if (patience === 0) throw new Error(`${this.pagings.length} pagers don't get on`);
      if (patience % 500 === 0) this.#help();
      this.turn();
    }
    this.serve();
  }

  #unlimited(meter: number): void {
    this.simulated.put(meter, 1, superKeyOf(this.at(PRIME_INDEX)), this.watch);
    this.judge.move(meter, PRIME_INDEX);
    this.host((x) => {
      this.simulated.view.amount = (1n << 64n) - 1n;
      this.judge.setStorage(meter, this.simulated.view.amount);
      return x.meterStorageSet(meter, this.at(meter));
    });
    this.host((x) => {
      this.simulated.view.amount = 1n << 50n;
      return x.meterSet(meter, this.at(meter));
    });
  }

  #help(): void {
    this.serve();
    for (const paging of this.pagings) {
      const { domain, pager, shared } = paging;
      if (pager.shares && shared === 0) this.rig.share(paging, this.shared[0]!, this.watch);
      this.place(domain);
    }
  }

  /** Whether what was added to shared pages is there, but for who was stopped for good while he added. */
  get isWhole(): boolean {
    let found = 0;
    for (const page of this.shared) {
      const content = this.rig.contentOf(this.rig.numberOf(page));
      if (!content) continue;
      const view = new DataView(content.buffer, content.byteOffset);
      for (let word = 0; word < COUNTERS; word++) found += view.getUint32(4 * word, true);
    }
    return found >= this.#added && found - this.#added <= this.#cut;
  }
}

function superKeyOf(allocation: number) {
  return { kind: "meter", id: idOf(PRIME_INDEX, allocation), databyte: 0 } as const;
}

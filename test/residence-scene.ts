// Three pagers with too few frames and, two of them, too little storage, on simulated processors. All that there is is in
// the memory, but for how many have exited: so it can be taken back, and any turn be done again, to another end.

import { OK } from "../assembly/codes.js";
import {
  CONTROL_ASKED,
  CONTROL_EVENTS,
  EVENT_CALL,
  EVENT_KEEPER,
  EVENT_TRAP,
  FLAG_PAGING,
  PRIME_INDEX,
  PROGRAM_LOCKER,
  RECORD_FLAGS,
  RECORD_PROGRAM_KIND,
} from "../assembly/layout.js";
import {
  PHASE_CLAIMING,
  PHASE_INSIDE,
  PROCESSOR_OUTCOME,
  PROCESSOR_READY,
} from "../assembly/processor-layout.js";
import { PAGE_WORDS } from "../assembly/residence-layout.js";
import { addsOf, COUNTERS } from "./pager.js";
import { ResidenceJudge } from "./residence-judge.js";
import { type Paging, Rig, type RigOptions } from "./residence-rig.js";

const PERIOD = 4000;
const PRICE = BigInt(PAGE_WORDS * PERIOD);
const UNLIMITED = (1n << 64n) - 1n;
/** How often a pager acts. */
const TIMES = 40;
const KEEPER = 1;
const HOST = 0;
/** As an outcome: assembly/program.ts. */
const PAGED = 5;
const PATIENCE = 200_000;

export class Scene {
  readonly rig: Rig;
  readonly pagings: Paging[] = [];
  /** Pagers that have exited; and domains that were lost with a processor. */
  ends = 0;
  lost = 0;
  readonly #page: number;
  readonly #meters: [meter: number, superior: number][] = [];

  constructor(options: RigOptions = {}) {
    this.rig = new Rig({
      ...{ processors: 2, core: 8, pages: 60, frames: 64, nodes: 32, quantum: 400 },
      ...{ period: PERIOD, latency: 300, ...options },
    });
    const { rig } = this;
    this.#page = rig.page();
    const rich = this.#meter(PRIME_INDEX, 1n << 60n, 0);
    const meters = [rich, this.#meter(rich, PRICE * 12n, 0), this.#meter(rich, PRICE * 7n, KEEPER)];
    for (const [number, meter] of meters.entries()) {
      const pager = { pages: 2, filled: 2, seed: 3 + number, times: TIMES, shares: true };
      const paging = rig.pager(meter, pager)!;
      rig.share(paging, this.#page);
      rig.simulated.start(paging.domain);
      this.pagings.push(paging);
    }
    rig.simulated.go();
  }

  #meter(superior: number, storage: bigint, keeper: number): number {
    const meter = this.rig.simulated.meter(superior, 1n << 50n, keeper);
    this.#store(meter, storage);
    this.#meters.push([meter, superior]);
    return meter;
  }

  #store(meter: number, storage: bigint, first = () => {}): void {
    this.rig.ok((x) => {
      first();
      this.rig.simulated.view.amount = storage;
      return x.meterStorageSet(meter, x.nodeAllocation(meter));
    });
  }

  /** Somebody to compare all that follows with. */
  judge(): ResidenceJudge {
    const judge = new ResidenceJudge(this.rig);
    judge.open(PRIME_INDEX, 0);
    judge.open(this.rig.lockerMeter, PRIME_INDEX);
    for (const [meter, superior] of this.#meters) judge.open(meter, superior);
    return judge;
  }

  /** What was told is judged, and answered: keepers decline. */
  look(judge: ResidenceJudge): void {
    const { simulated } = this.rig;
    if (simulated.holder > HOST + 1) return;
    for (const { kind, domain, code } of judge.observe()) {
      if (kind === EVENT_TRAP) this.trapped(domain, code);
      if (kind === EVENT_CALL) this.ends++;
      if (kind !== EVENT_KEEPER) continue;
      const at = simulated.allocation(domain);
      simulated.host((x) => x.domainDecline(domain, at, code));
    }
    simulated.view.setControl(CONTROL_ASKED, 0);
  }

  /** A pager found something wrong. */
  protected trapped(domain: number, code: number): void {
    throw new Error(`domain ${domain} has trapped with 0x${code.toString(16)}`);
  }

  check(): void {
    const { findings } = this.rig.simulated.check();
    if (findings.length > 0) throw new Error(findings.join("\n"));
  }

  /** Whether the next turn of a processor is a pass about a page, or of the lock process; all before is judged. */
  isAboutPages(index: number): boolean {
    const { simulated } = this.rig;
    const { view } = simulated;
    const phase = simulated.phase(index);
    if (phase !== PHASE_INSIDE && phase !== PHASE_CLAIMING) return false;
    const head = view.processor(index, PROCESSOR_READY);
    if (head === 0 || view.control(CONTROL_EVENTS) > 0) return false;
    if (view.processor(index, PROCESSOR_OUTCOME) === PAGED) return true;
    const isPaging = (view.u8(head + RECORD_FLAGS) & FLAG_PAGING) !== 0;
    return isPaging || view.u8(head + RECORD_PROGRAM_KIND) === PROGRAM_LOCKER;
  }

  /** The thread of a processor is no more. */
  bury(index: number): void {
    const { exports } = this.rig.simulated;
    exports.become(HOST);
    const status = exports.recover(index);
    if (status !== OK) throw new Error(`recover: status ${status}`);
  }

  /** Everybody gets what he wants, and comes to his end; all that was added to the shared page is there. */
  finish(judge: ResidenceJudge, random: (below: number) => number): void {
    const { rig } = this;
    const { simulated } = rig;
    for (const [meter] of this.#meters) {
      this.#store(meter, UNLIMITED, () => this.look(judge));
      judge.setStorage(meter, UNLIMITED);
    }
    for (let patience = PATIENCE; this.ends + this.lost < this.pagings.length; patience--) {
      if (patience === 0) throw new Error("somebody does not get on");
      simulated.turn(1 + random(simulated.processors));
      this.look(judge);
    }
    this.check();
    const wanted = this.pagings.reduce((sum, { pager }) => sum + addsOf(pager), 0);
    const found = this.#added();
    if (this.lost === 0 && found !== wanted) throw new Error(`added ${found} of ${wanted}`);
  }

  #added(): number {
    const content = this.rig.contentOf(this.rig.numberOf(this.#page))!;
    const words = new DataView(content.buffer, content.byteOffset);
    let sum = 0;
    for (let word = 0; word < COUNTERS; word++) sum += words.getUint32(4 * word, true);
    return sum;
  }
}

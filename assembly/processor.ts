// Participants: the host and the processors, a block each. Block 0 is the host's; without processors
// beside it (the unshared build) the host is the one processor.
//
// Who may touch what: the kernel lock guards all of the store. A processor that is outside runs
// without it, and then the caches, consumptions and programs of what it runs are its own: of one
// domain, or of all on its ready queue (RUNNING_ANY). It goes outside under the lock only, so whoever
// holds the lock and finds nobody outside with a domain has that domain to himself (claim.ts).

import { control } from "./control";
import { handUse } from "./hand";
import { journalUse } from "./journal";
import { CONTROL, CONTROL_HOST_BELL, MAX_CHAIN, PAGE_SIZE } from "./layout";
import {
  PHASE_RESTING,
  PHASE_WANTING,
  PROCESSOR_ADDRESS,
  PROCESSOR_ATTENTION,
  PROCESSOR_BELL,
  PROCESSOR_BILLED,
  PROCESSOR_DOMAIN,
  PROCESSOR_FREE_RECORD,
  PROCESSOR_GIVEN,
  PROCESSOR_INBOX,
  PROCESSOR_INDEX,
  PROCESSOR_PATH,
  PROCESSOR_PHASE,
  PROCESSOR_RAN,
  PROCESSOR_READY,
  PROCESSOR_REST,
  PROCESSOR_RUNNING,
  PROCESSOR_SIZE,
  PROCESSOR_STATISTICS,
  PROCESSOR_SUBTOTALS,
  PROCESSOR_TIME,
  PROCESSOR_TIMER,
  PROCESSOR_TRAP_ADDRESS,
  PROCESSORS,
  REST_IDLE,
  STATISTIC_COUNT,
} from "./processor-layout";

/** Fields as in processor-layout.ts, which says what is not plain from the name. */
@unmanaged
export class Processor {
  time: u64;
  ready: usize;
  readyCount: u32;
  sliceLeft: u32;
  sliceUsed: u32;
  slices: u32;
  sprint: u32;
  index: u32;
  outcome: i32;
  allowance: u32;
  short: u32;
  pause: u32;
  wanted: u32;
  trapCode: u32;
  trapAddress: u32;
  /** Read and written by others, too: only by `phase`. */
  private phaseWord: u32;
  running: usize;
  rest: u32;
  inbox: usize;
  given: u64;
  /** Simulated: who ran in the last turn, and for how long. */
  ran: usize;
  billed: u32;
  freeRecord: usize;
  domains: u32;
  timer: usize;

  @inline static at(index: u32): Processor {
    return changetype<Processor>(<usize>PROCESSORS + <usize>index * PROCESSOR_SIZE);
  }

  /** What it does, for others to see: what it did before is there for whoever sees the new phase. */
  get phase(): i32 {
    if (isDefined(SHARED)) return atomic.load<i32>(changetype<usize>(this), PROCESSOR_PHASE);
    else return this.phaseWord;
  }

  set phase(phase: i32) {
    if (isDefined(SHARED)) atomic.store<i32>(changetype<usize>(this), phase, PROCESSOR_PHASE);
    else this.phaseWord = phase;
  }

  /** Whether somebody wants it to come inside. */
  get attention(): bool {
    if (isDefined(SHARED)) {
      return atomic.load<u32>(changetype<usize>(this), PROCESSOR_ATTENTION) != 0;
    } else return false;
  }

  set attention(wanted: bool) {
    if (isDefined(SHARED)) {
      atomic.store<u32>(changetype<usize>(this), wanted ? 1 : 0, PROCESSOR_ATTENTION);
    }
  }

  /** There may be something for it to do: it rests no more. Under the kernel lock. */
  ring(): void {
    if (isDefined(SHARED)) {
      if (this.phase == PHASE_RESTING) {
        this.phase = PHASE_WANTING;
        control.resting--;
      }
      ringBell(changetype<usize>(this) + PROCESSOR_BELL, this.index);
    }
  }

  get isIdle(): bool {
    return this.phase == PHASE_RESTING && this.rest == REST_IDLE;
  }
}

/** What `step` reports. */
@unmanaged
export class Report {
  domain: u32;
  meter: u32;
  code: u32;
  address: u32;
}

let current: usize = PROCESSORS;

/** From now on this instance of the kernel is that participant. */
export function become(index: u32): void {
  current = changetype<usize>(Processor.at(index));
  if (isDefined(SHARED)) {
    // The host never dies alone.
    journalUse(index == 0 ? 0 : current);
    handUse(current);
  }
}

/** The block of whoever runs here: a constant where nobody else can. */
export function me(): Processor {
  if (isDefined(SHARED)) return changetype<Processor>(current);
  else return changetype<Processor>(PROCESSORS);
}

/** The clock that is furthest: the time of the kernel. */
export function latest(): u64 {
  let time = me().time;
  for (let index: u32 = 1; index <= control.processors; index++) {
    time = max(time, Processor.at(index).time);
  }
  return time;
}

/** The address of a field of that block. */
function own(offset: usize): usize {
  return changetype<usize>(me()) + offset;
}

export function report(): Report {
  return changetype<Report>(own(PROCESSOR_DOMAIN));
}

/**
 * Acts in the stead of a participant that waits for the kernel lock, which is held here. Answers
 * who did until now, to go back to.
 */
export function actAs(other: Processor): Processor {
  const self = me();
  current = changetype<usize>(other);
  return self;
}

/** The host is to do something for a domain, and no time passes for nobody before it has. */
export function askHost(): void {
  if (isDefined(SHARED)) control.asked = 1;
  ringHost();
}

/** The host is to look: at the events, or because all rest. */
export function ringHost(): void {
  if (isDefined(SHARED)) ringBell(CONTROL + CONTROL_HOST_BELL, 0);
}

/** Who was rung under the kernel lock and has not been woken yet: a bit for each participant. */
let rung: u32 = 0;

function ringBell(bell: usize, index: u32): void {
  if (isDefined(SHARED)) {
    atomic.add<u32>(bell, 1);
    rung |= 1 << index;
  }
}

/** Rings all: somebody may have died who had said that he wakes them, and not rung their bells yet. */
export function wakeAll(): void {
  ringHost();
  for (let index: u32 = 1; index <= control.processors; index++) {
    ringBell(changetype<usize>(Processor.at(index)) + PROCESSOR_BELL, index);
  }
}

/** Once the kernel lock is given back: who is woken sooner finds it taken, and sleeps again. */
export function wakeRung(): void {
  if (isDefined(SHARED)) {
    while (rung != 0) {
      const index = ctz(rung);
      rung &= rung - 1;
      const bell: usize =
        index == 0
          ? <usize>(CONTROL + CONTROL_HOST_BELL)
          : changetype<usize>(Processor.at(index)) + PROCESSOR_BELL;
      atomic.notify(bell, 1);
    }
  }
}

/** Adds to one of the 64-bit statistics of whoever runs here. */
export function count(statistic: i32, amount: u64 = 1): void {
  const at = own(PROCESSOR_STATISTICS + (statistic << 3));
  store<u64>(at, load<u64>(at) + amount);
}

/** The same where clocks are compared with it: journalled, so a change that is taken back isn't counted. */
export function account(statistic: i32, amount: u64): void {
  const at = own(PROCESSOR_STATISTICS + (statistic << 3));
  store<u64>(at, load<u64>(at) + amount);
}

/** Of whoever runs here. */
export function counted(statistic: i32): u64 {
  return load<u64>(own(PROCESSOR_STATISTICS + (statistic << 3)));
}

/** Where the subtotals of a walk are, by level. */
export function subtotals(): usize {
  return own(PROCESSOR_SUBTOTALS);
}

if (
  offsetof<Processor>("time") != PROCESSOR_TIME ||
  offsetof<Processor>("ready") != PROCESSOR_READY ||
  offsetof<Processor>("index") != PROCESSOR_INDEX ||
  offsetof<Processor>("trapAddress") != PROCESSOR_TRAP_ADDRESS ||
  offsetof<Processor>("phaseWord") != PROCESSOR_PHASE ||
  offsetof<Processor>("running") != PROCESSOR_RUNNING ||
  offsetof<Processor>("rest") != PROCESSOR_REST ||
  offsetof<Processor>("inbox") != PROCESSOR_INBOX ||
  offsetof<Processor>("given") != PROCESSOR_GIVEN ||
  offsetof<Processor>("ran") != PROCESSOR_RAN ||
  offsetof<Processor>("billed") != PROCESSOR_BILLED ||
  offsetof<Processor>("freeRecord") != PROCESSOR_FREE_RECORD ||
  offsetof<Processor>("timer") != PROCESSOR_TIMER ||
  <i32>offsetof<Processor>() > PROCESSOR_ATTENTION ||
  offsetof<Report>("address") != PROCESSOR_ADDRESS - PROCESSOR_DOMAIN ||
  PROCESSOR_STATISTICS + 8 * STATISTIC_COUNT > PROCESSOR_SUBTOTALS ||
  PROCESSOR_SUBTOTALS + 16 * (MAX_CHAIN + 1) > PROCESSOR_PATH ||
  PROCESSOR_PATH + 4 * (MAX_CHAIN + 1) > PAGE_SIZE
) {
  ERROR("processors are not as processor-layout.ts says");
}

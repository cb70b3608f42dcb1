// Participants: the host and the processors beside it, their phases, and who has the kernel lock
// (assembly/processor.ts, assembly/turn.ts, assembly/lock.ts).
//
// What a processor that is outside is about to do can't be checked: its clock, and how far the
// domain has come that it runs. Its bells aren't either: that nobody sleeps who should look is shown by
// the simulator.

import {
  CONTROL_LOCK,
  CONTROL_NEXT_PROCESSOR,
  CONTROL_RESIDENCE,
  CONTROL_RESTING,
  RECORD_AMOUNT,
} from "../../assembly/layout.js";
import {
  JOURNAL,
  JOURNAL_TOP,
  PHASE_CLAIMING,
  PHASE_INSIDE,
  PHASE_OUTSIDE,
  PHASE_RESTING,
  PHASE_WANTING,
  PROCESSOR_ALLOWANCE,
  PROCESSOR_INBOX,
  PROCESSOR_INDEX,
  PROCESSOR_OUTCOME,
  PROCESSOR_PHASE,
  PROCESSOR_READY,
  PROCESSOR_READY_COUNT,
  PROCESSOR_REST,
  PROCESSOR_RUNNING,
  PROCESSOR_SLICE_LEFT,
  PROCESSOR_SLICE_USED,
  PROCESSOR_SLICES,
  PROCESSOR_STATISTICS,
  PROCESSOR_TIME,
  REST_HALTED,
  REST_IDLE,
  RUNNING_ANY,
  RUNNING_NONE,
  STATISTIC_IDLE,
} from "../../assembly/processor-layout.js";
import type { Store } from "./store.js";

/** Of assembly/program.ts: there is no outcome, and the last ones that there can be, without core residence and with. */
const NOTHING = -1;
const TRAPPED = 4;
const PAGED = 5;

/** What the host, which never runs a domain, has none of. */
const RUNS: readonly [offset: number, what: string, none: number][] = [
  [PROCESSOR_READY, "ready", 0],
  [PROCESSOR_READY_COUNT, "ready count", 0],
  [PROCESSOR_INBOX, "inbox", 0],
  [PROCESSOR_RUNNING, "running", RUNNING_NONE],
  [PROCESSOR_OUTCOME, "outcome", NOTHING],
  [PROCESSOR_SLICE_USED, "used of its slice", 0],
  [PROCESSOR_SLICES, "slices", 0],
  [PROCESSOR_PHASE, "phase", PHASE_RESTING],
];

export function checkProcessors(store: Store): void {
  const { findings } = store;
  const lock = store.control(CONTROL_LOCK);
  const most = store.isShared ? store.processors + 1 : 0;
  if (lock > most) findings.add("kernel lock", "control block", lock, `0 to ${most}`);
  if (!store.isShared) return;
  checkHost(store);
  let resting = 0;
  for (const index of store.runners) {
    const phase = store.processor(index, PROCESSOR_PHASE);
    if (phase === PHASE_RESTING) resting++;
    checkPhase(store, index, phase);
    checkHolder(store, index, phase, lock);
    checkRunning(store, index, phase);
    checkClock(store, index);
  }
  const found = store.control(CONTROL_RESTING);
  if (found !== resting) findings.add("resting", "control block", found, resting);
  const next = store.control(CONTROL_NEXT_PROCESSOR);
  if (next > store.processors) {
    findings.add("next processor", "control block", next, `at most ${store.processors}`);
  }
}

/** The host never runs a domain and never journals; its clock follows those of the others. */
function checkHost(store: Store): void {
  const { findings } = store;
  for (const [offset, what, none] of RUNS) {
    const found = store.processor(0, offset) | 0;
    if (found !== none) findings.add("host", `processor 0, ${what}`, found, none);
  }
  checkIndex(store, 0);
  const time = store.processor64(0, PROCESSOR_TIME);
  const isReached = store.runners.some((index) => store.processor64(index, PROCESSOR_TIME) >= time);
  if (!isReached) findings.add("clock", "processor 0", time, "no more than that of another");
}

function checkIndex(store: Store, index: number): void {
  const found = store.processor(index, PROCESSOR_INDEX);
  if (found !== index) store.findings.add("index", `processor ${index}`, found, index);
}

/** Empty: nothing is half changed. */
function checkJournal(store: Store, index: number): void {
  if (index === 0) return;
  const top = store.processor(index, JOURNAL + JOURNAL_TOP);
  if (top !== 0) store.findings.add("journal", `processor ${index}`, `${top} bytes`, "none");
}

function checkPhase(store: Store, index: number, phase: number): void {
  const { findings } = store;
  checkIndex(store, index);
  if (phase > PHASE_OUTSIDE) {
    findings.add("phase", `processor ${index}`, phase, `at most ${PHASE_OUTSIDE}`);
  }
  const rest = store.processor(index, PROCESSOR_REST);
  if (rest > REST_HALTED) {
    findings.add("rest", `processor ${index}`, rest, `at most ${REST_HALTED}`);
  }
  const head = store.processor(index, PROCESSOR_READY);
  if (phase === PHASE_RESTING && rest === REST_IDLE && head !== 0) {
    findings.add("rest", `processor ${index}`, `idle with ${store.nameOf(head)} ready`, "none");
  }
}

/**
 * Just who holds the kernel lock is inside. Between two turns only simulated processors are; their
 * journal may say what the last one changed, until the next begins.
 */
function checkHolder(store: Store, index: number, phase: number, lock: number): void {
  const isInside = phase === PHASE_INSIDE || phase === PHASE_CLAIMING;
  if (isInside !== (lock === index + 1)) {
    const holder = lock === 0 ? "nobody" : `participant ${lock - 1}`;
    const found = `phase ${phase}, the lock with ${holder}`;
    store.findings.add("kernel lock", `processor ${index}`, found, "who is inside to have it");
  }
  if (lock !== index + 1) checkJournal(store, index);
}

/**
 * Outside, a processor runs one domain or any of its ring. Once it wants the lock it may keep what
 * came of that, until somebody inside settles it. A single domain is the head of its ring.
 */
function checkRunning(store: Store, index: number, phase: number): void {
  const { findings } = store;
  const name = `processor ${index}`;
  const running = store.processor(index, PROCESSOR_RUNNING);
  const outcome = store.processor(index, PROCESSOR_OUTCOME) | 0;
  const head = store.processor(index, PROCESSOR_READY);
  const last = store.control(CONTROL_RESIDENCE) === 0 ? TRAPPED : PAGED;
  if (outcome < NOTHING || outcome > last) {
    findings.add("outcome", name, outcome, `${NOTHING} to ${last}`);
  }
  if (running > RUNNING_ANY && running !== head) {
    findings.add("running", name, store.nameOf(running), `${store.nameOf(head)}, its head`);
  }
  if (phase === PHASE_OUTSIDE) {
    if (outcome !== NOTHING) findings.add("outcome", `${name}, outside`, outcome, NOTHING);
    if (running === RUNNING_NONE) findings.add("running", `${name}, outside`, "nobody", "a domain");
    if (head === 0) findings.add("running", `${name}, outside`, "nobody ready", "a domain");
    else if (running === head) checkAllowance(store, index, running);
  } else if (outcome === NOTHING) {
    if (running !== RUNNING_NONE) {
      findings.add("running", `${name}, not outside`, store.nameOf(running), "nobody");
    }
  } else {
    if (running <= RUNNING_ANY) findings.add("outcome", name, outcome, "that of a domain");
    if (phase !== PHASE_WANTING && phase !== PHASE_INSIDE) {
      findings.add("outcome", `${name}, phase ${phase}`, outcome, `${NOTHING}: settled`);
    }
  }
}

/** Who runs outside has that much in his cache and of his slice, or nobody would pay. */
function checkAllowance(store: Store, index: number, running: number): void {
  const record = store.recordAt(running);
  if (record === 0) return; // told with the ring
  const allowance = store.processor(index, PROCESSOR_ALLOWANCE);
  const left = store.processor(index, PROCESSOR_SLICE_LEFT);
  const cache = store.u64(running + RECORD_AMOUNT);
  if (allowance >= 1 && allowance <= left && BigInt(allowance) <= cache) return;
  const expected = `at least 1, of ${cache} in its cache and ${left} of its slice`;
  store.findings.add("allowance", `processor ${index}`, allowance, expected);
}

function checkClock(store: Store, index: number): void {
  const time = store.processor64(index, PROCESSOR_TIME);
  const idle = store.processor64(index, PROCESSOR_STATISTICS + 8 * STATISTIC_IDLE);
  if (idle > time) store.findings.add("clock", `processor ${index}`, time, `idle ${idle} or more`);
}

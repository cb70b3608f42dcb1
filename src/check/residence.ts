// Core residence: its options, the lock process, and that no word-cycle is lost between what was charged and what
// the accounts say (assembly/residence.ts, assembly/page-accounting.ts, assembly/page-locker.ts).

import {
  PROGRAM_LOCKER,
  PROGRAM_RISCV,
  RECORD_BURST_LEFT,
  RECORD_DOMAIN,
  RECORD_PROGRAM_KIND,
  RECORD_READY_PREVIOUS,
  SLEEPER_SIZE,
  SLEEPER_TIME,
} from "../../assembly/layout.js";
import {
  ACCOUNT_CHARGED,
  ACCOUNT_FAULTS,
  ACCOUNT_OWN,
  LEAST_PERIOD,
  MOST_PERIOD,
  PHASE_FIXED,
  PHASE_RANDOM,
  RESIDENCE_CHARGED,
  RESIDENCE_CYCLES,
  RESIDENCE_DUE,
  RESIDENCE_EPOCH,
  RESIDENCE_EVICTIONS,
  RESIDENCE_EXACT,
  RESIDENCE_FAULTS,
  RESIDENCE_GENERATION,
  RESIDENCE_GONE,
  RESIDENCE_GONE_FAULTS,
  RESIDENCE_HAND,
  RESIDENCE_LOCK_COST,
  RESIDENCE_LOCKER,
  RESIDENCE_OFFSET,
  RESIDENCE_PERIOD,
  RESIDENCE_PHASE,
  RESIDENCE_PRIVILEGED,
  RESIDENCE_RANDOM,
  RESIDENCE_SINCE,
  RESIDENCE_STARTS,
  RESIDENCE_STARVED,
} from "../../assembly/residence-layout.js";
import type { CoreStore } from "./core-store.js";
import { isMeter } from "./pages.js";

const U32 = 2 ** 32;

/** `asleep`: which domains sleep, by record. */
export function checkResidence(core: CoreStore, asleep: Uint8Array): void {
  checkOptions(core);
  checkCounts(core);
  checkLocker(core, asleep);
  checkPrivileged(core);
  checkAccounts(core);
}

function checkOptions(core: CoreStore): void {
  const [period, phase] = [core.u32(RESIDENCE_PERIOD), core.u32(RESIDENCE_PHASE)];
  const isPeriod = period >= LEAST_PERIOD && period <= MOST_PERIOD;
  const most = core.store.isShared ? 0 : 1;
  const expected: [
    what: string,
    offset: number,
    isRight: (value: number) => boolean,
    is: string,
  ][] = [
    ["period", RESIDENCE_PERIOD, () => isPeriod, `${LEAST_PERIOD} to ${MOST_PERIOD}`],
    ["phase", RESIDENCE_PHASE, (value) => value <= PHASE_RANDOM, `0 or ${PHASE_RANDOM}`],
    ["offset", RESIDENCE_OFFSET, (value) => value < period, `below ${period}`],
    ["random", RESIDENCE_RANDOM, (value) => value !== 0, "not 0"],
    ["lock cost", RESIDENCE_LOCK_COST, (value) => value !== 0, "not 0"],
    ["hand", RESIDENCE_HAND, (value) => value < core.frames, `below ${core.frames}`],
    ["exact", RESIDENCE_EXACT, (value) => value <= most, `at most ${most}`],
  ];
  for (const [what, offset, isRight, is] of expected) {
    const found = core.u32(offset);
    if (!isRight(found)) core.store.findings.add("residence", what, found, is);
  }
  const [since, due] = [core.u64(RESIDENCE_SINCE), core.u64(RESIDENCE_DUE)];
  if (due < since) core.store.findings.add("due", "next lock cycle", due, `${since} or later`);
  else if (phase === PHASE_FIXED && isPeriod) {
    const found = (due - since) % BigInt(period);
    const offset = BigInt(core.u32(RESIDENCE_OFFSET));
    if (found !== offset) core.store.findings.add("due", "in its period", found, offset);
  }
}

/** Lock cycles count up from 1, and translations are void after each and after whatever is taken out of core. */
function checkCounts(core: CoreStore): void {
  const { findings } = core.store;
  const epoch = core.u32(RESIDENCE_EPOCH);
  const cycles = Number(core.u64(RESIDENCE_CYCLES) % BigInt(U32));
  if ((cycles + 1) % U32 !== epoch) findings.add("epoch", "lock cycles", cycles, epoch - 1);
  const generation = core.u32(RESIDENCE_GENERATION);
  const evictions = Number(core.u64(RESIDENCE_EVICTIONS) % BigInt(U32));
  if ((epoch + evictions) % U32 !== generation) {
    const expected = `${(epoch + evictions) % U32}: epoch ${epoch}, ${evictions} evictions`;
    findings.add("generation", "core map", generation, expected);
  }
  const [starts, faults] = [core.u64(RESIDENCE_STARTS), core.u64(RESIDENCE_FAULTS)];
  if (starts > faults) findings.add("faults", "of new pages", starts, `at most ${faults}`);
}

/** There is one at most. Asleep, it wakes when the next lock cycle is due, or at once. */
function checkLocker(core: CoreStore, asleep: Uint8Array): void {
  const { store } = core;
  const { findings } = store;
  const address = core.u32(RESIDENCE_LOCKER);
  for (let record = 1; record < store.nodes; record++) {
    if (store.record(record) === address || !isDomain(core, record, PROGRAM_LOCKER)) continue;
    const expected = `${store.nameOf(address)} only`;
    findings.add("locker", store.nameOfRecord(record), "a lock process", expected);
  }
  if (address === 0) return;
  const record = store.recordAt(address);
  const name = store.nameOf(address);
  if (!isDomain(core, record, PROGRAM_LOCKER)) {
    findings.add("locker", "residence", name, "a domain that is the lock process");
    return;
  }
  const left = store.u32(address + RECORD_BURST_LEFT);
  const cost = core.u32(RESIDENCE_LOCK_COST);
  if (left > cost) findings.add("locker", `${name}, left of its cycle`, left, `at most ${cost}`);
  if (!asleep[record]) return;
  const place = store.u32(address + RECORD_READY_PREVIOUS) - 1;
  const wakes = store.u64(store.sleeperBase + place * SLEEPER_SIZE + SLEEPER_TIME);
  const due = core.u64(RESIDENCE_DUE);
  // One that is late has slept for no time.
  const isLate = wakes > due && wakes <= core.now;
  if (wakes === due || isLate) return;
  findings.add("locker", `${name}, asleep until`, wakes, `${due}, when it is due`);
}

function checkPrivileged(core: CoreStore): void {
  const { findings } = core.store;
  const address = core.u32(RESIDENCE_PRIVILEGED);
  const starved = core.u32(RESIDENCE_STARVED);
  if (starved > 1 || (starved !== 0 && address === 0)) {
    findings.add("starved", "residence", starved, address === 0 ? "0: nobody waits" : "0 or 1");
  }
  if (address === 0 || isDomain(core, core.store.recordAt(address), PROGRAM_RISCV)) return;
  findings.add("privileged", "residence", core.store.nameOf(address), "a domain with a memory");
}

function isDomain({ store }: CoreStore, record: number, program: number): boolean {
  if (record === 0 || store.recordKind(record) !== RECORD_DOMAIN) return false;
  return store.u8(store.record(record) + RECORD_PROGRAM_KIND) === program;
}

/** What accounts were charged, those that are closed included, is all that was; only meters have one. */
function checkAccounts(core: CoreStore): void {
  const { store } = core;
  const { findings } = store;
  const charged = core.u64(RESIDENCE_CHARGED);
  let own = core.u64(RESIDENCE_GONE);
  let faults = core.u64(RESIDENCE_GONE_FAULTS);
  for (let node = 0; node < store.nodes; node++) {
    if (core.isEmpty(node)) continue;
    const name = `node ${node}`;
    if (!isMeter(core, node)) findings.add("account", name, "charges", "none: it is no meter");
    const all = core.account(node, ACCOUNT_CHARGED);
    const itsOwn = core.account(node, ACCOUNT_OWN);
    own += itsOwn;
    faults += core.account(node, ACCOUNT_FAULTS);
    if (itsOwn > all) findings.add("account", `${name}, own`, itsOwn, `at most ${all}`);
    if (all > charged) findings.add("account", `${name}, charged`, all, `at most ${charged}`);
  }
  if (BigInt.asUintN(64, own) !== charged) {
    findings.add("word-cycles", "all accounts", own, `${charged}, as was charged`);
  }
  const counted = core.u64(RESIDENCE_FAULTS);
  if (faults !== counted) findings.add("faults", "all accounts", faults, counted);
}

// Core residence: its options and where things are, opening it, and the period of its scans.

import { OK, STATUS_NO_FRAMES, STATUS_RANGE, STATUS_WRONG_STATE } from "./codes";
import { control } from "./control";
import { Page } from "./core-map";
import { allocateFresh } from "./frame";
import { METER_STORAGE_SLOT, PAGE_SIZE, PRIME_INDEX } from "./layout";
import { Node } from "./node";
import { rearm } from "./page-locker";
import { me } from "./processor";
import { Record } from "./record";
import {
  ACCOUNT_SIZE,
  LEAST_CORE,
  LEAST_PERIOD,
  MAX_CORE_PAGES,
  MOST_PERIOD,
  PAGE_ENTRY_SIZE,
  PHASE_RANDOM,
  RESIDENCE_ACCOUNTS,
  RESIDENCE_BUSY,
  RESIDENCE_BYTES,
  RESIDENCE_CHARGED,
  RESIDENCE_COPIES,
  RESIDENCE_CORE,
  RESIDENCE_CYCLES,
  RESIDENCE_DRUM,
  RESIDENCE_DUE,
  RESIDENCE_EPOCH,
  RESIDENCE_EVICTIONS,
  RESIDENCE_EXACT,
  RESIDENCE_FAULT_COST,
  RESIDENCE_FAULTS,
  RESIDENCE_FETCHES,
  RESIDENCE_FRAMES,
  RESIDENCE_FREE_FRAME,
  RESIDENCE_FREE_PAGE,
  RESIDENCE_GENERATION,
  RESIDENCE_GONE,
  RESIDENCE_GONE_FAULTS,
  RESIDENCE_GRANTED,
  RESIDENCE_HAND,
  RESIDENCE_LATENCY,
  RESIDENCE_LOCK_COST,
  RESIDENCE_LOCKER,
  RESIDENCE_MAP,
  RESIDENCE_OFFSET,
  RESIDENCE_OWNERS,
  RESIDENCE_PAGES,
  RESIDENCE_PERIOD,
  RESIDENCE_PHASE,
  RESIDENCE_PRIVILEGED,
  RESIDENCE_RANDOM,
  RESIDENCE_SINCE,
  RESIDENCE_STARTS,
  RESIDENCE_STARVED,
  RESIDENCE_TOKEN,
  RESIDENCE_UNOWNED,
  RESIDENCE_UNPAID,
  RESIDENCE_UNRESERVED,
  RESIDENCE_UNTIL,
  RESIDENCE_WRITES,
} from "./residence-layout";

/** Fields as in residence-layout.ts, which says what is not plain from the name. */
@unmanaged
export class Residence {
  accounts: usize;
  map: usize;
  owners: usize;
  core: usize;
  drum: usize;
  frames: u32;
  pages: u32;
  freePage: u32;
  freeFrame: u32;
  unreserved: u32;
  hand: u32;
  epoch: u32;
  generation: u32;
  latency: u32;
  period: u32;
  phase: u32;
  offset: u32;
  lockCost: u32;
  faultCost: u32;
  random: u32;
  locker: usize;
  privileged: usize;
  exact: u32;
  starved: u32;
  due: u64;
  since: u64;
  busy: u64;
  charged: u64;
  unowned: u64;
  cycles: u64;
  faults: u64;
  starts: u64;
  unpaid: u64;
  fetches: u64;
  writes: u64;
  evictions: u64;
  copies: u64;
  granted: u64;
  token: u32;
  until: u64;
  gone: u64;
  goneFaults: u64;

  static get own(): Residence {
    return changetype<Residence>(control.residence);
  }
}

if (
  offsetof<Residence>("accounts") != RESIDENCE_ACCOUNTS ||
  offsetof<Residence>("map") != RESIDENCE_MAP ||
  offsetof<Residence>("owners") != RESIDENCE_OWNERS ||
  offsetof<Residence>("core") != RESIDENCE_CORE ||
  offsetof<Residence>("drum") != RESIDENCE_DRUM ||
  offsetof<Residence>("frames") != RESIDENCE_FRAMES ||
  offsetof<Residence>("pages") != RESIDENCE_PAGES ||
  offsetof<Residence>("freePage") != RESIDENCE_FREE_PAGE ||
  offsetof<Residence>("freeFrame") != RESIDENCE_FREE_FRAME ||
  offsetof<Residence>("unreserved") != RESIDENCE_UNRESERVED ||
  offsetof<Residence>("hand") != RESIDENCE_HAND ||
  offsetof<Residence>("epoch") != RESIDENCE_EPOCH ||
  offsetof<Residence>("generation") != RESIDENCE_GENERATION ||
  offsetof<Residence>("latency") != RESIDENCE_LATENCY ||
  offsetof<Residence>("period") != RESIDENCE_PERIOD ||
  offsetof<Residence>("phase") != RESIDENCE_PHASE ||
  offsetof<Residence>("offset") != RESIDENCE_OFFSET ||
  offsetof<Residence>("lockCost") != RESIDENCE_LOCK_COST ||
  offsetof<Residence>("faultCost") != RESIDENCE_FAULT_COST ||
  offsetof<Residence>("random") != RESIDENCE_RANDOM ||
  offsetof<Residence>("locker") != RESIDENCE_LOCKER ||
  offsetof<Residence>("privileged") != RESIDENCE_PRIVILEGED ||
  offsetof<Residence>("exact") != RESIDENCE_EXACT ||
  offsetof<Residence>("starved") != RESIDENCE_STARVED ||
  offsetof<Residence>("due") != RESIDENCE_DUE ||
  offsetof<Residence>("since") != RESIDENCE_SINCE ||
  offsetof<Residence>("busy") != RESIDENCE_BUSY ||
  offsetof<Residence>("charged") != RESIDENCE_CHARGED ||
  offsetof<Residence>("unowned") != RESIDENCE_UNOWNED ||
  offsetof<Residence>("cycles") != RESIDENCE_CYCLES ||
  offsetof<Residence>("faults") != RESIDENCE_FAULTS ||
  offsetof<Residence>("starts") != RESIDENCE_STARTS ||
  offsetof<Residence>("unpaid") != RESIDENCE_UNPAID ||
  offsetof<Residence>("fetches") != RESIDENCE_FETCHES ||
  offsetof<Residence>("writes") != RESIDENCE_WRITES ||
  offsetof<Residence>("evictions") != RESIDENCE_EVICTIONS ||
  offsetof<Residence>("copies") != RESIDENCE_COPIES ||
  offsetof<Residence>("granted") != RESIDENCE_GRANTED ||
  offsetof<Residence>("token") != RESIDENCE_TOKEN ||
  offsetof<Residence>("until") != RESIDENCE_UNTIL ||
  offsetof<Residence>("gone") != RESIDENCE_GONE ||
  offsetof<Residence>("goneFaults") != RESIDENCE_GONE_FAULTS ||
  <i32>offsetof<Residence>() > RESIDENCE_BYTES
) {
  ERROR("residence is not as residence-layout.ts says");
}

/** Takes the frames for so many core frames and pages, page 0 included; the host then writes the options. */
export function residenceOpen(frames: u32, pages: u32): i32 {
  if (control.residence != 0) return STATUS_WRONG_STATE;
  if (frames < <u32>LEAST_CORE || pages < 2 || pages > <u32>MAX_CORE_PAGES + 1) return STATUS_RANGE;
  const accounts = wholeFrames(<u64>control.nodes * ACCOUNT_SIZE);
  const map = wholeFrames(<u64>pages * PAGE_ENTRY_SIZE);
  const owners = wholeFrames(<u64>frames * 4);
  const all = <u64>1 + accounts + map + owners + frames + pages;
  if (all > <u64>control.frames) return STATUS_NO_FRAMES;
  const base = allocateFresh(<u32>all);
  if (base == 0) return STATUS_NO_FRAMES;
  control.residence = base;
  const own = Residence.own;
  own.accounts = base + RESIDENCE_BYTES;
  own.map = own.accounts + <usize>accounts * PAGE_SIZE;
  own.owners = own.map + <usize>map * PAGE_SIZE;
  own.core = own.owners + <usize>owners * PAGE_SIZE;
  own.drum = own.core + <usize>frames * PAGE_SIZE;
  own.frames = frames;
  own.pages = pages;
  for (let number = pages - 1; number > 0; number--) Page.at(number).release();
  for (let frame = frames; frame > 0; frame--) {
    store<u32>(own.owners + ((<usize>frame - 1) << 2), own.freeFrame);
    own.freeFrame = frame;
  }
  own.epoch = own.generation = 1;
  // 2^56 - 1 are few where they are word-cycles.
  Node.at(PRIME_INDEX).key(METER_STORAGE_SLOT).setData(u64.MAX_VALUE);
  return OK;
}

function wholeFrames(bytes: u64): u32 {
  return <u32>((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
}

/** The scan period, PHASE_* and offset from now on; the first lock cycle is in the period that begins now. */
export function residencePeriod(period: u32, phase: u32, offset: u32): i32 {
  if (control.residence == 0) return STATUS_WRONG_STATE;
  if (period < <u32>LEAST_PERIOD || period > <u32>MOST_PERIOD) return STATUS_RANGE;
  if (phase > <u32>PHASE_RANDOM || offset >= period) return STATUS_RANGE;
  const own = Residence.own;
  own.period = period;
  own.phase = phase;
  own.offset = offset;
  own.since = me().time;
  rearm(own.locker == 0 ? null : changetype<Record>(own.locker));
  return OK;
}

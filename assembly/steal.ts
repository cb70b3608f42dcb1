// Work moves: a processor with nothing to do takes over half of what another has, from the end of its
// ready queue; never who is at the head, for whom the other may climb or run. And who has come to the
// end of a slice with others ready gives half to one that rests for want of work.

import { callIn } from "./claim";
import { REASON_CLAIM, REASON_LIMIT, REASON_RAN } from "./codes";
import { control } from "./control";
import { BATCH } from "./layout";
import { count, me, Processor } from "./processor";
import { RUNNING_ANY, STATISTIC_STOLEN } from "./processor-layout";
import { adopt, handOver, passTime } from "./ready";
import { Record } from "./record";

/** REASON_RAN: there is something now. REASON_CLAIM: once the other is inside. REASON_LIMIT: no. */
export function steal(): i32 {
  const here = me();
  let from = here;
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    if (other.readyCount > from.readyCount) from = other;
  }
  if (from.readyCount < 2) return REASON_LIMIT;
  if (from.running <= <usize>RUNNING_ANY && !callIn(from)) return REASON_CLAIM;
  if (from.time > here.time) passTime(from.time);
  const share = min<u32>(from.readyCount >> 1, BATCH);
  for (let left = share; left != 0; left--) {
    // Those in the inbox have not been looked at yet.
    const head = from.inbox ? from.inbox : from.ready;
    adopt(changetype<Record>(changetype<Record>(head).readyPrevious));
  }
  count(STATISTIC_STOLEN, share);
  return REASON_RAN;
}

/** At the end of a slice: half of the ready queue goes to an idle processor, if there is one. */
export function share(): void {
  const here = me();
  if (control.resting == 0 || here.readyCount < 2) return;
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    if (!other.isIdle || other.readyCount != 0) continue;
    for (let left = min<u32>(here.readyCount >> 1, BATCH); left != 0; left--) {
      handOver(changetype<Record>(changetype<Record>(here.ready).readyPrevious), other);
    }
    if (here.readyCount < 2) return;
  }
}

// The ready queue (CPUQUEUE): a ring of hot records, served round robin. `control.ready` is its head:
// the domain that runs now or runs next. At the end of a slice the ring just turns by one.

import { control, count } from "./control";
import { emit } from "./event";
import { EVENT_SLICE, PANIC_QUEUE, STATE_READY, STATISTIC_SWITCHES } from "./layout";
import { panic } from "./panic";
import { Record } from "./record";

/** Makes a domain that is on no queue the last of the ring. */
export function enqueue(domain: Record): void {
  domain.state = <u8>STATE_READY;
  const at = changetype<usize>(domain);
  const head = control.ready;
  if (head == 0) {
    domain.readyNext = domain.readyPrevious = at;
    control.ready = at;
    startSlice();
    return;
  }
  const first = changetype<Record>(head);
  const last = first.readyPrevious;
  domain.readyNext = head;
  domain.readyPrevious = last;
  changetype<Record>(last).readyNext = at;
  first.readyPrevious = at;
}

/** Takes a ready domain off the ring; if it was the head, the next one starts a slice. */
export function dequeue(domain: Record): void {
  const at = changetype<usize>(domain);
  if (control.ready == 0) panic(PANIC_QUEUE);
  if (control.ready == at) reportSlice();
  if (domain.readyNext == at) {
    control.ready = 0;
  } else {
    changetype<Record>(domain.readyPrevious).readyNext = domain.readyNext;
    changetype<Record>(domain.readyNext).readyPrevious = domain.readyPrevious;
    if (control.ready == at) {
      control.ready = domain.readyNext;
      startSlice();
    }
  }
  domain.readyNext = domain.readyPrevious = 0;
}

/** The head has used up its slice and goes to the end. */
export function rotate(): void {
  reportSlice();
  control.ready = changetype<Record>(control.ready).readyNext;
  startSlice();
}

/** The head leaves the processor: slices add up to what was consumed, whatever ended them. */
function reportSlice(): void {
  if (control.sliceUsed == 0) return;
  count(STATISTIC_SWITCHES);
  if (control.traced) {
    emit(EVENT_SLICE, changetype<Record>(control.ready).node, null, 0, control.sliceUsed);
  }
}

function startSlice(): void {
  control.sliceLeft = control.quantum;
  control.sliceUsed = 0;
}

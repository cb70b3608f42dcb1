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
  if (control.ready == at) {
    closeSlice();
    control.ready = domain.readyNext == at ? 0 : domain.readyNext;
  }
  changetype<Record>(domain.readyPrevious).readyNext = domain.readyNext;
  changetype<Record>(domain.readyNext).readyPrevious = domain.readyPrevious;
  domain.readyNext = domain.readyPrevious = 0;
}

/** The head has used up its slice and goes to the end. */
export function rotate(): void {
  closeSlice();
  control.ready = changetype<Record>(control.ready).readyNext;
}

/** The head leaves the processor; the next one begins a slice of its own. */
function closeSlice(): void {
  if (control.sliceUsed != 0) {
    count(STATISTIC_SWITCHES);
    const head = changetype<Record>(control.ready);
    if (control.traced) emit(EVENT_SLICE, head.node, null, 0, control.sliceUsed);
  }
  control.sliceLeft = control.quantum;
  control.sliceUsed = 0;
}

// What happened, for the host: a batch of records in linear memory that it takes between steps.

import { control } from "./control";
import {
  EVENT_AMOUNT,
  EVENT_CAPACITY,
  EVENT_CODE,
  EVENT_DOMAIN,
  EVENT_KIND,
  EVENT_METER,
  EVENT_SIZE,
  EVENT_SLACK,
  EVENT_TIME,
  EVENTS,
} from "./layout";
import { Node } from "./node";
import { me } from "./processor";
import { PROCESSORS } from "./processor-layout";

if (EVENTS + EVENT_CAPACITY * EVENT_SIZE > PROCESSORS)
  ERROR("the events do not fit before the processors");

/** Whether another pass of the dispatcher might not find room: the host must take the batch first. */
export function eventsFull(): bool {
  return control.events > <u32>(EVENT_CAPACITY - EVENT_SLACK);
}

/** Passes of the dispatcher, each with one event, before `eventsFull`, which does not hold now. */
export function eventRoom(): u32 {
  return <u32>(EVENT_CAPACITY - EVENT_SLACK) + 1 - control.events;
}

/** Records an event, at the present time if no other; `domain` and `meter` may be null. */
export function emit(
  kind: i32,
  domain: Node | null,
  meter: Node | null,
  code: u32,
  amount: u64,
  time: u64 = me().time,
): void {
  if (control.events >= <u32>EVENT_CAPACITY) return; // A host that never steps: the batch is full.
  const at: usize = EVENTS + control.events++ * EVENT_SIZE;
  store<u32>(at, kind, EVENT_KIND);
  store<u32>(at, domain ? domain.index : 0, EVENT_DOMAIN);
  store<u32>(at, meter ? meter.index : 0, EVENT_METER);
  store<u32>(at, code, EVENT_CODE);
  store<u64>(at, time, EVENT_TIME);
  store<u64>(at, amount, EVENT_AMOUNT);
}

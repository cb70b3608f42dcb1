import { refill } from "../../assembly/cache";
import { control } from "../../assembly/control";
import { FLAG_STALE } from "../../assembly/layout";
import { Node } from "../../assembly/node";
import { Record } from "../../assembly/record";

/**
 * A domain whose chain is prepared gives its cache back and borrows anew, so many times. CONTROL_AMOUNT:
 * all that it borrowed.
 */
export function borrow(index: u32, times: u32): void {
  const domain = Node.at(index).hot;
  let sum: u64 = 0;
  for (let i: u32 = 0; i < times; i++) {
    refill(domain);
    sum += domain.amount;
  }
  control.amount = sum;
}

/**
 * Two domains under a meter that holds less than an advance are dispatched and refilled in turns, as
 * by the dispatcher. Where there is nothing left, each takes from the other. CONTROL_AMOUNT: all that they
 * borrowed.
 */
export function takeTurns(first: u32, second: u32, times: u32): void {
  let domain = Node.at(first).hot;
  let other = Node.at(second).hot;
  let sum: u64 = 0;
  for (let i: u32 = 0; i < times; i++) {
    domain.flags &= ~(<u8>FLAG_STALE);
    refill(domain);
    sum += domain.amount;
    const next: Record = other;
    other = domain;
    domain = next;
  }
  control.amount = sum;
}

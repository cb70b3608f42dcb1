// Claims: whoever holds the kernel lock and needs the caches, or the place in the queue, of domains
// that others run outside wants those others to come inside, where they wait for the lock. They come
// at their next look: after the burst slice that they are at, or within POLL cycles of a machine; so
// that is how long a domain goes on at most once its cycles are asked back.

import { CANARY_CLAIM } from "./codes";
import { control } from "./control";
import { STATE_READY } from "./layout";
import { Node } from "./node";
import { actAs, count, me, Processor } from "./processor";
import { PHASE_OUTSIDE, RUNNING_ANY, STATISTIC_CLAIMS } from "./processor-layout";
import { NOTHING } from "./program";
import { Record } from "./record";
import { loseRun, settleKept } from "./turn";

/** Looks at somebody outside, who comes inside within a third of them unless he waits for a CPU. */
const PATIENCE: u32 = 50_000;

/**
 * Whether a processor has come inside; if not, it is asked to, and waited for unless simulated. False where
 * it takes long: its thread has no CPU, maybe for want of this one, or is dead. Then call again.
 */
export function callIn(other: Processor): bool {
  if (isDefined(SHARED)) {
    if (other.phase != PHASE_OUTSIDE) return true;
    if (isDefined(CHECKED)) if (control.canary == CANARY_CLAIM) return true;
    count(STATISTIC_CLAIMS);
    other.attention = true;
    if (control.simulated) return false;
    for (let patience = PATIENCE; patience != 0; patience--) {
      if (other.phase != PHASE_OUTSIDE) return true;
    }
    return false;
  } else return true;
}

/** Whether nobody runs this domain any more, and what it ran is settled. */
export function claim(domain: Record): bool {
  if (isDefined(SHARED)) {
    const other = Processor.at(domain.processor);
    if (domain.state != STATE_READY || other == me()) return true;
    // Who comes inside says first that he runs nobody: what he ran is there once his phase says so.
    const running = other.running;
    if (running > <usize>RUNNING_ANY && running != changetype<usize>(domain)) return true;
    if (!callIn(other)) return false;
    if (other.running != changetype<usize>(domain)) return true;
    if (other.outcome == NOTHING) {
      // It died outside, and is about to be recovered.
      loseRun(other);
      return true;
    }
    const self = actAs(other);
    settleKept();
    actAs(self);
  }
  return true;
}

/** Whether nobody runs the domain of this root, or a domain below this meter. */
export function claimNode(node: Node): bool {
  if (node.isMeter) return claimBelow(node.hot);
  return node.isDomain ? claim(node.hot) : true;
}

/** The same for who is only after caches, and consumptions: who has no cache runs nothing. */
export function claimCaches(node: Node): bool {
  if (isDefined(SHARED)) if (node.isMeter && isDry(node.hot) && !control.ignoreDry) return true;
  return claimNode(node);
}

/** Whether nobody below a meter has a cache, as far as the list of its inferiors says so. */
function isDry(meter: Record): bool {
  return meter.first == 0 || changetype<Record>(meter.first).dry;
}

/** Whether nobody runs a domain below this meter any more. */
export function claimBelow(meter: Record): bool {
  if (isDefined(SHARED)) {
    let called: u32 = 0;
    for (let index: u32 = 1; index <= control.processors; index++) {
      const other = Processor.at(index);
      if (other == me() || other.phase != PHASE_OUTSIDE) continue;
      const running = other.running;
      if (running <= <usize>RUNNING_ANY || isBelow(changetype<Record>(running), meter))
        called |= 1 << index;
    }
    return callAll(called);
  } else return true;
}

/** Calls several in, a bit each: all are on their way while one is waited for. */
function callAll(called: u32): bool {
  for (let rest = called; rest != 0; rest &= rest - 1) Processor.at(ctz(rest)).attention = true;
  let isMet = true;
  for (let rest = called; rest != 0; rest &= rest - 1) {
    if (!callIn(Processor.at(ctz(rest)))) isMet = false;
  }
  return isMet;
}

/** Whether nobody at all is outside any more. */
export function claimAll(): bool {
  if (isDefined(SHARED)) {
    return callAll(((2 << control.processors) - 2) & ~(1 << me().index));
  } else return true;
}

function isBelow(domain: Record, meter: Record): bool {
  for (let above = domain.superior; above; above = changetype<Record>(above).superior) {
    if (above == changetype<usize>(meter)) return true;
  }
  return false;
}

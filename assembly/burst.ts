// Synthetic programs: bursts of running and waiting, drawn from a compact description, so that
// millions of domains can be simulated without a target CPU.

import {
  BURSTS_EVERY,
  BURSTS_PHASE,
  BURSTS_RUN_MIN,
  BURSTS_RUN_SPAN,
  BURSTS_SIZE,
  BURSTS_TIMES,
  BURSTS_WAIT_MIN,
  BURSTS_WAIT_SPAN,
} from "./layout";
import { Record } from "./record";

@unmanaged
export class Bursts {
  runMin: u32;
  runSpan: u32;
  waitMin: u32;
  waitSpan: u32;
  times: u32;
  every: u32;
  phase: u32;

  static of(domain: Record): Bursts {
    return changetype<Bursts>(domain.program);
  }

  /** Draws the first burst of a domain. */
  static begin(domain: Record, seed: u32): void {
    const bursts = Bursts.of(domain);
    domain.random = seed ? seed : 1; // xorshift stays at 0
    domain.bursts = bursts.times;
    domain.burstLeft = draw(domain, bursts.runMin, bursts.runSpan);
  }

  /** Goes on after a wait, or at once. */
  static next(domain: Record): void {
    const bursts = Bursts.of(domain);
    domain.burstLeft = draw(domain, bursts.runMin, bursts.runSpan);
  }

  get waits(): bool {
    return (this.waitMin | this.waitSpan | this.every) != 0;
  }

  /** How long it waits that comes to the end of a burst at a time. */
  static wait(domain: Record, now: u64): u32 {
    const bursts = Bursts.of(domain);
    if (bursts.every != 0) return untilNext(now, bursts.every, bursts.phase);
    return draw(domain, bursts.waitMin, bursts.waitSpan);
  }
}

/** From a time to the next multiple of a period and so much more; at that very time, to the one after it. */
function untilNext(now: u64, every: u32, phase: u32): u32 {
  const since = (now + every - phase) % every;
  return every - <u32>since;
}

/** A number from min to min + span by xorshift32; a span of 0 draws nothing. */
function draw(domain: Record, min: u32, span: u32): u32 {
  if (span == 0) return min;
  let x = domain.random;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  domain.random = x;
  return min + (span == u32.MAX_VALUE ? x : x % (span + 1));
}

if (
  offsetof<Bursts>("runMin") != BURSTS_RUN_MIN ||
  offsetof<Bursts>("runSpan") != BURSTS_RUN_SPAN ||
  offsetof<Bursts>("waitMin") != BURSTS_WAIT_MIN ||
  offsetof<Bursts>("waitSpan") != BURSTS_WAIT_SPAN ||
  offsetof<Bursts>("times") != BURSTS_TIMES ||
  offsetof<Bursts>("every") != BURSTS_EVERY ||
  offsetof<Bursts>("phase") != BURSTS_PHASE ||
  <i32>offsetof<Bursts>() > BURSTS_SIZE
) {
  ERROR("bursts are not as layout.ts says");
}

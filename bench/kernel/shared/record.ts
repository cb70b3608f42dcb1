// What the ways of borrowing are measured on: the counters, caches and links of the kernel's hot
// records and nothing else, so that what differs between two ways is the locking alone.

/** 64 bytes, a cache line, as the kernel's hot records are. */
export const RECORD_BYTES: u32 = 64;
export const PAGE_BYTES: u32 = 4096;
/** A line of its own. */
export const ROOT_LOCK: usize = 4096;
export const PROCESSORS: usize = 8192;
/** Two processors at the most, so that meters begin in a page of their own. */
export const METERS: usize = 16384;

export const QUANTUM: u64 = 100_000;

@unmanaged
export class Meter {
  amount: u64;
  granted: u64;
  superior: usize;
  lock: u32;
  /** What the check finds below. */
  sum: u64;

  static at(number: u32): Meter {
    return changetype<Meter>(METERS + number * RECORD_BYTES);
  }
}

@unmanaged
export class Domain {
  amount: u64;
  consumed: u64;
  superior: usize;
  next: usize;
  flags: u32;
  burstLeft: u64;
}

/** A page for each processor, so that none writes to a line that another reads. */
@unmanaged
export class Processor {
  ready: usize;
  /** Others would set it to call the processor back; polled before each slice. */
  attention: u32;
  phase: u32;
  domains: u32;
  /** Slices for which there were no cycles. */
  refused: u32;
  time: u64;
  refills: u64;
  advance: u64;
  /** Counters met that were below zero. */
  negative: u64;

  static at(index: u32): Processor {
    return changetype<Processor>(PROCESSORS + index * PAGE_BYTES);
  }
}

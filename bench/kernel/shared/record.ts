// What the ways of borrowing are measured on: the counters, caches and links of the kernel's hot
// records and nothing else, so that what differs between two ways is the locking alone.

/** A cache line, as the kernel's hot records are. */
export const RECORD_BYTES: u32 = 64;
export const PAGE_BYTES: u32 = 4096;
/** The lock lies on a line of its own. */
export const ROOT_LOCK: usize = 4096;
/** A page for each of two processors. */
const PROCESSORS: usize = 8192;
/** The superiors of meters once more, on lines that nobody writes to; room for 1024. */
const LINKS: usize = 16384;
export const METERS: usize = 20480;
export const DOMAINS: usize = METERS + 16 * 4096;

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
    return changetype<Meter>(METERS + <usize>(number * RECORD_BYTES));
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

/** On a page of its own, so that no processor writes to a line that another reads. */
@unmanaged
export class Processor {
  ready: usize;
  /** Others would set it to call the processor back; polled before each slice. */
  attention: u32;
  phase: u32;
  /** Slices for which there were no cycles. */
  refused: u32;
  time: u64;
  refills: u64;
  advance: u64;
  /** How many domains may be topped up with another, and below what cache they are. */
  ahead: u32;
  little: u64;
  /** Counters met that were below zero. */
  negative: u64;

  static at(index: u32): Processor {
    return changetype<Processor>(PROCESSORS + <usize>(index * PAGE_BYTES));
  }
}

export function superiorOf(meter: usize): usize {
  return load<u32>(linkAt(meter));
}

export function setLink(meter: usize, superior: usize): void {
  store<u32>(linkAt(meter), <u32>superior);
}

function linkAt(meter: usize): usize {
  return LINKS + ((meter - METERS) >> 4);
}

// Offsets in the blocks of processors, their journals, statistics and phases, once; literals only, as in
// layout.ts.

// --- Processors: a block each --------------------------------------------------------------------
//
// Block 0 is the host's; without processors beside it, the host is the one processor. A block is a
// page of fields, then the journal (journal.ts), then the page PROCESSOR_BOUNCE. What others read or write lies in lines of its own.

export const PROCESSORS = 65536;
export const PROCESSOR_SIZE = 65536;
/** Its clock, in cycles. */
export const PROCESSOR_TIME = 0;
/** The head of its ready queue, and how many are on it and in its inbox. */
export const PROCESSOR_READY = 8;
export const PROCESSOR_READY_COUNT = 12;
export const PROCESSOR_SLICE_LEFT = 16;
/** What the domain at the head of the ready queue has used of its slice. */
export const PROCESSOR_SLICE_USED = 20;
/** Whole slices that were run outside and are not counted yet, and how many may be. */
export const PROCESSOR_SLICES = 24;
export const PROCESSOR_SPRINT = 28;
export const PROCESSOR_INDEX = 32;
/** What running outside came to, until it is settled inside: see program.ts. */
export const PROCESSOR_OUTCOME = 36;
export const PROCESSOR_ALLOWANCE = 40;
/** Its kept outcome is that of a run which ended because the next instruction did not fit. */
export const PROCESSOR_SHORT = 44;
export const PROCESSOR_PAUSE = 48;
export const PROCESSOR_WANTED = 52;
export const PROCESSOR_TRAP_CODE = 56;
export const PROCESSOR_TRAP_ADDRESS = 60;
export const PROCESSOR_PHASE = 64;
/** The domain that it runs outside, or RUNNING_ANY: any of its ready queue. */
export const PROCESSOR_RUNNING = 68;
/** Why it rests. */
export const PROCESSOR_REST = 72;
/** Domains that others made ready for it, in a ring. */
export const PROCESSOR_INBOX = 76;
/** The latest clock of those who gave it work. */
export const PROCESSOR_GIVEN = 80;
/** Simulated: the record of who ran in the last turn, or 0, and for how many cycles. */
export const PROCESSOR_RAN = 88;
export const PROCESSOR_BILLED = 92;
/** Free hot records in pages of its own. */
export const PROCESSOR_FREE_RECORD = 96;
/** How many domains are its own. */
export const PROCESSOR_DOMAINS = 100;
/** Where time is kept: its timer. */
export const PROCESSOR_TIMER = 104;
/** Somebody wants it to come inside. */
export const PROCESSOR_ATTENTION = 128;
/** Counts up, and is notified, when there may be something to do. */
export const PROCESSOR_BELL = 192;
/** The domain whose chain is being prepared, the key that comes next, and how many meters are locked. */
export const PROCESSOR_CLIMBER = 256;
export const PROCESSOR_CLIMB_KEY = 260;
export const PROCESSOR_CLIMB_LENGTH = 264;
export const PROCESSOR_CLIMB_SUPERIOR = 268;
/** What `step` reports: node indices, trap code, address. */
export const PROCESSOR_DOMAIN = 272;
export const PROCESSOR_METER = 276;
export const PROCESSOR_CODE = 280;
export const PROCESSOR_ADDRESS = 284;

/** Statistics: 64-bit counts, in the order of STATISTIC_*. */
export const PROCESSOR_STATISTICS = 320;
export const STATISTIC_DISPATCHES = 0;
export const STATISTIC_SWITCHES = 1;
export const STATISTIC_REFILLS = 2;
export const STATISTIC_BORROWED = 3;
export const STATISTIC_SCAVENGES = 4;
export const STATISTIC_VISITS = 5;
export const STATISTIC_RECALLED = 6;
export const STATISTIC_PREPARES = 7;
export const STATISTIC_UNPREPARES = 8;
export const STATISTIC_KEEPER_CALLS = 9;
export const STATISTIC_PARKS = 10;
export const STATISTIC_TRAPS = 11;
export const STATISTIC_HOST_CALLS = 12;
export const STATISTIC_IDLE = 13;
export const STATISTIC_KERNEL_WORK = 14;
/** Climbs given up at another's lock; claims that had to wait; domains taken over from another. */
export const STATISTIC_CONFLICTS = 15;
export const STATISTIC_CLAIMS = 16;
export const STATISTIC_STOLEN = 17;
/** Messages delivered; domains stalled on busy ones; stalled ones that the worrier let go on. */
export const STATISTIC_MESSAGES = 18;
export const STATISTIC_STALLS = 19;
export const STATISTIC_WORRIES = 20;
/** Cycles that hosted domains owed when they were rescinded. */
export const STATISTIC_UNPAID = 21;
export const STATISTIC_COUNT = 22;

/** Scratch of tree walks: a 16-byte subtotal and a 4-byte path entry for each level. */
export const PROCESSOR_SUBTOTALS = 1024;
export const PROCESSOR_PATH = 1536;
/** The message under way: four keys, then bytes that the kernel itself writes or reads. */
export const PROCESSOR_MESSAGE = 2048;
export const PROCESSOR_STRING = 2112;
export const PROCESSOR_STRING_SIZE = 256;
/** A string that is on its way between pages which may be the same: the last page of the block. */
export const PROCESSOR_BOUNCE = 61440;
/** Frames that nothing leads to (hand.ts), 8 bytes at the end of the page. */
export const PROCESSOR_HAND = 4088;

/** It waits for its bell. */
export const PHASE_RESTING = 0;
export const PHASE_WANTING = 1;
export const PHASE_INSIDE = 2;
export const PHASE_CLIMBING = 3;
/** Inside, until others have come in whose caches it needs. */
export const PHASE_CLAIMING = 4;
export const PHASE_OUTSIDE = 5;

export const REST_IDLE = 1;
export const REST_LIMIT = 2;
/** The host must take the events first. */
export const REST_EVENTS = 3;
export const REST_HALTED = 4;
/** With partitions: until those that are behind have come nearer. */
export const REST_AHEAD = 5;

export const RUNNING_NONE = 0;
export const RUNNING_ANY = 1;

// --- Journal: what a participant's death half-way through a change needs to be undone ------------
//
// It fills its participant's block from the second page on. Empty: the store is consistent.

/** In the block of a participant. */
export const JOURNAL = 4096;
/** Bytes of entries. */
export const JOURNAL_TOP = 0;
/** Build with assertions: the kernel stops before this many stores more; 0 is never. */
export const JOURNAL_COUNTDOWN = 4;
export const JOURNAL_ENTRIES = 16;
export const JOURNAL_ENTRY_SIZE = 16;
/** Of an entry: what was there, where, and how many bytes wide. */
export const JOURNAL_OLD = 0;
export const JOURNAL_ADDRESS = 8;
export const JOURNAL_BYTES = 12;

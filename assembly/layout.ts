// Offsets, sizes, limits and enums of the kernel, once (those of processors and of the target CPU: in
// processor-layout.ts and riscv/layout.ts; status codes: codes.ts). This file is compiled twice:
// by asc into the kernel and by tsc into the host API, so it holds literals only, without type
// annotations. The classes in `assembly/` prove their field offsets against it at compile time.
//
// Linear memory, from low to high; the sizes of all but the first two are options of createKernel:
//
//   0           CONTROL   options, key registers, what all processors share
//   EVENTS      events    a batch of records for the host
//   PROCESSORS  blocks    64 KiB for the host and for each processor beside it
//   records     hot       64 bytes for each prepared meter or domain
//   sleepers    hot       16 bytes for each domain waiting for a time
//   nodes       cold      320 bytes for each node
//   frames      4 KiB     address spaces, decoded programs, bursts

// --- Units and limits ---------------------------------------------------------------------------

export const PAGE_SIZE = 4096;
export const WASM_PAGE_SIZE = 65536;
/** Meter nodes above a domain, the super key not counted (R2). */
export const MAX_CHAIN = 20;
export const SLOTS = 16;
export const DEFAULT_NODES = 65536;
export const DEFAULT_FRAMES = 32768;
export const DEFAULT_QUANTUM = 100000;
export const DEFAULT_ADVANCE = 80000000;
export const CLOCK_HZ = 16000000;
export const CYCLES_OF_MS = 16000;
/** Cycles that one `run` of the target CPU is given at most: V8 only replaces code between calls. */
export const MAX_RUN = 1000000;
/** Index and allocation together are an id: a whole number below 2^53. */
export const MAX_NODES = 0x7fffff;
export const MAX_ALLOCATION = 0x3fffffff;
/** Fruitless calls in a row after which a keeper is no longer asked and the domain is parked. */
export const KEEPER_LAPS = 3;
export const MAX_PROCESSORS = 16;
/** Cycles that a machine runs at most before its processor looks whether somebody wants it in. */
export const POLL = 16384;
/** Domains that one processor takes over from another at once, and sleepers woken in one pass. */
export const BATCH = 64;
/** Hot records that a processor takes for its own at once: what is prefetched goes beyond a page. */
export const POOL_BYTES = 65536;

// --- Keys: 16 bytes -----------------------------------------------------------------------------
//
// Unprepared: type, databyte, node index, allocation. Prepared: the index is replaced by the address
// of the node, and the key hangs in the ring of all prepared keys to that node (its backchain).
// A data key holds an 88-bit number: 24 high bits (big-endian) and 64 low bits. A resume key is never
// prepared; its 48-bit call count, which voids it, is in KEY_CALLS and KEY_CALLS_HIGH.

export const KEY_SIZE = 16;
export const KEY_TYPE = 0;
export const KEY_DATABYTE = 1;
export const KEY_CALLS_HIGH = 2;
export const KEY_SUBJECT = 4;
export const KEY_HIGH = 5;
export const KEY_ALLOCATION = 8;
export const KEY_RIGHT = 8;
export const KEY_LOW = 8;
export const KEY_LEFT = 12;
export const KEY_CALLS = 12;

export const KEY_PREPARED = 0x80;
export const KEY_INVOLVED_R = 0x40;
export const KEY_INVOLVED_W = 0x20;
export const KEY_INVOLVED = 0x60;
export const KEY_KIND = 0x1f;

export const KIND_DATA = 0;
export const KIND_SEGMENT = 2;
export const KIND_NODE = 3;
export const KIND_METER = 4;
export const KIND_FETCH = 5;
export const KIND_START = 6;
export const KIND_RESUME = 7;
export const KIND_DOMAIN = 8;
export const KIND_HOOK = 9;
/** A service of the kernel itself: the databyte says which. */
export const KIND_MISC = 10;
export const KIND_SENSE = 15;
export const KIND_PAGE = 19;
/** A function or an object of the host, by number; invoked, it makes `step` return. */
export const KIND_HOST = 20;

/** Databytes of resume keys: what their use does. */
export const RESUME_RESTART = 0;
export const RESUME_RETURN = 1;
export const RESUME_FAULT = 2;

/** Databytes of the kernel's services. */
export const MISC_CLOCK = 1;
export const MISC_RETURNER = 2;
export const MISC_DATA = 3;
export const MISC_DISCRIM = 4;

// --- Nodes: a header and 16 keys ----------------------------------------------------------------

export const NODE_RECORD = 0;
export const NODE_PREPCODE = 4;
export const NODE_LOCK = 5;
export const NODE_FLAGS = 6;
/** Why it is locked: LOCK_PREPARING. */
export const NODE_REASON = 7;
export const NODE_RIGHT = 8;
export const NODE_LEFT = 12;
export const NODE_ALLOCATION = 16;
export const NODE_CALLS = 20;
export const NODE_GRANTED = 24;
export const NODE_CONSUMED = 32;
/**
 * Meter: the domain that its keeper is busy with. Domain: the meter whose keeper is to answer, or the
 * wait object that it waits at. Wait: who waits there. Join: JOIN_*. Segment: its level.
 */
export const NODE_PARTNER = 40;
/** The last hook in the backchain: the end of the stall queue. */
export const NODE_LAST_HOOK = 44;
/** The next node that the worrier sees to. */
export const NODE_NEXT_WORRY = 48;
export const NODE_CALLS_HIGH = 52;
/** When the worrier is to look; of a wait object its time, in cycles. */
export const NODE_DUE = 56;
export const NODE_KEYS = 64;
export const NODE_SIZE = 320;

export const PREPCODE_NONE = 0;
export const PREPCODE_DOMAIN = 1;
/** The general keys of a domain. */
export const PREPCODE_KEYS = 6;
export const PREPCODE_METER = 7;
export const PREPCODE_PAGE = 8;
export const PREPCODE_JOIN = 9;
export const PREPCODE_WAIT = 10;
/** Its slots cover ranges of an address space: keys to pages, and to segments of a lower level. */
export const PREPCODE_SEGMENT = 11;

export const NODE_ALLOCATED = 1;
/** Set once the allocation count is used up: the node is never handed out again. */
export const NODE_RETIRED = 2;
/** The host wants to know when this domain is available. */
export const NODE_AWAITED = 4;
/** The worrier sees to who is stalled here. */
export const NODE_WORRIED = 8;

/** The reason in the lock of a meter whose chain is being prepared, as KeyKOS numbers it. */
export const LOCK_PREPARING = 0xb0;

/** Index 0 is no node: it is the identifier inside the super meter key. */
export const SUPER_INDEX = 0;
export const PRIME_INDEX = 1;

export const METER_FORMAT_SLOT = 0;
export const METER_SUPERIOR_SLOT = 1;
export const METER_KEEPER_SLOT = 2;
export const METER_COUNTER_SLOT = 3;
/** Word-cycles of core that it has left (residence-layout.ts): KeyKOS's counter of main storage. */
export const METER_STORAGE_SLOT = 5;
export const METER_CHARGESET_SLOT = 7;
/** Bit n is set where slot n of a meter must hold a data key: 0, 3–8, 10–12 and 15. */
export const METER_DATA_SLOTS = 0b1001_1101_1111_1001;
/** Slots that nobody may read while the meter is prepared: 3–6 and 10–12. */
export const METER_INVOLVED_R_SLOTS = 0b0001_1100_0111_1000;
/** Slots that nobody may write while the meter is prepared: 0, 1, 3–8, 10–12 and 15. */
export const METER_INVOLVED_W_SLOTS = 0b1001_1101_1111_1011;

export const DOMAIN_METER_SLOT = 1;
export const DOMAIN_KEEPER_SLOT = 2;
export const DOMAIN_TRAP_SLOT = 5;
export const DOMAIN_HOOK_SLOT = 13;
/** A node key to the general keys. */
export const DOMAIN_KEYS_SLOT = 14;

/** A join's slots: what it holds, and the resume key of who waits for that. */
export const JOIN_ORDER_SLOT = 0;
export const JOIN_WAITER_SLOT = 1;
export const JOIN_LENGTH_SLOT = 2;
export const JOIN_KEYS_SLOT = 4;

/** Levels of segments: the highest covers 16^5 pages, all that 32 bits can name. */
export const MAX_SEGMENT_LEVEL = 5;

export const JOIN_IDLE = 0;
/** Its return key is out. */
export const JOIN_WAITING = 1;
export const JOIN_HOLDING = 2;

// --- Hot records: 64 bytes for a prepared meter or a domain -------------------------------------

export const RECORD_SIZE = 64;
/** Meter: the stored counter. Domain: the cache, already deducted from every meter above. */
export const RECORD_AMOUNT = 0;
/** Meter: consumption below, as far as settled. Domain: what it ran since it was last settled. */
export const RECORD_CONSUMED = 8;
export const RECORD_SUPERIOR = 16;
export const RECORD_NODE = 20;
export const RECORD_NEXT = 24;
export const RECORD_PREVIOUS = 28;
export const RECORD_KIND = 32;
export const RECORD_LEVEL = 33;
export const RECORD_STATE = 33;
export const RECORD_FLAGS = 34;
export const RECORD_PROGRAM_KIND = 35;
/** Meter: its first inferior. Domain: its successor in the ready queue. */
export const RECORD_FIRST = 36;
export const RECORD_READY_NEXT = 36;
/** Its predecessor in the ready queue; while it sleeps, its place in the heap of sleepers. */
export const RECORD_READY_PREVIOUS = 40;
export const RECORD_PROGRAM = 44;
/** Hosted: what it ran and has not paid yet, 64 bits; bursts: the next two. */
export const RECORD_DEBT = 48;
export const RECORD_BURST_LEFT = 48;
export const RECORD_RANDOM = 52;
export const RECORD_BURSTS = 56;
/** Domain: it can't go on with this many cycles or fewer. 0 but with instruction costs above 1. */
export const RECORD_SHORT = 60;
/** Domain: the processor on whose ready queue it is, or was last. */
export const RECORD_PROCESSOR = 62;
/** Domain: fruitless keeper calls in a row. */
export const RECORD_LAPS = 63;

export const RECORD_FREE = 0;
export const RECORD_METER = 1;
export const RECORD_DOMAIN = 2;

/** No domain at or below this record has a cache. One-sided: set, it is true; clear, maybe. */
export const FLAG_DRY = 1;
/** Domain: spared by a scavenge and not dispatched since. */
export const FLAG_STALE = 2;
/** Domain: a trap code in slot 5 waits to be delivered. */
export const FLAG_TRAPPED = 4;
/** Domain: its invocation, or with several processors its system call, is not done yet. */
export const FLAG_CALLING = 8;
/** Hosted: what is in its cache is with its program, which runs; nobody else is to have it. */
export const FLAG_LENT = 16;
/** Its machine has touched a page that is closed: page control is to see to it. */
export const FLAG_PAGING = 32;

export const STATE_STOPPED = 0;
export const STATE_READY = 1;
/** It takes messages. */
export const STATE_AVAILABLE = 2;
/** For a time, for its keeper's answer, or for a busy domain. */
export const STATE_WAITING = 3;
export const STATE_PARKED = 4;
export const STATE_TRAPPED = 5;
export const STATE_ENDED = 6;
/** It has called, and waits for a return key to be used. */
export const STATE_CALLING = 7;
/** A keeper was called for it: it waits for a restart or fault key to be used. */
export const STATE_KEPT = 8;
/** The host runs it, or may. */
export const STATE_HOSTED = 9;

export const PROGRAM_BURSTS = 1;
export const PROGRAM_RISCV = 2;
/** The host runs it. */
export const PROGRAM_HOSTED = 3;
/** The page-locking process, in the kernel itself. */
export const PROGRAM_LOCKER = 4;

/** Data byte of a hook: why the domain hangs on a stall queue; HOOK_GATE: that of a busy domain. */
export const HOOK_PARKED = 0;
export const HOOK_STALLED = 1;
export const HOOK_GATE = 2;

// --- Bursts: the compact description of a synthetic program, 32 bytes ---------------------------

export const BURSTS_SIZE = 32;
export const BURSTS_RUN_MIN = 0;
export const BURSTS_RUN_SPAN = 4;
export const BURSTS_WAIT_MIN = 8;
export const BURSTS_WAIT_SPAN = 12;
/** How many bursts until the program ends; 0 is for ever. */
export const BURSTS_TIMES = 16;
/** Periodic: a burst begins at a multiple of this, and so much later; 0: after a drawn wait. */
export const BURSTS_EVERY = 20;
export const BURSTS_PHASE = 24;

// --- Sleepers: a heap by (time, sequence) -------------------------------------------------------

export const SLEEPER_SIZE = 16;
export const SLEEPER_TIME = 0;
export const SLEEPER_RECORD = 8;
export const SLEEPER_SEQUENCE = 12;

// --- Messages -------------------------------------------------------------------------------------

export const MAX_STRING = 4096;
/** The host never journals: its strings lie there. */
export const HOST_STRING = 69632;

// --- Control block ------------------------------------------------------------------------------

export const CONTROL = 4096;
/** 64-bit argument and result of calls that carry a count of cycles. */
export const CONTROL_AMOUNT = 0;
export const CONTROL_ADVANCE = 8;
/** Several processors: none runs past this time. */
export const CONTROL_UNTIL = 16;
export const CONTROL_QUANTUM = 24;
export const CONTROL_TAPERED = 28;
export const CONTROL_TRACED = 32;
export const CONTROL_REFILL_COST = 36;
export const CONTROL_VISIT_COST = 40;
export const CONTROL_SWITCH_COST = 44;
export const CONTROL_NODES = 48;
export const CONTROL_FRAMES = 52;
export const CONTROL_RECORD_BASE = 56;
export const CONTROL_SLEEPER_BASE = 60;
export const CONTROL_NODE_BASE = 64;
export const CONTROL_FRAME_BASE = 68;
export const CONTROL_FREE_NODE = 72;
export const CONTROL_FREE_RECORD = 76;
export const CONTROL_SLEEPERS = 80;
export const CONTROL_SEQUENCE = 84;
/** Why a call refused that answers an index. */
export const CONTROL_CODE = 88;
export const CONTROL_EVENTS = 92;
export const CONTROL_PANIC = 96;
export const CONTROL_IGNORE_DRY = 100;
export const CONTROL_NODES_USED = 104;
export const CONTROL_FRAMES_USED = 108;
export const CONTROL_FRAME_HINT = 112;
/** Some class costs more than 1: instructions are counted apart from cycles. */
export const CONTROL_WEIGHTED = 116;
/** Cycles per instruction class, a byte each; 0 stands for 1. */
export const CONTROL_COSTS = 120;
/** Processors beside the host; 0 with one processor, which the host then is itself. */
export const CONTROL_PROCESSORS = 136;
/** Whether processors run; how many of them rest, and how many of those are idle. */
export const CONTROL_GOING = 140;
export const CONTROL_RESTING = 144;
/** One thread takes turns for all: nobody spins. */
export const CONTROL_SIMULATED = 148;
/** Debug build: the fault that is planted, CANARY_*; 0 is none. */
export const CONTROL_CANARY = 152;
/** Which processor the last new domain was for. */
export const CONTROL_NEXT_PROCESSOR = 156;
/** The first hot record that no pool has yet. */
export const CONTROL_NEXT_RECORD = 160;
/** Whether the host was asked for anything since it last had all of that done: 1 or 0. */
export const CONTROL_ASKED = 164;
/** Bytes of the string in HOST_STRING. */
export const CONTROL_LENGTH = 168;
export const CONTROL_INVOKE_COST = 172;
/** The nodes that the worrier sees to, the first and the last. */
export const CONTROL_WORRIED = 176;
export const CONTROL_LAST_WORRIED = 180;
/** TIMED and PARTITIONED (time-layout.ts), and where that is. */
export const CONTROL_TIMED = 184;
export const CONTROL_TIME = 188;
/** Where what core residence needs is (residence-layout.ts); 0: nothing is paged. */
export const CONTROL_RESIDENCE = 192;
/** Counts up, and is notified, when the host is to look. */
export const CONTROL_HOST_BELL = 196;
/** The kernel lock, in a line of its own: its holder's index + 1. */
export const CONTROL_LOCK = 256;

/** Eight key registers: arguments and results of `invoke`, always unprepared keys. */
export const CONTROL_REGISTERS = 512;
export const REGISTER_INVOKED = 0;
export const REGISTER_ARGUMENT = 1;
export const REGISTER_RESULT = 2;
/** The four keys of a message between the host and a guest. */
export const REGISTER_KEYS = 3;

// --- Events -------------------------------------------------------------------------------------

export const EVENTS = 8192;
export const EVENT_SIZE = 32;
export const EVENT_CAPACITY = 1024;
/** Events that one pass of the dispatcher can write at most. */
export const EVENT_SLACK = 64;
export const EVENT_KIND = 0;
export const EVENT_DOMAIN = 4;
export const EVENT_METER = 8;
export const EVENT_CODE = 12;
export const EVENT_TIME = 16;
export const EVENT_AMOUNT = 24;

export const EVENT_SLICE = 1;
export const EVENT_REFILL = 2;
/** Several processors: a domain's system call, which the host is to do. */
export const EVENT_CALL = 3;
/** EVENT_AMOUNT is what is short: RESOURCE_*. */
export const EVENT_KEEPER = 4;
/** EVENT_CODE is what is short: RESOURCE_*. */
export const EVENT_PARK = 5;
export const EVENT_TRAP = 7;
export const EVENT_WAIT = 8;
export const EVENT_END = 9;
export const EVENT_MESSAGE = 10;
/** A domain that the host could not send to is available. */
export const EVENT_AVAILABLE = 12;
/** A partition, by EVENT_CODE, has overdrawn its critical budget. */
export const EVENT_BANKRUPT = 13;
/** The clock of a processor has gone back (0) or has jumped (1), by EVENT_CODE. */
export const EVENT_CLOCK = 14;
/** The host may run a domain. */
export const EVENT_HOSTED = 15;
/** The lock process has closed all pages, for EVENT_AMOUNT times by now. */
export const EVENT_SCAN = 16;
/** A domain has paid for a page, EVENT_CODE, so many word-cycles. */
export const EVENT_CHARGE = 17;

/** What a meter lacks. */
export const RESOURCE_CPU = 0;
export const RESOURCE_STORAGE = 1;

/** First address of the hot records without processors beside the host. */
export const REGIONS = 131072;

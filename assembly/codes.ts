// What the kernel answers: reasons, traps, answers of keys, statuses, panics. Literals only, as in
// layout.ts, which passes them on.

// --- Reasons that `step` returns ----------------------------------------------------------------

/** The passes asked for are done, or the events must be taken; call again. */
export const REASON_RAN = 0;
/** The cycles asked for are used. */
export const REASON_LIMIT = 1;
/** Nothing is ready and nothing sleeps. */
export const REASON_IDLE = 2;
/** A meter is dry: PROCESSOR_METER's keeper is to be called for PROCESSOR_DOMAIN. */
export const REASON_KEEPER = 3;
/** PROCESSOR_DOMAIN executed an ecall. */
export const REASON_HOST_CALL = 4;
/** PROCESSOR_DOMAIN trapped with PROCESSOR_CODE at PROCESSOR_ADDRESS. */
export const REASON_TRAP = 5;
/** Inside the kernel only: the chain is to be climbed; others must come inside first. */
export const REASON_CLIMB = 6;
export const REASON_CLAIM = 7;

/** Several processors, as an answer of `turn`: somebody else has the kernel lock. */
export const TURN_BLOCKED = 8;

// --- Trap codes ---------------------------------------------------------------------------------

export const TRAP_NONE = 0;
export const TRAP_NO_METER = 0x404;
export const TRAP_MALFORMED = 0x408;
export const TRAP_LOCKED = 0x40c;
export const TRAP_TOO_DEEP = 0x410;
/** The processor died that ran it: its registers are not what they should be. */
export const TRAP_LOST = 0x500;
/** The target CPU's traps are this plus the RISC-V exception code. */
export const TRAP_RISCV = 0x100;
export const TRAP_FETCH_MISALIGNED = 0x100;
export const TRAP_FETCH_FAULT = 0x101;
export const TRAP_ILLEGAL = 0x102;
export const TRAP_BREAKPOINT = 0x103;
export const TRAP_LOAD_MISALIGNED = 0x104;
export const TRAP_LOAD_FAULT = 0x105;
export const TRAP_STORE_MISALIGNED = 0x106;
export const TRAP_STORE_FAULT = 0x107;

// --- Orders and answers of keys -----------------------------------------------------------------

/** "KT": asks a key for its type; as an answer, the highest bit marks a refusal by the key. */
export const ORDER_KT = 0x80000000;
export const ANSWER_INVALID_ORDER = 0x80000002;
export const ORDER_FETCH = 0;
export const ORDER_SWAP = 16;
export const ORDER_MAKE_FETCH = 32;
export const ORDER_MAKE_METER = 34;
export const ORDER_MAKE_NODE = 35;
export const ORDER_MAKE_SENSE = 36;
export const ORDER_COMPARE = 38;
export const ORDER_CLEAR = 39;
export const ORDER_DATABYTE = 40;
export const ANSWER_NODE = 3;
export const ANSWER_METER = 6;
export const ANSWER_FETCH = 4;
export const ANSWER_SENSE = 15;
export const ANSWER_DATA = 1;
/** As STATUS_BUSY; no key answers so. */
export const ANSWER_BUSY = 0xfffffff0;

// --- Status codes of exported functions ---------------------------------------------------------

export const OK = 0;
/** The node is free or belongs to a later tenant. */
export const STATUS_RESCINDED = 1;
export const STATUS_NO_NODES = 2;
export const STATUS_NO_FRAMES = 3;
export const STATUS_NO_MEMORY = 4;
export const STATUS_NOT_METER = 5;
export const STATUS_NOT_DOMAIN = 6;
/** A counter would pass 2^64 − 1. */
export const STATUS_OVERFLOW = 7;
/** The operation does not fit the state of the domain. */
export const STATUS_WRONG_STATE = 8;
/** A restart that was used already, or that a later call has replaced. */
export const STATUS_SPENT = 9;
export const STATUS_NOT_ALLOWED = 10;
export const STATUS_RANGE = 11;
/** Simulated processors: somebody must come inside first; the lock is kept, call again. */
export const STATUS_BUSY = 12;

// --- Panics: an invariant did not hold; the kernel must not be used any more ---------------------

export const PANIC_RING = 1;
export const PANIC_COUNTER = 2;
export const PANIC_DRY = 3;
export const PANIC_LEVEL = 4;
export const PANIC_QUEUE = 5;
export const PANIC_KIND = 6;
export const PANIC_RECORDS = 7;
export const PANIC_CACHE = 8;
export const PANIC_FRAME = 9;
export const PANIC_LOCK = 10;
export const PANIC_JOURNAL = 11;
/** A worker threw something else, and can't tell what it left undone. */
export const PANIC_WORKER = 12;

// --- Canaries: faults that the debug build can be given, for the simulator to find ------------------

/** Claims find everybody inside. */
export const CANARY_CLAIM = 1;
/** Climbs pass the locks of others. */
export const CANARY_CLIMB = 2;
/** A refill forgets the uppermost meter. */
export const CANARY_REFILL = 3;

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
/** A domain has invoked its own start key; a message longer than MAX_STRING. */
export const TRAP_SELF = 0x300;
export const TRAP_MESSAGE = 0x304;
/** The processor died that ran it: its registers are not what they should be. */
export const TRAP_LOST = 0x500;
/** Inside the kernel only: a page is closed, and the instruction is executed again when it is open. */
export const TRAP_PAGE = 0x600;
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

// --- Invocations: a7 at an ecall -----------------------------------------------------------------

export const INVOKE_CALL = 0x4b00;
export const INVOKE_RETURN = 0x4b01;
export const INVOKE_FORK = 0x4b02;
/** Not by an instruction: what keepers are called with. */
export const INVOKE_IMPLICIT = 0x4b03;

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
export const ORDER_WRITE_DATA = 45;
/** Domain keys. */
export const ORDER_GET_METER = 1;
export const ORDER_GET_KEEPER = 2;
export const ORDER_GET_REGISTERS = 10;
export const ORDER_GET_KEY = 16;
export const ORDER_SWAP_METER = 33;
export const ORDER_SWAP_KEEPER = 34;
export const ORDER_PUT_REGISTERS = 42;
export const ORDER_SWAP_KEY = 48;
export const ORDER_MAKE_START = 64;
export const ORDER_MAKE_AVAILABLE = 65;
export const ORDER_MAKE_WAITING = 66;
export const ORDER_MAKE_RUNNING = 67;
/** Page keys: reading is by the offset itself. */
export const ORDER_PAGE_WRITE = 4096;
export const ORDER_PAGE_CLEAR = 8192;
/** The clock. */
export const ORDER_TIME = 7;
export const ORDER_IDLE_TIME = 8;
/** DISCRIM. */
export const ORDER_CLASS = 0;
export const ORDER_SAME = 2;
/** Joins and wait objects. */
export const ORDER_JOIN_KEY = 0;
export const ORDER_JOIN_TAKE = 1;
export const ORDER_WAIT = 0;
export const ORDER_SET_TIME = 1;
/** What a meter keeper is called with; a domain keeper, with the trap's code added. */
export const ORDER_KEEPER = 0xffffffff;
/** The same where it is core that the meter has too little of. */
export const ORDER_STORAGE = 0xfffffffe;
export const ORDER_TRAP = 0x80000000;
export const ANSWER_NODE = 3;
export const ANSWER_METER = 6;
export const ANSWER_FETCH = 4;
export const ANSWER_SENSE = 15;
export const ANSWER_DATA = 1;
export const ANSWER_DOMAIN = 7;
export const ANSWER_MISC = 0x201;
export const ANSWER_PAGE = 0x202;
export const ANSWER_JOIN = 0x203;
export const ANSWER_WAIT = 0x204;
export const ANSWER_SEGMENT = 0x205;
/** What DISCRIM says of a key. */
export const CLASS_DATA = 1;
export const CLASS_RESUME = 2;
export const CLASS_MEMORY = 3;
export const CLASS_METER = 4;
export const CLASS_OTHER = 5;
/** Who invokes it may have to wait: a server that answers such a key puts itself at its mercy. */
export const CLASS_START = 6;
/** A join that waits for nothing; a string that is not as it must be; somebody waits there already. */
export const ANSWER_NOTHING = 1;
export const ANSWER_RANGE = 2;
export const ANSWER_TAKEN = 3;
/** Instead of a message: the domain was made running before one came. */
export const ANSWER_ABANDONED = 0x80000003;
/** The host object that was invoked threw. */
export const ANSWER_FAILED = 0x80000004;
/** As STATUS_BUSY; but of a returner or a join it may be an answer like any other. */
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
/** The domain is busy: EVENT_AVAILABLE says when it is worth trying again. */
export const STATUS_STALLED = 13;
/** A page that is still mapped somewhere. */
export const STATUS_MAPPED = 14;
/** The key is no gate, or no longer. */
export const STATUS_VOID = 15;
/** No page is free, or all that are have been promised to copies. */
export const STATUS_NO_PAGES = 16;

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

// Offsets of what core residence needs, once; literals only, as in layout.ts. All of it is in frames,
// taken by `residenceOpen`; a kernel without has none, and its page-table words hold frames:
//
//   RESIDENCE   a page    options, and where things are
//   accounts    the AMT: 24 bytes for each node
//   core map    40 bytes for each page that can be; page 0 is none
//   owners      4 bytes for each core frame
//   core        4 KiB     frames that pages are brought into
//   drum        4 KiB     a slot for each page: where it is while it is not in core

// --- Residence ----------------------------------------------------------------------------------

export const RESIDENCE_ACCOUNTS = 0;
export const RESIDENCE_MAP = 4;
export const RESIDENCE_OWNERS = 8;
export const RESIDENCE_CORE = 12;
export const RESIDENCE_DRUM = 16;
/** Core frames; pages, page 0 included. */
export const RESIDENCE_FRAMES = 20;
export const RESIDENCE_PAGES = 24;
/** The first free page, by its number; the first free frame, by its number + 1; 0: none. */
export const RESIDENCE_FREE_PAGE = 28;
export const RESIDENCE_FREE_FRAME = 32;
/** Free pages that no copy on write has been promised. */
export const RESIDENCE_UNRESERVED = 36;
/** The frame that the clock's hand is at. */
export const RESIDENCE_HAND = 40;
/** Counts lock cycles, from 1; and those and evictions: what was translated before is void. */
export const RESIDENCE_EPOCH = 44;
export const RESIDENCE_GENERATION = 48;
/** Cycles of a drum transfer. */
export const RESIDENCE_LATENCY = 52;
/** The scan period in cycles; PHASE_*; and where in its period a lock cycle is with PHASE_FIXED. */
export const RESIDENCE_PERIOD = 56;
export const RESIDENCE_PHASE = 60;
export const RESIDENCE_OFFSET = 64;
/** Cycles that a lock cycle takes the lock process, and a page-accounting fault who took it. */
export const RESIDENCE_LOCK_COST = 68;
export const RESIDENCE_FAULT_COST = 72;
/** The state of the generator of random phases, never 0. */
export const RESIDENCE_RANDOM = 76;
/** The record of the lock process, or 0. */
export const RESIDENCE_LOCKER = 80;
/** The record of the domain whose pages stay until it has got further; 0: none. */
export const RESIDENCE_PRIVILEGED = 84;
/** Every reference is counted (MACHINE_COUNTS): nothing is translated ahead. */
export const RESIDENCE_EXACT = 88;
/** Who is privileged found no frame: nobody else gets one before. */
export const RESIDENCE_STARVED = 92;
/** When the next lock cycle is due, from where periods are counted, and the one it is in (64 bits each). */
export const RESIDENCE_DUE = 96;
export const RESIDENCE_SINCE = 104;
/** Until when the drum is busy; 64 bits. */
export const RESIDENCE_BUSY = 112;
/** Word-cycles that were charged to accounts, and to none; 64 bits each. */
export const RESIDENCE_CHARGED = 120;
export const RESIDENCE_UNOWNED = 128;
/** Counts, 64 bits each: lock cycles. */
export const RESIDENCE_CYCLES = 136;
/** Page-accounting faults, those for pages that were just assigned included; and those of them. */
export const RESIDENCE_FAULTS = 144;
export const RESIDENCE_STARTS = 152;
/** Faults that an account had too little for. */
export const RESIDENCE_UNPAID = 160;
/** Pages read from the drum, and written there; taken out of core; copied on write. */
export const RESIDENCE_FETCHES = 168;
export const RESIDENCE_WRITES = 176;
export const RESIDENCE_EVICTIONS = 184;
export const RESIDENCE_COPIES = 192;
/** What its machine had retired when it became privileged, 64 bits; counts who became so. */
export const RESIDENCE_GRANTED = 200;
export const RESIDENCE_TOKEN = 208;
/** Until when he stays so at most; 64 bits. */
export const RESIDENCE_UNTIL = 216;
/** Of what was charged: to accounts that are closed by now; and faults that no account counts, or none any more. */
export const RESIDENCE_GONE = 224;
export const RESIDENCE_GONE_FAULTS = 232;
export const RESIDENCE_BYTES = 4096;

export const PHASE_FIXED = 0;
export const PHASE_RANDOM = 1;

/** Words of 4 bytes in a page: what a page is charged for, times the scan period. */
export const PAGE_WORDS = 1024;
export const MAX_CORE_PAGES = 1048575;
/** An instruction can need four pages; a privileged domain keeps as many while others arrive. */
export const LEAST_CORE = 8;
export const LEAST_PERIOD = 1000;
export const MOST_PERIOD = 1600000000;
export const DEFAULT_CORE = 1024;
export const DEFAULT_PAGES = 8192;
export const DEFAULT_PERIOD = 1600000;
export const DEFAULT_LATENCY = 16000;
export const DEFAULT_LOCK_COST = 200;

// --- Core map: what is known of a page, 40 bytes ----------------------------------------------------
//
// `frame` is 0 while the page is on the drum only. A page is open to processors in the lock cycle that
// `open` says, and closed in all others. PAGE_OPEN is the only word that processors read outside the
// kernel lock, and who sees it open sees the rest.

/** Its core frame's address. Free: the next free page. */
export const PAGE_FRAME = 0;
export const PAGE_OPEN = 4;
/** The lock cycle that it was last paid for in; 0: it never was. */
export const PAGE_PAID = 8;
/** In core: who paid last, and first since it came there; a meter's node, or 0. */
export const PAGE_ACCOUNT = 12;
export const PAGE_FIRST = 16;
/** Page-table words that lead to it, and 1 for an image or page object; 0: it is free. */
export const PAGE_USERS = 20;
/** When it has arrived in core; 64 bits. */
export const PAGE_ARRIVES = 24;
/** PAGE_STATE: where its content is while it is not in core. */
export const PAGE_CONTENT = 32;
/** Stored to, and referenced at all, since it came, or the hand has passed. */
export const PAGE_DIRTY = 33;
export const PAGE_REFERENCED = 34;
/** An image or a page object has it. */
export const PAGE_OWNED = 35;
/** The RESIDENCE_TOKEN of whoever was privileged when he last touched it. */
export const PAGE_TOKEN = 36;
export const PAGE_ENTRY_SIZE = 40;

/** All zeros; in its drum slot; there too, but just copied from core: no transfer is needed. */
export const CONTENT_ZERO = 0;
export const CONTENT_DRUM = 1;
export const CONTENT_NEAR = 2;

// --- Accounts: an AMT entry for each meter's node, 24 bytes ------------------------------------------

/** Word-cycles charged to domains at or below it; to domains right under it. */
export const ACCOUNT_CHARGED = 0;
export const ACCOUNT_OWN = 8;
/** Page-accounting faults of domains right under it. */
export const ACCOUNT_FAULTS = 16;
export const ACCOUNT_SIZE = 24;

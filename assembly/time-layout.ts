// Offsets of what billing by a clock and partitions need, once; literals only, as in layout.ts.
// All of it is in frames, taken by `timeOpen`; a kernel that bills by counting cycles has none:
//
//   TIME         a page    options of billing and of partitions
//   PARTITIONS   a page    128 bytes for each of 32 partitions
//   QUEUES       32 KiB    who is ready, by partition and priority
//   tasks                  40 bytes for each node: what the scheduler knows of a domain
//   timers                 a page for each participant, then its windows

// --- CONTROL_TIMED ------------------------------------------------------------------------------

/** Domains are billed by a clock; ready ones wait in partitions. */
export const TIMED = 1;
export const PARTITIONED = 2;

// --- Time: the options --------------------------------------------------------------------------

/** The period of the timer, in cycles. */
export const TIME_TICK = 0;
/** BY_*. */
export const TIME_BY = 4;
/** A bit for each POINT_* that is on. */
export const TIME_POINTS = 8;
export const TIME_CLOCK = 12;
/** Units of the clock per cycle, and cycles per unit as the kernel believes; f64. */
export const TIME_RATE = 16;
export const TIME_SCALE = 24;
/** By how much of its rate the clock gains in a cycle; f64. */
export const TIME_DRIFT = 32;
/** Bits of the counter. */
export const TIME_WIDTH = 40;
/** Cycles that one reading takes. */
export const TIME_READ = 44;
export const TIME_REPAIR = 48;
/** For how long interrupts are masked at most: a tick is served that much later. */
export const TIME_MASKED = 52;
/** FAULT_* of a counter, from which time on, and by how many cycles it jumps. */
export const TIME_FAULT = 56;
export const TIME_FREE_BY_RATIO = 60;
export const TIME_FAULT_AT = 64;
export const TIME_FAULT_BY = 72;
/** What follows an overdrawn critical budget: BANKRUPT_*. */
export const TIME_BANKRUPT = 80;
/** Ticks of the averaging window, and how many there can be. */
export const TIME_SLOTS = 84;
export const TIME_SLOTS_MOST = 88;
/** How many partitions there are. */
export const TIME_PARTITIONS = 92;
/** Domains in the queues of partitions. */
export const TIME_QUEUED = 96;
export const TIME_TASKS = 100;
export const TIME_TIMERS = 104;
/** Bytes of a timer with its windows. */
export const TIME_TIMER_SIZE = 108;
/** Cycles that the host has charged to domains for work of its own. */
export const TIME_CHARGED = 112;
/** What domains that are no more ran, and owed. */
export const TIME_GONE_RAN = 120;
export const TIME_GONE_OWED = 128;
/** Cycles that the clock counts in one, as the ticks tell; f64. */
export const TIME_PACE = 136;
/** The kernel's: messages are billed in one go, for the clock is exact and there are no partitions. */
export const TIME_IS_SIMPLE = 144;

export const BY_CLOCK = 0;
export const BY_TICK = 1;

/** Counts cycles as the kernel itself does, for nothing. */
export const CLOCK_EXACT = 0;
export const CLOCK_COUNTER = 1;
/** Emulated from a timer that counts down and is reloaded at each tick. */
export const CLOCK_COUNTDOWN = 2;

/** What a reading does about a reload whose interrupt is not served yet: nothing; */
export const REPAIR_NONE = 0;
/** where it is below the last one, adds a load; */
export const REPAIR_ADD = 1;
/** answers the last one; */
export const REPAIR_HOLD = 2;
/** asks whether the interrupt is pending, and adds a load. */
export const REPAIR_PENDING = 3;

export const FAULT_NONE = 0;
export const FAULT_STOP = 1;
export const FAULT_JUMP = 2;
export const FAULT_BACK = 3;

// --- Billing points: bits of TIME_POINTS --------------------------------------------------------

/** A domain begins to run: what went before was nobody's. */
export const POINT_START = 0;
/** The one that runs waits, traps or ends. */
export const POINT_STOP = 1;
/** It hands over to another with a message, an answer, or by a keeper call. */
export const POINT_MESSAGE = 2;
/** Its slice ends, or another comes first. */
export const POINT_PREEMPT = 3;
/** Some domain becomes ready. */
export const POINT_WAKE = 4;
export const POINT_TICK = 5;
/** Somebody is to be chosen. */
export const POINT_DECIDE = 6;
/** The timer says that the cache of the one that runs is used up. */
export const POINT_SPENT = 7;
export const POINT_COUNT = 8;

// --- Partitions ---------------------------------------------------------------------------------

export const MAX_PARTITIONS = 32;
export const SYSTEM_PARTITION = 0;
/** Budgets are in hundredths of a percent. */
export const WHOLE_BUDGET = 10000;
export const PRIORITIES = 256;
export const DEFAULT_PRIORITY = 10;

export const PARTITIONS_OFFSET = 4096;
export const PARTITION_SIZE = 128;
/** What it is guaranteed, without what its inferiors have of it; what it never exceeds, 0: no limit. */
export const PARTITION_BUDGET = 0;
export const PARTITION_MAX = 4;
/** Cycles in a window that critical domains may run beyond the budget. */
export const PARTITION_CRITICAL = 8;
export const PARTITION_PARENT = 16;
/** It has overdrawn its critical budget: no budget until the window is within the other. */
export const PARTITION_BANKRUPT = 20;
/** Domains of it that run. */
export const PARTITION_RUNNING = 24;
/** Domains of it that are ready and wait. */
export const PARTITION_QUEUED = 28;
/** All cycles ever billed to it, and those of them that were critical. */
export const PARTITION_TOTAL = 32;
export const PARTITION_CRITICAL_TOTAL = 40;
/** Cycles in the windows of all processors: all, and critical ones. */
export const PARTITION_USED = 48;
export const PARTITION_CRITICAL_USED = 56;
/** Which priorities somebody waits at: 256 bits. */
export const PARTITION_READY = 64;
/** Cycles in the last 10 and in the last 100 whole windows. */
export const PARTITION_USED_10 = 96;
export const PARTITION_USED_100 = 104;
export const PARTITION_BANKRUPTCIES = 112;
/** Cycles of a window that its budget is: a decision is not to divide. */
export const PARTITION_SHARE = 120;

export const BANKRUPT_DEFAULT = 0;
/** Its critical budget is cancelled. */
export const BANKRUPT_CANCEL = 1;
/** The host is told, once. */
export const BANKRUPT_NOTIFY = 2;
/** The host is told, and stops. */
export const BANKRUPT_STOP = 3;

/** The first of each queue, a ring of ready domains: 256 words for each partition. */
export const QUEUES_OFFSET = 8192;
export const QUEUES_SIZE = 32768;
export const TASKS_OFFSET = 40960;

// --- Tasks: what the scheduler knows of a domain, by node index ---------------------------------

export const TASK_SIZE = 40;
/** The cycles that processors have spent for it: the truth that billing is compared with. */
export const TASK_RAN = 0;
/** What it was billed for and could not pay yet. */
export const TASK_OWED = 8;
/** What is its own, and TASK_* flags. */
export const TASK_PARTITION = 16;
export const TASK_PRIORITY = 17;
export const TASK_FLAGS = 18;
/** What it runs with: the same, or what came with a message. */
export const TASK_PAYER = 20;
export const TASK_RANK = 21;
export const TASK_IS_CRITICAL = 22;
/** Whether it waits in a queue of a partition. */
export const TASK_IS_QUEUED = 23;
/** What is left of the slice of one that was preempted; 0: a whole one. */
export const TASK_SLICE = 24;
/** When it came into its queue, by the clock of the processor that was about it. */
export const TASK_READY = 32;

export const TASK_FIFO = 1;
export const TASK_CRITICAL = 2;
/** It runs with what is its own whoever calls it. */
export const TASK_OWN_TIME = 4;

// --- Timers: one for each processor -------------------------------------------------------------

/** The domain that runs, 0: nobody; and from when on that is to be added to what it ran. */
export const TIMER_OCCUPANT = 0;
/** A decision is due. */
export const TIMER_DECIDE = 4;
export const TIMER_SINCE = 8;
/** When the clock was read last, what it said in cycles, and the ticks served until then. */
export const TIMER_READ_AT = 16;
export const TIMER_LAST = 24;
export const TIMER_READ_TICKS = 32;
/** Ticks that are served, and when the next one will be. */
export const TIMER_TICKS = 40;
export const TIMER_DUE = 48;
/** When to look whether the cache is used up. */
export const TIMER_SPENT = 56;
/** Counter: its last reading, and all that it has counted. Countdown: the base and the last value. */
export const TIMER_RAW = 64;
export const TIMER_UNITS = 72;
/** Cycles billed to nobody. */
export const TIMER_IDLE = 80;
export const TIMER_READS = 88;
/** Differences below 0, and too great ones; the cycles of the latter. */
export const TIMER_BACKWARDS = 96;
export const TIMER_JUMPS = 104;
export const TIMER_DROPPED = 112;
export const TIMER_MISSED = 120;
/** The slot of the current tick, and that of the current window in the history. */
export const TIMER_SLOT = 128;
export const TIMER_WINDOW = 132;
/** An instruction that wants more than is left until the tick has it. */
export const TIMER_LEAST = 136;
/** The one that runs does so on its critical budget. */
export const TIMER_CRITICAL = 140;
/** Of the clock's faults, bits of those that the host was told of. */
export const TIMER_TOLD = 144;
/** Who ran in the time that is not billed yet; the one that runs, but where a point is off. */
export const TIMER_PARTY = 148;
/** Cycles that all the readings took. */
export const TIMER_READ_CYCLES = 152;

/** Used by each partition: 32 pairs of all and critical, the current window's totals. */
export const TIMER_USED = 512;
/** Whole windows: 32 numbers for each of the last 100, a ring. */
export const HISTORY_OFFSET = 4096;
export const HISTORY_WINDOWS = 100;
export const HISTORY_SIZE = 25600;
/** 32 pairs for each tick of the window, a ring. */
export const WINDOWS_OFFSET = 32768;
export const SLOT_SIZE = 512;
export const MAX_TICKS = 512;

// Offsets, marks, classes and codes of the target CPU, once; literals only, as in ../layout.ts.

// --- The target CPU's machine: one or more whole frames -------------------------------------------
//
// Registers, counters and what `run` reports; then what only `assembly/riscv/machine.ts` knows; then
// the page table, a word for each page of the address space: the frame's address in the high 20
// bits (with core residence the page's number there) and marks in the low 12. Owned by
// `assembly/riscv/`.

export const MACHINE_REGISTERS = 0;
/** Registers by their number, as invocations use them. */
export const REGISTER_T0 = 5;
export const REGISTER_A0 = 10;
/** Writes to x0 end up here. */
export const MACHINE_SINK = 128;
export const MACHINE_PC = 132;
/** Cycles that the last `run` used. */
export const MACHINE_USED = 136;
/** After STOP_BUDGET: what the instruction at pc costs, which the rest of the budget did not hold. */
export const MACHINE_WANTED = 140;
/** Cycles and instructions that it ran in its life. */
export const MACHINE_CYCLES = 144;
export const MACHINE_RETIRED = 152;
export const MACHINE_TRAP_CODE = 160;
export const MACHINE_TRAP_ADDRESS = 164;
export const MACHINE_IMAGE = 168;
export const MACHINE_PAGES = 172;
/** Where references are counted, 32 bits for each page of the address space; 0: nowhere. */
export const MACHINE_COUNTS = 176;
export const MACHINE_TABLE = 3072;
/** Pages of the largest address space: all that 32 bits can name. */
export const MAX_PAGES = 1048576;

export const MARK_PRESENT = 1;
export const MARK_READ = 2;
export const MARK_WRITE = 4;
export const MARK_EXEC = 8;
/** Instructions of this page are in the machine's own decode cache. */
export const MARK_CODE = 32;
/** The frame is a page object's, mapped here. */
export const MARK_FOREIGN = 64;
/** A store needs a page of the machine's own first, with a copy of what is here. */
export const MARK_COPY = 128;

/** An image: the decode cache of a program, in frames of its own, and a pool of single frames. */
export const IMAGE_SIZE = 4;
/** How many machines use it. */
export const IMAGE_MACHINES = 8;
export const IMAGE_FRAMES = 12;
/** The first frame of the pool; each begins with the address of the next, or 0. */
export const IMAGE_POOL = 16;
export const IMAGE_POOL_FRAMES = 20;
/** Shared build: the participant that decodes for it, plus 1. */
export const IMAGE_LOCK = 28;

/** Classes of instructions, each with its cost in cycles. */
export const CLASS_ALU = 0;
export const CLASS_MUL = 1;
export const CLASS_DIV = 2;
export const CLASS_LOAD = 3;
export const CLASS_STORE = 4;
export const CLASS_BRANCH = 5;
export const CLASS_JUMP = 6;
export const CLASS_ATOMIC = 7;
export const CLASS_CSR = 8;
export const CLASS_FENCE = 9;
export const CLASS_ECALL = 10;
export const CLASS_COUNT = 11;
export const MAX_COST = 255;

/** Why `run` of the target CPU came back. */
export const STOP_BUDGET = 0;
export const STOP_ECALL = 1;
export const STOP_TRAP = 2;

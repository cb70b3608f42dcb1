import { fileURLToPath } from "node:url";
import * as codes from "../assembly/codes.js";

/** One run of a program of `guests/`, and what must come of it. */
export interface GuestRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly exit?: number;
  readonly output: string;
  /**
   * Retired by the time exit_group has, when the heap begins at a page's start, as under Linux:
   * from qemu's -singlestep -d exec,nochain, which now and then counts a store to code twice.
   */
  readonly instructions?: number;
}

export const guestFile = (program: string): string =>
  fileURLToPath(new URL(`../guests/${program}.elf`, import.meta.url));

const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const INPUT = "c96c6d5be8d08a12e7b5cdc1b207fa6b2430974c86803d8891675e76fd992c20";
const INPUT_4000 = "8237e203457e75626bc58cc27a0ef4a4141f082af0486fc7e712bc8c55ff9f75";

/** `hello` prints argv[0], which is the path it was started by under qemu: not in this list. */
export const GUEST_RUNS: readonly GuestRun[] = [
  run("mix", [], "mix rounds 150 lists 87ac matrices 0864 texts c0a5 all b496", 27639520),
  run("mix", ["1"], "mix rounds 1 lists 82ed matrices ef6a texts 1954 all 0d36", 187207),
  run("sha256", ["input"], `sha256 rounds 4000 ${INPUT_4000}`, 25446255),
  run("sha256", ["abc", "1"], `sha256 rounds 1 ${ABC}`, 16576),
  { ...run("sha256", ["-", "1"], `sha256 rounds 1 ${INPUT}`, 16602), stdin: "input" },
  run("sort", [], "sort count 50000 ordered hash 9199c89e", 28232282),
  run("sort", ["100"], "sort count 100 ordered hash db365215", 33337),
  run("matmul", [], "matmul size 64 times 6 trace -2036 hash cc4a6099", 17995767),
  run("matmul", ["4", "2"], "matmul size 4 times 2 trace -15989 hash d55c736d", 6409),
  run("lz", [], "lz bytes 32768 packed 11439 alike hash 71163a52", 6987006),
  run("lz", ["1000"], "lz bytes 1000 packed 528 alike hash 70793ddc", 1302632),
  run("sieve", [], "sieve limit 1000000 primes 78498 last 999983", 13526960),
  run("sieve", ["1000"], "sieve limit 1000 primes 168 last 997", 12324),
  run("strhash", [], "strhash words 20000 different 2778 most lo 629 hash 5fe7c0c7", 6887394),
  run("strhash", ["100"], "strhash words 100 different 80 most dom 5 hash 4181fef7", 56870),
  {
    ...run("strhash", ["-"], "strhash words 3 different 2 most a 2 hash af24803d", 4856),
    stdin: "a b a",
  },
  run("selfmod", [], "selfmod times 1000 wrong 0 hash 3c29db75", 113876),
  run("hog", ["100"], "hog blocks 100 wrong 0", 26245045),
  run("storm", [], "storm pages 64 rounds 4 wrong 0", 6385),
  run("storm", ["200", "9"], "storm pages 200 rounds 9 wrong 0", 31838),
  {
    ...run("sieve", ["x"], 'sieve: argument 1 is "x", expected a number from 1 to 100000000', 2607),
    exit: 2,
  },
];

function run(
  program: string,
  args: readonly string[],
  line: string,
  instructions?: number,
): GuestRun {
  const counted = instructions === undefined ? {} : { instructions };
  return { program, args, output: `${line}\n`, ...counted };
}

/** What `wild` can be told to do, the trap it ends in, and the signal under Linux. */
export const WILD_ACTS: readonly { act: string; trap: number; signal: NodeJS.Signals }[] = [
  { act: "jump-null", trap: codes.TRAP_FETCH_FAULT, signal: "SIGSEGV" },
  { act: "jump-data", trap: codes.TRAP_FETCH_FAULT, signal: "SIGSEGV" },
  { act: "jump-kernel", trap: codes.TRAP_FETCH_FAULT, signal: "SIGSEGV" },
  { act: "load-null", trap: codes.TRAP_LOAD_FAULT, signal: "SIGSEGV" },
  { act: "load-kernel", trap: codes.TRAP_LOAD_FAULT, signal: "SIGSEGV" },
  { act: "store-null", trap: codes.TRAP_STORE_FAULT, signal: "SIGSEGV" },
  { act: "store-kernel", trap: codes.TRAP_STORE_FAULT, signal: "SIGSEGV" },
  { act: "store-text", trap: codes.TRAP_STORE_FAULT, signal: "SIGSEGV" },
  { act: "store-constant", trap: codes.TRAP_STORE_FAULT, signal: "SIGSEGV" },
  { act: "illegal", trap: codes.TRAP_ILLEGAL, signal: "SIGILL" },
  { act: "breakpoint", trap: codes.TRAP_BREAKPOINT, signal: "SIGTRAP" },
  { act: "stack", trap: codes.TRAP_STORE_FAULT, signal: "SIGSEGV" },
];

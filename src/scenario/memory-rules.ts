import { PAGE_SIZE } from "../../assembly/layout.js";
import { sizeOf } from "../address-space.js";
import { ELF_MEMORY_LIMIT, isElfProgram } from "../elf.js";
import { OptionError } from "../errors.js";
import type { ElfProgram } from "../index.js";
import { type Inspection, tablesIn } from "./inspection.js";
import type { Programs } from "./programs.js";
import type { Path, Table } from "./toml.js";

/** Programs fit their memories, and pages are mapped where a program has nothing of its own. */
export function memoryRules(inspection: Inspection, programs: Programs): void {
  for (const [path, domain] of inspection.tables("domain")) {
    const { program: name } = domain;
    const program = typeof name === "string" ? programs.get(name) : undefined;
    if (program === undefined || !isElfProgram(program)) continue;
    const size = sizeRule(inspection, path, program, domain);
    for (const [place, { page, at }] of tablesIn([...path, "pages"], domain.pages)) {
      // Where a segment has something, the kernel knows.
      if (page === undefined) continue;
      if (typeof at !== "bigint" || at < 0n || at % BigInt(PAGE_SIZE) !== 0n) continue;
      if (size === undefined || isFree(program, size, Number(at))) continue;
      const expected = `expected an address where the program has nothing: ${gaps(program, size)}`;
      inspection.say([...place, "at"], `found 0x${at.toString(16)}, ${expected}`);
    }
  }
}

/** Bytes of the address space; undefined where `memory` is none that it could have. */
function sizeRule(
  inspection: Inspection,
  path: Path,
  program: ElfProgram,
  { memory }: Table,
): number | undefined {
  if (memory !== undefined && typeof memory !== "bigint") return undefined;
  try {
    return sizeOf(program, memory === undefined ? undefined : Number(memory));
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    // What no program could have is told by the schema.
    if (memory! >= PAGE_SIZE && memory! <= ELF_MEMORY_LIMIT) {
      inspection.say([...path, "memory"], error.message.replace(/^memory: /, ""));
    }
    return undefined;
  }
}

/** Page 0 is no one's. */
function isFree(program: ElfProgram, size: number, page: number): boolean {
  if (page >= size) return page < ELF_MEMORY_LIMIT;
  const overlaps = program.segments.some(
    ({ address, memorySize }) => page < address + memorySize && page + PAGE_SIZE > address,
  );
  return !overlaps && page >= PAGE_SIZE && page < program.end;
}

/** Where pages can begin: below, between and above what is the program's. */
function gaps(program: ElfProgram, size: number): string {
  const found: string[] = [];
  let from = PAGE_SIZE;
  for (const { address, memorySize } of program.segments) {
    const to = Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
    if (to > from) found.push(gap(from, to));
    from = Math.ceil((address + memorySize) / PAGE_SIZE) * PAGE_SIZE;
  }
  if (size < ELF_MEMORY_LIMIT) found.push(gap(size, ELF_MEMORY_LIMIT));
  return found.length === 0 ? "there is none" : found.join(", ");
}

function gap(from: number, to: number): string {
  return `0x${from.toString(16)} to 0x${(to - PAGE_SIZE).toString(16)}`;
}

import { PAGE_SIZE } from "../../assembly/layout.js";
import { isElfProgram } from "../elf.js";
import type { ElfProgram } from "../index.js";
import { type Inspection, tablesIn } from "./inspection.js";
import type { Programs } from "./programs.js";

/** Pages are mapped where a program has nothing of its own, below its heap; page 0 is no one's. */
export function mapRules(inspection: Inspection, programs: Programs): void {
  for (const [path, { program: name, pages }] of inspection.tables("domain")) {
    const program = typeof name === "string" ? programs.get(name) : undefined;
    if (program === undefined || !isElfProgram(program)) continue;
    for (const [place, { at }] of tablesIn([...path, "pages"], pages)) {
      if (typeof at !== "bigint" || at % BigInt(PAGE_SIZE) !== 0n) continue;
      if (at < 0 || isFree(program, Number(at))) continue;
      const expected = `expected an address where the program has nothing: ${gaps(program)}`;
      inspection.say([...place, "at"], `found 0x${at.toString(16)}, ${expected}`);
    }
  }
}

function isFree(program: ElfProgram, page: number): boolean {
  const overlaps = program.segments.some(
    ({ address, memorySize }) => page < address + memorySize && page + PAGE_SIZE > address,
  );
  return !overlaps && page >= PAGE_SIZE && page < program.end;
}

/** Where pages can begin below and between the segments. */
function gaps(program: ElfProgram): string {
  const found: string[] = [];
  let from = PAGE_SIZE;
  for (const { address, memorySize } of program.segments) {
    const to = Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
    if (to > from) found.push(`0x${from.toString(16)} to 0x${(to - PAGE_SIZE).toString(16)}`);
    from = Math.ceil((address + memorySize) / PAGE_SIZE) * PAGE_SIZE;
  }
  return found.length === 0 ? "there is none" : found.join(", ");
}

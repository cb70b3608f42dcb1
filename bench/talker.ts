// Programs for the target CPU that do one thing for ever, made here instruction by instruction.

const BASE = 0x10000;
const HEADERS = 52 + 32;

/** `brk(0)` for ever, as the bytes of an ELF file. */
export function talker(): Uint8Array {
  return elf([
    0x0d600893, // li a7, 214
    0x00000513, // li a0, 0
    0x00000073, // ecall
    0xff9ff06f, // j to li a0
  ]);
}

/** Counts in register t0 for ever. */
export function counter(): Uint8Array {
  return elf([
    0x00128293, // addi t0, t0, 1
    0xffdff06f, // j to addi
  ]);
}
/** Cycles of the counter for each step it counts. */
export const COUNTER_CYCLES = 2;
export const COUNTER_REGISTER = 5;

export function elf(code: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HEADERS + 4 * code.length);
  const view = new DataView(bytes.buffer);
  const entry = BASE + HEADERS;
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  // Executable, RISC-V, version 1; one program header of 32 bytes behind this of 52.
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, entry, true);
  view.setUint32(28, 52, true);
  view.setUint16(40, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, 1, true);
  // One segment, all of the file, to be read and executed.
  const segment = [1, 0, BASE, BASE, bytes.length, bytes.length, 5, 4096];
  segment.forEach((word, index) => {
    view.setUint32(52 + 4 * index, word, true);
  });
  code.forEach((word, index) => {
    view.setUint32(HEADERS + 4 * index, word, true);
  });
  return bytes;
}

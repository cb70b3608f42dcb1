// Writes the smallest ELF file that Linux runs: code at CODE, zeroed data at DATA.
import { CODE, DATA } from "./host.js";

const HEADER = 52;
const ENTRY = 32;

export function writeElf(code: Uint8Array, dataPages: number): Uint8Array {
  const file = new Uint8Array(4096 + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const half = (at: number, value: number) => view.setUint16(at, value, true);
  const words = (at: number, values: number[]) =>
    values.forEach((value, index) => {
      view.setUint32(at + 4 * index, value, true);
    });
  half(16, 2);
  half(18, 243);
  words(20, [1, CODE, HEADER]);
  // Flags: compressed instructions, soft float.
  words(36, [1]);
  half(40, HEADER);
  half(42, ENTRY);
  half(44, 2);
  words(HEADER, [1, 4096, CODE, CODE, code.length, code.length, 5, 4096]);
  words(HEADER + ENTRY, [1, 0, DATA, DATA, 0, dataPages * 4096, 6, 4096]);
  file.set(code, 4096);
  return file;
}

// Writes the smallest ELF file that Linux runs: code at CODE; data at DATA, zeros after what it begins with.
import { CODE, DATA } from "./host.js";

const HEADER = 52;
const ENTRY = 32;
const PAGE = 4096;

export function writeElf(
  code: Uint8Array,
  dataPages: number,
  data: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const dataAt = data.length === 0 ? 0 : PAGE * (1 + Math.ceil(code.length / PAGE));
  const file = new Uint8Array(Math.max(PAGE + code.length, dataAt + data.length));
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
  words(HEADER, [1, PAGE, CODE, CODE, code.length, code.length, 5, PAGE]);
  words(HEADER + ENTRY, [1, dataAt, DATA, DATA, data.length, dataPages * PAGE, 6, PAGE]);
  file.set(code, PAGE);
  file.set(data, dataAt);
  return file;
}

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ELF_MEMORY_LIMIT, loadElf, sameProgram } from "../src/elf.js";
import { ElfError, type ElfErrorCode, OptionError, PrimemeterError } from "../src/errors.js";

const guests = fileURLToPath(new URL("../guests/", import.meta.url));
const hello = new Uint8Array(readFileSync(`${guests}hello.elf`));
const TABLE = 52;
const SEGMENT = 32;

/** hello.elf with some fields changed. */
function changed(edit: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(hello);
  edit(new DataView(bytes.buffer), bytes);
  return bytes;
}

/** What loadElf throws. Anything but an ElfError fails the test. */
function refusal(bytes: Uint8Array): ElfError {
  try {
    loadElf(bytes);
  } catch (error) {
    if (error instanceof ElfError) return error;
    throw error;
  }
  throw new Error("loaded");
}

describe("loadElf", () => {
  test("describes a program as its headers do", () => {
    const program = loadElf(hello);
    const view = new DataView(hello.buffer);
    expect(program.kind).toBe("elf");
    expect(program.entry).toBe(0x10000);
    expect(program.segments.map((s) => s.address)).toEqual([0x10000, 0x11000, 0x12000]);
    const rights = program.segments.map((s) => [s.read, s.write, s.execute]);
    expect(rights).toEqual([
      [true, false, true],
      [true, false, false],
      [true, true, false],
    ]);
    program.segments.forEach((segment, i) => {
      const at = TABLE + i * SEGMENT;
      const offset = view.getUint32(at + 4, true);
      const fileSize = view.getUint32(at + 16, true);
      expect(segment.bytes).toEqual(hello.slice(offset, offset + fileSize));
      expect(segment.memorySize).toBe(view.getUint32(at + 20, true));
    });
    const data = program.segments[2]!;
    expect(data.memorySize).toBeGreaterThan(data.bytes.length);
    expect(program.end).toBe(data.address + data.memorySize);
    expect([program.codeBase, program.codeSize]).toEqual([0x10000, 0x1000]);
  });

  test("loads every guest", () => {
    const files = readdirSync(guests).filter((name) => name.endsWith(".elf"));
    expect(files.length).toBeGreaterThanOrEqual(12);
    for (const name of files) expect(loadElf(readFileSync(guests + name)).entry).toBe(0x10000);
  });

  test("keeps a frozen copy, of a Buffer too", () => {
    const bytes = Buffer.from(hello);
    const program = loadElf(bytes);
    const before = program.segments[0]!.bytes[0]!;
    bytes.fill(before ^ 0xff);
    expect(program.segments[0]!.bytes[0]).toBe(before);
    expect(Object.isFrozen(program) && Object.isFrozen(program.segments)).toBe(true);
    expect(program.segments.every((segment) => Object.isFrozen(segment))).toBe(true);
  });

  test("reads a file that begins in the middle of a buffer", () => {
    const room = new Uint8Array(hello.length + 13);
    room.set(hello, 7);
    expect(loadElf(room.subarray(7, 7 + hello.length))).toEqual(loadElf(hello));
  });

  test("covers all executable pages, whole ones, and sorts segments", () => {
    const program = loadElf(
      changed((view, bytes) => {
        view.setUint32(TABLE + 2 * SEGMENT + 24, 7, true);
        const first = bytes.slice(TABLE, TABLE + SEGMENT);
        bytes.copyWithin(TABLE, TABLE + SEGMENT, TABLE + 2 * SEGMENT);
        bytes.set(first, TABLE + SEGMENT);
      }),
    );
    expect(program.segments.map((s) => s.address)).toEqual([0x10000, 0x11000, 0x12000]);
    expect([program.codeBase, program.codeSize]).toEqual([0x10000, 0x3000]);
  });

  test("covers whole pages where code begins and ends inside one", () => {
    const program = loadElf(
      changed((view) => {
        view.setUint32(24, 0x10100, true);
        view.setUint32(TABLE + 8, 0x10100, true);
        view.setUint32(TABLE + 28, 1, true);
        view.setUint32(TABLE + SEGMENT + 8, 0x13000, true);
      }),
    );
    expect([program.codeBase, program.codeSize]).toEqual([0x10000, 0x1000]);
    expect(program.end).toBe(0x13000 + loadElf(hello).segments[1]!.memorySize);
  });

  test("the entry must be before the end of its segment", () => {
    const size = new DataView(hello.buffer).getUint32(TABLE + 20, true);
    expect(loadElf(changed((v) => v.setUint32(24, 0x10000 + size - 2, true))).entry).toBeTruthy();
    const error = refusal(changed((v) => v.setUint32(24, 0x10000 + size, true)));
    expect(error.code).toBe("ELF_ENTRY");
  });

  test("a segment that may be written may be read", () => {
    const program = loadElf(changed((v) => v.setUint32(TABLE + 2 * SEGMENT + 24, 2, true)));
    expect(program.segments[2]).toMatchObject({ read: true, write: true, execute: false });
  });

  test("two segments may meet inside a page", () => {
    const end = 0x11000 + loadElf(hello).segments[1]!.memorySize;
    const program = loadElf(
      changed((v) => {
        v.setUint32(TABLE + 2 * SEGMENT + 8, end, true);
        v.setUint32(TABLE + 2 * SEGMENT + 28, 1, true);
      }),
    );
    expect(program.segments[2]!.address).toBe(end);
  });

  test("skips headers that load nothing", () => {
    const noText = (v: DataView) => v.setUint32(TABLE, 4, true);
    expect(refusal(changed(noText)).code).toBe("ELF_ENTRY");
    const empty = changed((v) => {
      v.setUint32(TABLE + SEGMENT + 8, 0, true);
      v.setUint32(TABLE + SEGMENT + 16, 0, true);
      v.setUint32(TABLE + SEGMENT + 20, 0, true);
    });
    expect(loadElf(empty).segments).toHaveLength(2);
  });

  test("refuses what is not a Uint8Array", () => {
    expect(() => loadElf("hello.elf" as unknown as Uint8Array)).toThrow(OptionError);
  });
});

describe("sameProgram", () => {
  test("is true for equal files, false for any difference that matters", () => {
    const program = loadElf(hello);
    expect(sameProgram(program, program)).toBe(true);
    expect(sameProgram(program, loadElf(new Uint8Array(hello)))).toBe(true);
    const text = new DataView(hello.buffer).getUint32(TABLE + 4, true);
    const others: ((view: DataView, bytes: Uint8Array) => void)[] = [
      (view) => view.setUint32(24, 0x10004, true),
      (_, bytes) => bytes.fill(bytes[text + 100]! ^ 1, text + 100, text + 101),
      (view) => view.setUint32(TABLE + 2 * SEGMENT + 20, 0x2000, true),
      (view) => view.setUint32(TABLE + SEGMENT + 24, 6, true),
    ];
    for (const edit of others) {
      const other = loadElf(changed(edit));
      expect(sameProgram(program, other)).toBe(false);
      expect(sameProgram(program, { ...other, hash: program.hash })).toBe(false);
    }
  });
});

const word = (at: number, value: number) => (view: DataView) => view.setUint32(at, value, true);
const half = (at: number, value: number) => (view: DataView) => view.setUint16(at, value, true);
const byte = (at: number, value: number) => (view: DataView) => view.setUint8(at, value);
const data = TABLE + 2 * SEGMENT;

const malformed: [string, ElfErrorCode, RegExp, (view: DataView) => void][] = [
  ["magic", "ELF_MAGIC", /offset 0.*found 7f 00 4c 46, expected 7f 45 4c 46/, byte(1, 0)],
  ["64-bit", "ELF_CLASS", /offset 4: found 2, expected 1/, byte(4, 2)],
  ["big-endian", "ELF_ENDIAN", /offset 5: found 2/, byte(5, 2)],
  ["version of the format", "ELF_VERSION", /offset 6: found 0/, byte(6, 0)],
  ["version of the file", "ELF_VERSION", /offset 20: found 2/, word(20, 2)],
  ["object file", "ELF_TYPE", /offset 16: found 1 \(relocatable\)/, half(16, 1)],
  ["position-independent", "ELF_TYPE", /found 3 \(shared or position/, half(16, 3)],
  ["type out of range", "ELF_TYPE", /found 65535 \(unknown\)/, half(16, 65535)],
  ["x86", "ELF_MACHINE", /offset 18: found 62, expected 243/, half(18, 62)],
  ["ilp32f", "ELF_FLOAT_ABI", /offset 36: found flags 0x3/, word(36, 3)],
  ["ilp32d", "ELF_FLOAT_ABI", /offset 36: found flags 0x5/, word(36, 5)],
  ["ilp32e", "ELF_EMBEDDED_ABI", /offset 36: found flags 0x9/, word(36, 9)],
  ["header size", "ELF_HEADER", /offset 40: found 51/, half(40, 51)],
  ["entry size", "ELF_HEADER", /offset 42: found 56, expected entries of 32/, half(42, 56)],
  ["no program headers", "ELF_HEADER", /offset 44: found 0/, half(44, 0)],
  ["table beyond the end", "ELF_TRUNCATED", /program headers at 4294967295/, word(28, 0xffffffff)],
  ["table too long", "ELF_TRUNCATED", /65535 program headers at 52 to/, half(44, 65535)],
  ["interpreter", "ELF_DYNAMIC", /offset 116: found PT_INTERP/, word(data, 3)],
  ["dynamic section", "ELF_DYNAMIC", /offset 116: found PT_DYNAMIC/, word(data, 2)],
  ["data beyond the end", "ELF_TRUNCATED", /the segment of/, word(data + 4, 0xfffff000)],
  ["more file than memory", "ELF_SEGMENT", /offset 132.*at most 4 bytes/, word(data + 20, 4)],
  ["page 0", "ELF_SEGMENT", /outside page 0/, word(data + 8, 0)],
  ["beyond the limit", "ELF_SEGMENT", /below 0x4000000/, word(data + 8, ELF_MEMORY_LIMIT)],
  ["too long", "ELF_SEGMENT", /below 0x4000000/, word(data + 20, ELF_MEMORY_LIMIT)],
  ["wraps", "ELF_SEGMENT", /below 0x4000000/, word(data + 20, 0xffffffff)],
  ["alignment", "ELF_SEGMENT", /power of two/, word(data + 28, 3)],
  ["incongruent", "ELF_SEGMENT", /modulo 4096/, word(data + 8, 0x12010)],
  ["overlap", "ELF_SEGMENT", /overlap: 0x11000 to .*, then 0x11000/, word(data + 8, 0x11000)],
  ["odd entry", "ELF_ENTRY", /offset 24: found 0x10001, expected an even/, word(24, 0x10001)],
  ["entry in data", "ELF_ENTRY", /found 0x12000, expected .*executable/, word(24, 0x12000)],
  ["entry below the text", "ELF_ENTRY", /found 0xfffe/, word(24, 0xfffe)],
  ["entry behind the text", "ELF_ENTRY", /found 0x10ffe/, word(24, 0x10ffe)],
];

describe("a malformed file is a named error", () => {
  test.each(malformed)("%s: %s", (_, code, message, edit) => {
    const error = refusal(changed(edit));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error).toBeInstanceOf(PrimemeterError);
    expect(error.name).toBe("ElfError");
  });

  test("a segment may end exactly at the limit", () => {
    const size = ELF_MEMORY_LIMIT - 0x12000;
    expect(loadElf(changed(word(data + 20, size))).end).toBe(ELF_MEMORY_LIMIT);
    expect(refusal(changed(word(data + 20, size + 1))).code).toBe("ELF_SEGMENT");
  });

  test("truncated at every offset", () => {
    const view = new DataView(hello.buffer);
    const whole = loadElf(hello);
    const used = view.getUint32(data + 4, true) + view.getUint32(data + 16, true);
    expect(used).toBeLessThan(hello.length);
    for (let length = 0; length < hello.length; length++) {
      const cut = hello.subarray(0, length);
      if (length >= used) expect(sameProgram(loadElf(cut), whole)).toBe(true);
      else expect(refusal(cut).code).toBe("ELF_TRUNCATED");
    }
  });

  test("any bytes in the headers: loaded within the limits, or an ElfError", () => {
    const headers = TABLE + 3 * SEGMENT;
    const edits = fc.array(
      fc.tuple(
        fc.nat({ max: headers / 4 - 1 }),
        fc.oneof(
          fc.constantFrom(0, 1, 2, 3, 4095, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff),
          fc.integer({ min: 0, max: 0xffffffff }),
        ),
      ),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(edits, (words) => {
        const bytes = changed((v) => {
          for (const [index, value] of words) v.setUint32(index * 4, value, true);
        });
        try {
          const program = loadElf(bytes);
          expect(program.end).toBeLessThanOrEqual(ELF_MEMORY_LIMIT);
          expect(program.segments[0]!.address).toBeGreaterThanOrEqual(4096);
          expect(program.entry).toBeGreaterThanOrEqual(program.codeBase);
          expect(program.entry).toBeLessThan(program.codeBase + program.codeSize);
          for (const segment of program.segments) {
            expect(segment.bytes.length).toBeLessThanOrEqual(segment.memorySize);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ElfError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(refusal(bytes).code).toMatch(/^ELF_/);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CallResult,
  createProcess,
  type GuestMemory,
  initialStack,
  MAX_INITIAL_STACK,
  MAX_TRANSFER,
  type ProcessState,
  systemCall,
} from "../src/abi.js";
import { OptionError } from "../src/errors.js";

const EBADF = -9;
const EFAULT = -14;
const EINVAL = -22;
const ESPIPE = -29;
const ENOSYS = -38;

const BASE = 0x1000;
const SIZE = 0x30_0000;
const READ_ONLY = BASE + SIZE - 0x1000;

/** From BASE on; the last page is read-only. */
class Memory implements GuestMemory {
  readonly bytes = new Uint8Array(SIZE);

  read(address: number, length: number): Uint8Array | null {
    if (address < BASE || address + length > BASE + SIZE) return null;
    return this.bytes.subarray(address - BASE, address - BASE + length);
  }

  write(address: number, bytes: Uint8Array): boolean {
    if (address < BASE || address + bytes.length > READ_ONLY) return false;
    this.bytes.set(bytes, address - BASE);
    return true;
  }

  view(address: number): DataView {
    return new DataView(this.bytes.buffer, address - BASE);
  }
}

function machine(stdin: Uint8Array | string = "") {
  const memory = new Memory();
  const process = createProcess({ stdin, brkStart: 0x20000, brkLimit: 0x280000 });
  const call = (number: number, args: number[] = [], time = 0n): CallResult =>
    systemCall({ memory, process, number, args, time });
  /** The answer of a call that must not exit. */
  const value = (number: number, args: number[] = [], time = 0n): number => {
    const result = call(number, args, time);
    if (result.kind !== "value") throw new Error("exited");
    return result.value;
  };
  return { memory, process, call, value };
}

describe("exit and exit_group", () => {
  test.each([93, 94])("%d ends with the low eight bits of its argument", (number) => {
    const { call } = machine();
    expect(call(number, [3])).toEqual({ kind: "exit", code: 3 });
    expect(call(number, [-1])).toEqual({ kind: "exit", code: 255 });
    expect(call(number, [0x1234])).toEqual({ kind: "exit", code: 0x34 });
    expect(call(number, [])).toEqual({ kind: "exit", code: 0 });
  });
});

describe("write", () => {
  test.each([1, 2] as const)("to %d gives a copy of the bytes", (fd) => {
    const { memory, call } = machine();
    memory.write(0x2000, new TextEncoder().encode("a line\n"));
    const result = call(64, [fd, 0x2000, 6]);
    memory.write(0x2000, new Uint8Array(6));
    const bytes = new TextEncoder().encode("a line");
    expect(result).toEqual({ kind: "value", value: 6, output: { fd, bytes } });
  });

  test("of nothing needs no memory and gives no output", () => {
    expect(machine().call(64, [1, 0, 0])).toEqual({ kind: "value", value: 0 });
  });

  test("refuses other descriptors and bad memory, without output", () => {
    const { call } = machine();
    for (const fd of [0, 3, -1, 0x100000001]) {
      const result = call(64, [fd, 0x2000, 1]);
      if (fd === 0x100000001) expect(result).toMatchObject({ value: 1 });
      else expect(result).toEqual({ kind: "value", value: EBADF });
    }
    for (const [address, length] of [
      [0, 1],
      [BASE - 1, 2],
      [BASE + SIZE - 1, 2],
      [-1, 1],
      [0xfffffff0, 0xffffffff],
    ]) {
      expect(call(64, [1, address!, length!])).toEqual({ kind: "value", value: EFAULT });
    }
  });

  test("of more than a transfer is cut short", () => {
    const { call } = machine();
    const result = call(64, [1, BASE, 0xffffffff]);
    expect(result.output?.bytes.length).toBe(MAX_TRANSFER);
    expect(result).toMatchObject({ value: MAX_TRANSFER });
  });
});

describe("read", () => {
  test("takes standard input in order, then nothing", () => {
    const { memory, value } = machine("abcdef");
    expect(value(63, [0, 0x2000, 4])).toBe(4);
    expect(value(63, [0, 0x2004, 4])).toBe(2);
    expect(new TextDecoder().decode(memory.read(0x2000, 7)!)).toBe("abcdef\0");
    expect(value(63, [0, 0x2000, 4])).toBe(0);
    expect(value(63, [0, 0, 4])).toBe(0);
  });

  test("into bad memory takes nothing", () => {
    const { process, value } = machine("abc");
    for (const address of [0, READ_ONLY, READ_ONLY - 2, -1]) {
      expect(value(63, [0, address, 3])).toBe(EFAULT);
    }
    expect(process.stdinOffset).toBe(0);
    expect(value(63, [0, 0, 0])).toBe(0);
    expect(value(63, [0, READ_ONLY - 3, 100])).toBe(3);
  });

  test("refuses other descriptors", () => {
    const { value } = machine("abc");
    for (const fd of [1, 2, 3, -1]) expect(value(63, [fd, 0x2000, 1])).toBe(EBADF);
  });

  test("of more than a transfer is cut short", () => {
    const { value } = machine(new Uint8Array(MAX_TRANSFER + 5));
    expect(value(63, [0, BASE, 0xffffffff])).toBe(MAX_TRANSFER);
    expect(value(63, [0, BASE, 0xffffffff])).toBe(5);
  });

  test("input is a copy, of a Buffer too", () => {
    const input = Buffer.from("abc");
    const { memory, value } = machine(input);
    input.fill(0);
    value(63, [0, 0x2000, 3]);
    expect(new TextDecoder().decode(memory.read(0x2000, 3)!)).toBe("abc");
  });
});

describe("brk", () => {
  test("moves within its limits and otherwise answers where it is", () => {
    const { process, value } = machine();
    expect(value(214, [0])).toBe(0x20000);
    expect(value(214, [0x20010])).toBe(0x20010);
    for (const wanted of [0x1ffff, 0x280001, -1, 0x80000000]) {
      expect(value(214, [wanted])).toBe(0x20010);
    }
    expect(value(214, [0x280000])).toBe(0x280000);
    expect(process.brk).toBe(0x280000);
  });

  test("what is given back comes back as zeros", () => {
    const { memory, value } = machine();
    value(214, [0x22000]);
    memory.bytes.fill(7, 0x20000 - BASE, 0x22000 - BASE);
    expect(value(214, [0x20800])).toBe(0x20800);
    expect(value(214, [0x22000])).toBe(0x22000);
    const heap = memory.read(0x20000, 0x2000)!;
    expect(heap.subarray(0, 0x800).every((byte) => byte === 7)).toBe(true);
    expect(heap.subarray(0x800).every((byte) => byte === 0)).toBe(true);
  });

  test("stays when more than a transfer, or bad memory, is given back", () => {
    const { process, value } = machine();
    value(214, [0x20001 + MAX_TRANSFER]);
    expect(value(214, [0x20000])).toBe(0x20001 + MAX_TRANSFER);
    expect(value(214, [0x20001])).toBe(0x20001);
    const odd: ProcessState = { ...process, brk: READ_ONLY + 8, brkLimit: READ_ONLY + 8 };
    const bad = systemCall({
      memory: new Memory(),
      process: odd,
      number: 214,
      args: [READ_ONLY],
      time: 0n,
    });
    expect(bad).toEqual({ kind: "value", value: READ_ONLY + 8 });
  });
});

describe("clock_gettime", () => {
  const cycles = 16_000_000n * 5_000_000_000n + 24_000_001n;

  test("403 answers 64-bit seconds and nanoseconds of 16 MHz cycles", () => {
    const { memory, value } = machine();
    expect(value(403, [1, 0x2000], cycles)).toBe(0);
    const view = memory.view(0x2000);
    expect(view.getBigUint64(0, true)).toBe(5_000_000_001n);
    expect(view.getBigUint64(8, true)).toBe(500_000_062n);
  });

  test("113 answers 32-bit ones", () => {
    const { memory, value } = machine();
    memory.bytes.fill(9, 0x1000, 0x1010);
    expect(value(113, [0, 0x2000], 24_000_001n)).toBe(0);
    const view = memory.view(0x2000);
    expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([1, 500_000_062]);
    expect(view.getUint32(8, true)).toBe(0x09090909);
    expect(value(113, [0, 0x2000], cycles)).toBe(0);
    expect(view.getUint32(0, true)).toBe(5_000_000_001 % 2 ** 32);
  });

  test("knows the clocks of the system only, and checks memory", () => {
    const { value } = machine();
    for (const clock of [0, 1, 4, 5, 6, 7]) expect(value(403, [clock, 0x2000])).toBe(0);
    for (const clock of [2, 3, 8, -1]) expect(value(403, [clock, 0x2000])).toBe(EINVAL);
    for (const address of [0, READ_ONLY, READ_ONLY - 15, -1]) {
      expect(value(403, [1, address])).toBe(EFAULT);
    }
  });
});

describe("fstat, lseek, close", () => {
  test("fstat says character device", () => {
    const { memory, value } = machine();
    for (const fd of [0, 1, 2]) {
      memory.bytes.fill(9, 0x1000, 0x2000);
      expect(value(80, [fd, 0x2000])).toBe(0);
      const view = memory.view(0x2000);
      expect(view.getUint32(16, true) & 0o170000).toBe(0o020000);
      expect(view.getUint32(20, true)).toBe(1);
      expect(view.getUint32(56, true)).toBe(4096);
      expect(view.getBigUint64(48, true)).toBe(0n);
      expect(view.getUint8(127)).toBe(0);
      expect(view.getUint8(128)).toBe(9);
    }
    for (const fd of [3, -1]) expect(value(80, [fd, 0x2000])).toBe(EBADF);
    for (const address of [0, READ_ONLY - 127, -1]) expect(value(80, [1, address])).toBe(EFAULT);
  });

  test("lseek is refused", () => {
    const { value } = machine();
    for (const fd of [0, 1, 2]) expect(value(62, [fd, 0, 0])).toBe(ESPIPE);
    expect(value(62, [3, 0, 0])).toBe(EBADF);
  });

  test("a closed descriptor is bad for every call", () => {
    const { value } = machine("abc");
    for (const fd of [0, 1, 2]) {
      expect(value(57, [fd])).toBe(0);
      for (const number of [57, 62, 63, 64, 80]) {
        expect(value(number, [fd, 0x2000, 1])).toBe(EBADF);
      }
    }
    for (const fd of [3, 32, 33, -1]) expect(value(57, [fd])).toBe(EBADF);
  });

  test("closing one leaves the others", () => {
    for (const [closed, other] of [
      [1, 2],
      [2, 1],
    ]) {
      const { value } = machine();
      value(57, [closed!]);
      expect(value(64, [other!, 0x2000, 1])).toBe(1);
    }
  });
});

describe("other calls", () => {
  test("answer ENOSYS and are counted by number", () => {
    const { process, value } = machine();
    for (const number of [56, 66, 56, 2 ** 32 - 1]) expect(value(number)).toBe(ENOSYS);
    expect([...process.unimplemented]).toEqual([
      [56, 2],
      [66, 1],
      [0xffffffff, 1],
    ]);
  });

  test("are counted together when a program tries too many numbers", () => {
    const { process, value } = machine();
    for (let number = 1000; number < 2000; number++) value(number);
    expect(value(1000)).toBe(ENOSYS);
    expect(process.unimplemented.size).toBe(65);
    expect(process.unimplemented.get(1000)).toBe(2);
    expect(process.unimplemented.get(-1)).toBe(1000 - 64);
  });
});

test("no call, whatever its arguments, throws or leaves the heap's limits", () => {
  const { memory, process } = machine("some input");
  const register = fc.oneof(
    fc.constantFrom(0, 1, 2, 3, BASE, READ_ONLY, 0x20000, 0x280000, 0x7fffffff, -1, 0xffffffff),
    fc.integer(),
  );
  const number = fc.oneof(fc.constantFrom(57, 62, 63, 64, 80, 93, 94, 113, 214, 403), fc.integer());
  const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(number, fc.array(register, { maxLength: 6 }), time, (number, args, time) => {
      process.closed = 0;
      const result = systemCall({ memory, process, number, args, time });
      if (result.kind === "exit") expect(result.code & ~0xff).toBe(0);
      else expect(result.value).toBe(result.value | 0);
      expect(result.output?.bytes.length ?? 0).toBeLessThanOrEqual(MAX_TRANSFER);
      expect(process.brk).toBeGreaterThanOrEqual(process.brkStart);
      expect(process.brk).toBeLessThanOrEqual(process.brkLimit);
      expect(process.stdinOffset).toBeLessThanOrEqual(process.stdin.length);
    }),
    { numRuns: 2000 },
  );
});

describe("initialStack", () => {
  const TOP = 0x100000;

  test("has argc, argv, no environment, no auxiliary vector, and the texts", () => {
    const args = ["program", "", "größer", "x y"];
    const { sp, bytes } = initialStack(args, TOP);
    expect(sp % 16).toBe(0);
    expect(sp + bytes.length).toBeLessThanOrEqual(TOP);
    expect(TOP - sp - bytes.length).toBeLessThan(16);
    const view = new DataView(bytes.buffer);
    expect(view.getUint32(0, true)).toBe(4);
    const found = args.map((_, i) => {
      const start = view.getUint32(4 + 4 * i, true) - sp;
      return new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
    });
    expect(found).toEqual(args);
    expect(bytes.slice(20, 36)).toEqual(new Uint8Array(16));
  });

  test("may be without arguments", () => {
    const { sp, bytes } = initialStack([], TOP);
    expect(sp).toBe(TOP - 32);
    expect(bytes).toEqual(new Uint8Array(20));
  });

  test("is refused when it is too large or holds a NUL", () => {
    const fits = MAX_INITIAL_STACK - 24 - 1;
    expect(initialStack(["x".repeat(fits)], TOP).bytes.length).toBe(MAX_INITIAL_STACK);
    expect(() => initialStack(["x".repeat(fits + 1)], TOP)).toThrow(OptionError);
    expect(() => initialStack(["x".repeat(5000)], 4096)).toThrow(/at most 4096/);
    expect(() => initialStack(["a", "b\0c"], TOP)).toThrow(/args\[1\]/);
    expect(() => initialStack([5 as unknown as string], TOP)).toThrow(/args\[0\]: found 5/);
  });
});

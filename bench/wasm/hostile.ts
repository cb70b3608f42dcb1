// Modules that are large in one respect, and as large as one likes: what comes in must be read in time and memory
// that grow with it.

import { Writer } from "../../src/instrument/writer.js";

export interface Hostile {
  readonly name: string;
  /** Of about so many bytes. */
  make(bytes: number): Uint8Array;
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const TYPE = 1;
const IMPORT = 2;
const FUNCTION = 3;
const TABLE = 4;
const MEMORY = 5;
const GLOBAL = 6;
const EXPORT = 7;
const ELEMENT = 9;
const CODE = 10;
const DATA = 11;
/** What an engine takes of a function's body, and of functions. */
const MOST_BODY = 7_000_000;
const MOST_FUNCTIONS = 999_000;

type Section = readonly [id: number, content: Writer];

/** Something written so often. */
function repeated(count: number, each: (out: Writer, index: number) => void): Writer {
  const out = new Writer(1 << 16);
  for (let index = 0; index < count; index++) each(out, index);
  return out;
}

function vector(count: number, each: (out: Writer, index: number) => void): Writer {
  const out = new Writer(1 << 16);
  out.u32(count);
  const items = repeated(count, each);
  out.bytes(items.written);
  return out;
}

const of = (...bytes: number[]) => Uint8Array.from(bytes);
const one = (...bytes: number[]) => vector(1, (out) => out.bytes(of(...bytes)));

function moduleOf(...sections: readonly Section[]): Uint8Array {
  const out = new Writer(1 << 16);
  out.bytes(of(...HEADER));
  for (const [id, content] of sections) {
    out.byte(id);
    out.sized(content);
  }
  return out.take();
}

const VOID: Section = [TYPE, one(0x60, 0, 0)];
const PAGE: Section = [MEMORY, one(0, 1)];
const ENTRY: Section = [TABLE, one(0x70, 0, 1)];

/** Functions of type () → (), with these instructions each. */
function functions(count: number, code: (index: number) => Uint8Array): Section[] {
  const bodies = vector(count, (out, index) => {
    const instructions = code(index);
    out.u32(instructions.length + 2);
    out.byte(0);
    out.bytes(instructions);
    out.byte(0x0b);
  });
  return [
    [FUNCTION, vector(count, (out) => out.byte(0))],
    [CODE, bodies],
  ];
}

/** One function of these instructions, again and again. */
function body(bytes: number, ...code: number[]): Section[] {
  const count = Math.floor(Math.min(bytes, MOST_BODY) / code.length);
  const instructions = repeated(count, (out) => out.bytes(of(...code)));
  return functions(1, () => instructions.written);
}

/** The same in a module with a memory. */
function withMemory(bytes: number, ...code: number[]): Uint8Array {
  const [count, bodies] = body(bytes, ...code) as [Section, Section];
  return moduleOf(VOID, count, PAGE, bodies);
}

/** So many functions that each calls the next; the last one the first, or nobody. */
function chain(bytes: number, isCircle: boolean): Uint8Array {
  const count = Math.floor(bytes / 9);
  const call = (index: number) => {
    const out = new Writer(8);
    if (index + 1 === count && !isCircle) return of();
    out.byte(0x10);
    out.u32((index + 1) % count);
    return out.take();
  };
  return moduleOf(VOID, ...functions(count, call));
}

function named(name: string, count: number, each: (out: Writer, index: number) => void): Section {
  const out = new Writer();
  out.name("name");
  const content = vector(count, each);
  out.byte(name === "functions" ? 1 : 2);
  out.sized(content);
  return [0, out];
}

/** Exports of one function by the names that the instrumenter would give its own. */
function taken(bytes: number): Uint8Array {
  const count = Math.floor(Math.sqrt(2 * bytes));
  const exports = vector(count, (out, index) => {
    out.name(`primemeter.counter${"'".repeat(index)}`);
    out.bytes(of(0, 0));
  });
  const [own, code] = functions(1, () => of()) as [Section, Section];
  return moduleOf(VOID, own, [EXPORT, exports], code);
}

function elements(...content: readonly [Writer]): Uint8Array {
  const [own, code] = functions(1, () => of()) as [Section, Section];
  return moduleOf(VOID, own, ENTRY, [ELEMENT, ...content], code);
}

const few = (bytes: number, each: number) => Math.min(Math.floor(bytes / each), MOST_FUNCTIONS);
const nothing = () => of();

export const HOSTILE: readonly Hostile[] = [
  {
    name: "empty functions",
    make: (bytes) => moduleOf(VOID, ...functions(few(bytes, 4), nothing)),
  },
  {
    name: "functions that call a plain one",
    make: (bytes) => {
      const calls = of(0x10, 0, 0x10, 0, 0x10, 0);
      return moduleOf(VOID, ...functions(few(bytes, 10), (i) => (i === 0 ? of() : calls)));
    },
  },
  { name: "a chain of calls", make: (bytes) => chain(Math.min(bytes, 8e6), false) },
  { name: "a circle of calls", make: (bytes) => chain(Math.min(bytes, 8e6), true) },
  { name: "one body", make: (bytes) => moduleOf(VOID, ...body(bytes, 0x41, 0, 0x1a)) },
  { name: "calls in one body", make: (bytes) => moduleOf(VOID, ...body(bytes, 0x10, 0)) },
  {
    name: "loops within loops",
    make: (bytes) => {
      const count = Math.floor(Math.min(bytes, MOST_BODY) / 3);
      const code = repeated(count, (out) => out.bytes(of(0x03, 0x40)));
      code.bytes(repeated(count, (out) => out.byte(0x0b)).written);
      return moduleOf(VOID, ...functions(1, () => code.written));
    },
  },
  { name: "branches", make: (bytes) => moduleOf(VOID, ...body(bytes, 0x41, 0, 0x0d, 0)) },
  {
    name: "tables of 1,000 branches",
    make: (bytes) => {
      const table = new Writer(1100);
      table.bytes(of(0x02, 0x40, 0x41, 0, 0x0e));
      table.u32(1000);
      table.bytes(new Uint8Array(1001));
      table.byte(0x0b);
      return moduleOf(VOID, ...body(bytes, ...table.written));
    },
  },
  { name: "handlers", make: (bytes) => moduleOf(VOID, ...body(bytes, 0x06, 0x40, 0x19, 0x0b)) },
  {
    name: "memory.fill",
    make: (bytes) => withMemory(bytes, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0),
  },
  { name: "memory.grow", make: (bytes) => withMemory(bytes, 0x41, 0, 0x40, 0, 0x1a) },
  {
    name: "40,000 groups of locals",
    make: (bytes) => {
      const out = new Writer(1 << 17);
      out.u32(40_000);
      out.bytes(repeated(40_000, (to) => to.bytes(of(1, 0x7f))).written);
      out.byte(0x0b);
      const count = Math.max(1, Math.round(bytes / out.length));
      const bodies = vector(count, (to) => to.sized(out));
      return moduleOf(VOID, [FUNCTION, vector(count, (to) => to.byte(0))], [CODE, bodies]);
    },
  },
  {
    name: "types",
    make: (bytes) => moduleOf([TYPE, vector(few(bytes, 3), (out) => out.bytes(of(0x60, 0, 0)))]),
  },
  {
    name: "imports",
    make: (bytes) => {
      const imports = vector(few(bytes, 5), (out) => out.bytes(of(1, 0x61, 0, 0, 0)));
      return moduleOf(VOID, [IMPORT, imports]);
    },
  },
  {
    name: "globals",
    make: (bytes) => {
      const globals = vector(few(bytes, 5), (out) => out.bytes(of(0x7f, 1, 0x41, 0, 0x0b)));
      return moduleOf([GLOBAL, globals]);
    },
  },
  { name: "exports of our names", make: taken },
  {
    name: "elements",
    make: (bytes) => {
      const content = new Writer(bytes + 16);
      content.bytes(of(1, 0, 0x41, 0, 0x0b));
      content.bytes(vector(Math.min(bytes, 9_000_000), (out) => out.byte(0)).written);
      return elements(content);
    },
  },
  {
    name: "segments of elements",
    make: (bytes) =>
      elements(vector(few(bytes, 6), (out) => out.bytes(of(0, 0x41, 0, 0x0b, 1, 0)))),
  },
  {
    name: "data",
    make: (bytes) => {
      const content = new Writer(bytes + 16);
      content.bytes(of(1, 0, 0x41, 0, 0x0b));
      content.u32(bytes);
      content.bytes(new Uint8Array(bytes));
      return moduleOf(PAGE, [DATA, content]);
    },
  },
  {
    name: "custom sections",
    make: (bytes) => {
      const out = new Writer(bytes + 16);
      out.bytes(of(...HEADER));
      for (let at = 0; at < bytes; at += 3) out.bytes(of(0, 1, 0));
      return out.take();
    },
  },
  {
    name: "names of functions",
    make: (bytes) => {
      const count = few(bytes, 12);
      const names = named("functions", count, (out, index) => {
        out.u32(index);
        out.name(`f${index}`);
      });
      return moduleOf(VOID, ...functions(count, nothing), names);
    },
  },
  {
    name: "names of locals",
    make: (bytes) => {
      const count = few(bytes, 11);
      const names = named("locals", count, (out, index) => {
        out.u32(index);
        out.bytes(of(1, 0, 1, 0x61));
      });
      return moduleOf(VOID, ...functions(count, nothing), names);
    },
  },
];

// Reads modules for the reference interpreter. By itself, and plainly: it shares nothing with the instrumenter,
// so that a misunderstanding of the format would have to happen twice. Knows what the interpreter knows.

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;

export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

export interface Limits {
  readonly least: number;
  readonly most: number | undefined;
}

export interface TableType extends Limits {
  readonly of: number;
}

export interface GlobalType {
  readonly of: number;
  readonly isMutable: boolean;
}

export type Kind = "function" | "table" | "memory" | "global";
export const KINDS: readonly Kind[] = ["function", "table", "memory", "global"];

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: Kind;
}

export interface Export {
  readonly name: string;
  readonly kind: Kind;
  readonly index: number;
}

/** A constant expression: one instruction, as far as is known here. */
export type Constant =
  | { readonly value: number | bigint | null }
  | { readonly global: number }
  | { readonly function: number };

/** Of elements and of data. */
export interface Segment<T> {
  readonly mode: "active" | "passive" | "declarative";
  readonly into: number;
  readonly offset: Constant;
  readonly items: T;
}

export interface Body {
  /** Types of the locals, without the parameters. */
  readonly locals: readonly number[];
  /** Of the instructions, with the last `end`. */
  readonly from: number;
  readonly to: number;
}

/** Functions, tables, memories and globals with those that are imported first. */
export interface Decoded {
  readonly bytes: Uint8Array;
  readonly types: FunctionType[];
  readonly imports: Import[];
  /** Indices of types. */
  readonly functions: number[];
  readonly tables: TableType[];
  readonly memories: Limits[];
  readonly globals: GlobalType[];
  /** Of the globals that aren't imported. */
  readonly initials: Constant[];
  readonly exports: Export[];
  start: number | undefined;
  readonly elements: Segment<Constant[]>[];
  readonly data: Segment<Uint8Array>[];
  readonly bodies: Body[];
}

/** Goes through bytes. @throws {Error} past the end. */
export class Cursor {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error("decode: the module ends too early");
    return byte;
  }

  /** Unsigned LEB128. */
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** Signed LEB128. */
  signed(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(Number(shift) + 7, value);
    }
  }

  take(length: number): Uint8Array {
    this.at += length;
    if (this.at > this.bytes.length) throw new Error("decode: the module ends too early");
    return this.bytes.subarray(this.at - length, this.at);
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.u32()));
  }

  list<T>(each: () => T): T[] {
    return Array.from({ length: this.u32() }, each);
  }

  view(length: number): DataView {
    const bytes = this.take(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }
}

const HEADER = 8;

/** @throws {Error} for what it doesn't know. */
export function decode(bytes: Uint8Array): Decoded {
  const cursor = new Cursor(bytes, HEADER);
  const module: Decoded = {
    ...{ bytes, types: [], imports: [], functions: [], tables: [], memories: [], globals: [] },
    ...{ initials: [], exports: [], start: undefined, elements: [], data: [], bodies: [] },
  };
  while (cursor.at < bytes.length) {
    const id = cursor.byte();
    const size = cursor.u32();
    const end = cursor.at + size;
    if (id !== 0) section(id, cursor, module);
    if (id !== 0 && cursor.at !== end) throw new Error(`decode: section ${id} has another size`);
    cursor.at = end;
  }
  return module;
}

function section(id: number, cursor: Cursor, module: Decoded): void {
  const { types, functions, tables, memories, globals, initials, exports } = module;
  switch (id) {
    case 1:
      types.push(...cursor.list(() => functionType(cursor)));
      return;
    case 2:
      module.imports.push(...cursor.list(() => importOf(cursor, module)));
      return;
    case 3:
      functions.push(...cursor.list(() => cursor.u32()));
      return;
    case 4:
      tables.push(...cursor.list(() => tableType(cursor)));
      return;
    case 5:
      memories.push(...cursor.list(() => limits(cursor)));
      return;
    case 6:
      cursor.list(() => {
        globals.push(globalType(cursor));
        initials.push(constant(cursor));
      });
      return;
    case 7:
      exports.push(...cursor.list(() => exportOf(cursor)));
      return;
    case 8:
      module.start = cursor.u32();
      return;
    case 9:
      module.elements.push(...cursor.list(() => elements(cursor)));
      return;
    case 10:
      module.bodies.push(...cursor.list(() => body(cursor)));
      return;
    case 11:
      module.data.push(...cursor.list(() => data(cursor)));
      return;
    case 12:
      cursor.u32();
      return;
    default:
      throw new Error(`decode: section ${id} is not known here`);
  }
}

function functionType(cursor: Cursor): FunctionType {
  if (cursor.byte() !== 0x60) throw new Error("decode: types other than functions' aren't known");
  return { parameters: cursor.list(() => valueType(cursor)), results: list(cursor) };
}

function list(cursor: Cursor): number[] {
  return cursor.list(() => valueType(cursor));
}

function valueType(cursor: Cursor): number {
  const type = cursor.byte();
  if ([I32, I64, F32, F64, V128, FUNCREF, EXTERNREF].includes(type)) return type;
  throw new Error(`decode: type ${type} is not known here`);
}

function importOf(cursor: Cursor, module: Decoded): Import {
  const names = { module: cursor.name(), name: cursor.name() };
  const kind = KINDS[cursor.byte()];
  if (kind === "function") module.functions.push(cursor.u32());
  else if (kind === "table") module.tables.push(tableType(cursor));
  else if (kind === "memory") module.memories.push(limits(cursor));
  else if (kind === "global") module.globals.push(globalType(cursor));
  else throw new Error("decode: an import of a kind that is not known here");
  return { ...names, kind };
}

function tableType(cursor: Cursor): TableType {
  return { of: valueType(cursor), ...limits(cursor) };
}

function limits(cursor: Cursor): Limits {
  const flags = cursor.byte();
  if (flags > 1) throw new Error("decode: shared and 64-bit memories aren't known here");
  const least = cursor.u32();
  return { least, most: flags === 1 ? cursor.u32() : undefined };
}

function globalType(cursor: Cursor): GlobalType {
  return { of: valueType(cursor), isMutable: cursor.byte() === 1 };
}

function exportOf(cursor: Cursor): Export {
  const name = cursor.name();
  const kind = KINDS[cursor.byte()];
  if (!kind) throw new Error("decode: an export of a kind that is not known here");
  return { name, kind, index: cursor.u32() };
}

function constant(cursor: Cursor): Constant {
  const value = constantInstruction(cursor);
  if (cursor.byte() !== 0x0b) throw new Error("decode: longer constants aren't known here");
  return value;
}

function constantInstruction(cursor: Cursor): Constant {
  const opcode = cursor.byte();
  switch (opcode) {
    case 0x41:
      return { value: Number(cursor.signed()) };
    case 0x42:
      return { value: cursor.signed() };
    case 0x43:
      return { value: cursor.view(4).getFloat32(0, true) };
    case 0x44:
      return { value: cursor.view(8).getFloat64(0, true) };
    case 0x23:
      return { global: cursor.u32() };
    case 0xd0:
      cursor.byte();
      return { value: null };
    case 0xd2:
      return { function: cursor.u32() };
    default:
      throw new Error(`decode: constant 0x${opcode.toString(16)} is not known here`);
  }
}

const ZERO: Constant = { value: 0 };

function elements(cursor: Cursor): Segment<Constant[]> {
  const flags = cursor.u32();
  const isActive = (flags & 1) === 0;
  const into = isActive && flags & 2 ? cursor.u32() : 0;
  const offset = isActive ? constant(cursor) : ZERO;
  // A kind or a type: neither is needed.
  if (flags & 3) cursor.byte();
  const items = cursor.list(() =>
    flags & 4 ? constant(cursor) : ({ function: cursor.u32() } satisfies Constant),
  );
  const mode = isActive ? "active" : flags & 2 ? "declarative" : "passive";
  return { mode, into, offset, items };
}

function data(cursor: Cursor): Segment<Uint8Array> {
  const flags = cursor.u32();
  const into = flags === 2 ? cursor.u32() : 0;
  const offset = flags === 1 ? ZERO : constant(cursor);
  const items = cursor.take(cursor.u32());
  return { mode: flags === 1 ? "passive" : "active", into, offset, items };
}

function body(cursor: Cursor): Body {
  const size = cursor.u32();
  const to = cursor.at + size;
  const groups = cursor.list(() => ({ length: cursor.u32(), type: valueType(cursor) }));
  const locals = groups.flatMap(({ length, type }) => new Array<number>(length).fill(type));
  const from = cursor.at;
  cursor.at = to;
  return { locals, from, to };
}

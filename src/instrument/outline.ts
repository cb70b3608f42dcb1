// The outline of a module: where its sections and bodies are, and what of it the counting must know.

import { malformed, unsupported } from "./error.js";
import { skipExpression, skipValueType } from "./instruction.js";
import { Reader } from "./reader.js";

export const CUSTOM = 0;
export const TYPE = 1;
export const IMPORT = 2;
export const FUNCTION = 3;
export const TABLE = 4;
export const MEMORY = 5;
export const GLOBAL = 6;
export const EXPORT = 7;
export const START = 8;
export const ELEMENT = 9;
export const CODE = 10;
export const DATA = 11;
export const DATA_COUNT = 12;
export const TAG = 13;

/** In what order sections come; custom ones may be anywhere. */
export const ORDER = [
  ...[TYPE, IMPORT, FUNCTION, TABLE, MEMORY, TAG, GLOBAL, EXPORT, START, ELEMENT, DATA_COUNT, CODE],
  DATA,
];

export interface Section {
  readonly id: number;
  /** Its content; of a custom section, behind its name. */
  readonly from: number;
  readonly to: number;
  /** Of a custom section. */
  readonly name: string;
}

/** Kinds of what is imported and exported. */
export const KINDS = ["function", "table", "memory", "global", "tag"] as const;

/** Something that is imported or exported: the kind as a number, and its index among those of that kind. */
export interface Item {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

export interface ImportItem extends Item {
  readonly module: string;
}

export class Outline {
  readonly bytes: Uint8Array;
  readonly sections: Section[] = [];
  /** By type index: how many parameters a function of it has; −1: it is no function's. */
  readonly parameters: number[] = [];
  /** And how many results. */
  readonly results: number[] = [];
  /** Where a function's type is in the bytes, behind its form. */
  readonly typesAt: number[] = [];
  readonly imports: ImportItem[] = [];
  readonly exports: Item[] = [];
  importedFunctions = 0;
  /** By function index, imported ones first. */
  readonly functionTypes: number[] = [];
  /** By index: whether its addresses have 64 bits. */
  readonly memories64: boolean[] = [];
  readonly tables64: boolean[] = [];
  /** By index, where the type of a global is in the bytes; imported ones first. */
  readonly globalsAt: number[] = [];
  importedGlobals = 0;
  /** Imported ones. */
  tags = 0;
  /** The function that runs at instantiation. */
  start: number | undefined;
  /** Functions that can be called by reference, as far as that is not in bodies. */
  readonly referenced = new Set<number>();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  section(id: number): Section | undefined {
    return this.sections.find((section) => section.id === id);
  }

  get globals(): number {
    return this.globalsAt.length;
  }

  reader(section: Section): Reader {
    return new Reader(this.bytes, section.from, section.to);
  }
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** @throws {ModuleError} */
export function outlineOf(bytes: Uint8Array): Outline {
  const outline = new Outline(bytes);
  const reader = new Reader(bytes);
  for (const [at, byte] of MAGIC.entries()) {
    if (reader.byte() === byte) continue;
    if (at < 4) throw malformed(at, "found no magic number, expected \\0asm");
    throw unsupported(at, "found a version, or a component, that is not WebAssembly 1");
  }
  let last = -1;
  while (!reader.isDone) {
    const at = reader.at;
    const id = reader.byte();
    const content = reader.part(reader.u32());
    let name = "";
    if (id === CUSTOM) name = content.name();
    else {
      const place = ORDER.indexOf(id);
      if (place < 0) throw unsupported(at, `found section ${id}, which is not known`);
      if (place <= last) throw malformed(at, `found section ${id} out of order`);
      last = place;
    }
    outline.sections.push({ id, from: content.at, to: content.end, name });
    READERS[id]?.(outline, content);
    if (READERS[id] && !content.isDone) {
      throw malformed(content.at, `found more than section ${id} has`);
    }
    checkTypes(outline, content);
  }
  return outline;
}

const READERS: Record<number, (outline: Outline, reader: Reader) => void> = {
  [TYPE]: readTypes,
  [IMPORT]: readImports,
  [FUNCTION]: (outline, reader) => {
    for (let left = reader.u32(); left > 0; left--)
      outline.functionTypes.push(typeIndex(outline, reader));
  },
  [TABLE]: (outline, reader) => {
    for (let left = reader.u32(); left > 0; left--) outline.tables64.push(readTable(reader));
  },
  [MEMORY]: (outline, reader) => {
    for (let left = reader.u32(); left > 0; left--) outline.memories64.push(readLimits(reader));
  },
  [GLOBAL]: (outline, reader) => {
    for (let left = reader.u32(); left > 0; left--) {
      passGlobal(outline, reader);
      skipExpression(reader, (index) => outline.referenced.add(index));
    }
  },
  [EXPORT]: (outline, reader) => {
    for (let left = reader.u32(); left > 0; left--) {
      const name = reader.name();
      const kind = reader.byte();
      const index = exported(outline, kind, reader);
      outline.exports.push({ name, kind, index });
    }
  },
  [START]: (outline, reader) => {
    const at = reader.at;
    outline.start = functionIndex(outline, reader);
    const type = outline.functionTypes[outline.start]!;
    if (outline.parameters[type] !== 0 || outline.results[type] !== 0) {
      throw malformed(at, "found a start function that takes or gives something");
    }
    outline.referenced.add(outline.start);
  },
};

function exported(outline: Outline, kind: number, reader: Reader): number {
  if (kind >= KINDS.length) {
    throw unsupported(reader.at - 1, `found an export of kind ${kind}, which is not known`);
  }
  if (kind === 3) return below("global", outline.globals, reader);
  if (kind !== 0) return reader.u32();
  const index = functionIndex(outline, reader);
  outline.referenced.add(index);
  return index;
}

function passGlobal(outline: Outline, reader: Reader): void {
  outline.globalsAt.push(reader.at);
  skipValueType(reader);
  reader.byte();
}

function readTypes(outline: Outline, reader: Reader): void {
  for (let left = reader.u32(); left > 0; left--) {
    if (reader.bytes[reader.at] === 0x4e) {
      reader.byte();
      for (let more = reader.u32(); more > 0; more--) readType(outline, reader);
    } else readType(outline, reader);
  }
}

function readType(outline: Outline, reader: Reader): void {
  const at = reader.at;
  let form = reader.byte();
  if (form === 0x50 || form === 0x4f) {
    for (let left = reader.u32(); left > 0; left--) reader.u32();
    form = reader.byte();
  }
  outline.typesAt.push(reader.at);
  if (form === 0x60) {
    outline.parameters.push(skipValueTypes(reader));
    outline.results.push(skipValueTypes(reader));
    return;
  }
  outline.parameters.push(-1);
  outline.results.push(-1);
  if (form === 0x5f) for (let left = reader.u32(); left > 0; left--) skipField(reader);
  else if (form === 0x5e) skipField(reader);
  else throw unsupported(at, `found a type of form 0x${form.toString(16)}, which is not known`);
}

/** How many. */
function skipValueTypes(reader: Reader): number {
  const count = reader.u32();
  for (let left = count; left > 0; left--) skipValueType(reader);
  return count;
}

/** The types of a function's parameters and results, as they are in the bytes. */
export function valueTypes({ bytes, typesAt }: Outline, type: number): [Uint8Array, Uint8Array] {
  const reader = new Reader(bytes, typesAt[type]!);
  const next = () => {
    const count = reader.u32();
    const from = reader.at;
    for (let left = count; left > 0; left--) skipValueType(reader);
    return bytes.subarray(from, reader.at);
  };
  return [next(), next()];
}

function skipField(reader: Reader): void {
  const packed = reader.bytes[reader.at];
  if (packed === 0x78 || packed === 0x77) reader.byte();
  else skipValueType(reader);
  reader.byte();
}

function readImports(outline: Outline, reader: Reader): void {
  for (let left = reader.u32(); left > 0; left--) {
    const [module, name] = [reader.name(), reader.name()];
    const at = reader.at;
    const kind = reader.byte();
    if (kind >= KINDS.length) {
      throw unsupported(at, `found an import of kind ${kind}, which is not known`);
    }
    outline.imports.push({ module, name, kind, index: imported(outline, kind, reader) });
  }
}

function imported(outline: Outline, kind: number, reader: Reader): number {
  if (kind === 0) {
    outline.functionTypes.push(typeIndex(outline, reader));
    return outline.importedFunctions++;
  }
  if (kind === 1) {
    skipValueType(reader);
    return outline.tables64.push(readLimits(reader)) - 1;
  }
  if (kind === 2) return outline.memories64.push(readLimits(reader)) - 1;
  if (kind === 3) {
    passGlobal(outline, reader);
    return outline.importedGlobals++;
  }
  reader.byte();
  typeIndex(outline, reader);
  return outline.tags++;
}

function readTable(reader: Reader): boolean {
  const hasInit = reader.bytes[reader.at] === EMPTY_BLOCK;
  if (hasInit) reader.skip(2);
  skipValueType(reader);
  const is64 = readLimits(reader);
  if (hasInit) skipExpression(reader, () => {});
  return is64;
}

const EMPTY_BLOCK = 0x40;

/** Whether they are of 64 bits. */
function readLimits(reader: Reader): boolean {
  const at = reader.at;
  const flags = reader.byte();
  if (flags > 7)
    throw unsupported(at, `found limits with flags ${flags}, such as another page size`);
  reader.skipLeb(64);
  if (flags & 1) reader.skipLeb(64);
  return (flags & 4) !== 0;
}

// An index that is one too high would name what the instrumenter adds.

export function functionIndex(outline: Outline, reader: Reader): number {
  return below("function", outline.functionTypes.length, reader);
}

export function typeIndex(outline: Outline, reader: Reader): number {
  return below("type", outline.parameters.length, reader);
}

/** The same of what has been read as types of values and of blocks. */
export function checkTypes({ parameters }: Outline, { at, highestType }: Reader): void {
  if (highestType < parameters.length) return;
  throw malformed(at, `found type ${highestType} before, expected below ${parameters.length}`);
}

function below(what: string, most: number, reader: Reader): number {
  const at = reader.at;
  const index = reader.u32();
  if (index >= most) throw malformed(at, `found ${what} ${index}, expected below ${most}`);
  return index;
}

// Sections other than code, copied with what the counting adds: a type, an import, a global, an export. The
// function that is imported comes after the module's own imports, so all its own functions move up by one.

import type { Hint } from "./emit.js";
import { malformed, unsupported } from "./error.js";
import { skipExpression, skipValueType } from "./instruction.js";
import * as op from "./opcode.js";
import { checkTypes, type Outline, type Section, valueTypes } from "./outline.js";
import { Reader } from "./reader.js";
import { Writer } from "./writer.js";

export interface Additions {
  readonly module: string;
  readonly field: string;
  /** The name of the exported counter, and of what calls the start function if there is one. */
  readonly counter: string;
  readonly start: string | undefined;
}

export class Rewriter {
  readonly #outline: Outline;
  readonly #additions: Additions;
  readonly #carries: (body: number) => boolean;
  /** By type: the one of functions that are of it and carry the counter; in the order of these. */
  readonly #carrying = new Map<number, number>();

  /** `carries`: whether a function, by its body, takes the counter and gives it back. */
  constructor(
    outline: Outline,
    additions: Additions,
    carries: (body: number) => boolean = () => false,
  ) {
    this.#outline = outline;
    this.#additions = additions;
    this.#carries = carries;
    const { functionTypes, importedFunctions, parameters } = outline;
    for (const [body, type] of functionTypes.slice(importedFunctions).entries()) {
      if (!carries(body) || this.#carrying.has(type)) continue;
      this.#carrying.set(type, parameters.length + 1 + this.#carrying.size);
    }
  }

  /** A function's index from now on. */
  function(index: number): number {
    const { importedFunctions, functionTypes } = this.#outline;
    if (index >= functionTypes.length) {
      throw malformed(this.#outline.bytes.length, `found function ${index}, which it has not`);
    }
    return index < importedFunctions ? index : index + 1;
  }

  types(section: Section | undefined): Writer {
    const { parameters, results } = this.#outline;
    const out = this.#more(section, 1 + this.#carrying.size);
    out.bytes(Uint8Array.of(FUNCTION_TYPE, 1, op.I64, 1, op.I64));
    for (const type of this.#carrying.keys()) {
      const [taken, given] = valueTypes(this.#outline, type);
      out.byte(FUNCTION_TYPE);
      out.u32(parameters[type]! + 1);
      out.bytes(taken);
      out.byte(op.I64);
      out.u32(results[type]! + 1);
      out.bytes(given);
      out.byte(op.I64);
    }
    return out;
  }

  imports(section: Section | undefined): Writer {
    const out = this.#more(section, 1);
    out.name(this.#additions.module);
    out.name(this.#additions.field);
    out.byte(0);
    out.u32(this.#outline.parameters.length);
    return out;
  }

  /**
   * The functions behind all others: one is called when the counter is used up, one calls the start function, which
   * would be declared for `ref.func` if it were exported itself.
   */
  functions(): Writer {
    const { start, functionTypes, importedFunctions, parameters } = this.#outline;
    const own = functionTypes.slice(importedFunctions);
    const out = new Writer(own.length * 2 + 16);
    out.u32(own.length + (start === undefined ? 1 : 2));
    for (const [body, type] of own.entries()) {
      out.u32(this.#carries(body) ? this.#carrying.get(type)! : type);
    }
    out.u32(parameters.length);
    if (start !== undefined) out.u32(functionTypes[start]!);
    return out;
  }

  globals(section: Section | undefined): Writer {
    const out = new Writer();
    const reader = section && this.#outline.reader(section);
    const count = reader?.u32() ?? 0;
    out.u32(count + 1);
    for (let left = count; reader && left > 0; left--) {
      const from = reader.at;
      skipValueType(reader);
      reader.byte();
      out.bytes(reader.bytes, from, reader.at);
      this.#expression(reader, out);
    }
    // Mutable, and 0: the first look calls for cycles.
    out.bytes(Uint8Array.of(op.I64, 1, op.I64_CONST, 0, op.END));
    return out;
  }

  exports(section: Section | undefined): Writer {
    const out = new Writer();
    const reader = section && this.#outline.reader(section);
    const count = reader?.u32() ?? 0;
    const { counter, start } = this.#additions;
    out.u32(count + (start === undefined ? 1 : 2));
    for (let left = count; reader && left > 0; left--) {
      const from = reader.at;
      reader.name();
      const kind = reader.byte();
      out.bytes(reader.bytes, from, reader.at);
      const index = reader.u32();
      out.u32(kind === 0 ? this.function(index) : index);
    }
    out.name(counter);
    out.byte(3);
    out.u32(this.#outline.globals);
    if (start === undefined) return out;
    out.name(start);
    out.byte(0);
    // Behind the import that comes first of all that is new, and the other one.
    out.u32(this.#outline.functionTypes.length + 2);
    return out;
  }

  tables(section: Section): Writer {
    const reader = this.#outline.reader(section);
    const out = new Writer();
    const count = reader.u32();
    out.u32(count);
    for (let left = count; left > 0; left--) {
      const from = reader.at;
      const hasInit = reader.bytes[from] === op.EMPTY;
      if (hasInit) reader.skip(2);
      skipValueType(reader);
      const flags = reader.byte();
      reader.skipLeb(64);
      if (flags & 1) reader.skipLeb(64);
      out.bytes(reader.bytes, from, reader.at);
      if (hasInit) this.#expression(reader, out);
    }
    return out;
  }

  /** `see` is told each function in them. */
  elements(section: Section, see: (index: number) => void = () => {}): Writer {
    const reader = this.#outline.reader(section);
    const out = new Writer(section.to - section.from + 64);
    const count = reader.u32();
    out.u32(count);
    for (let left = count; left > 0; left--) this.#element(reader, out, see);
    if (!reader.isDone) throw malformed(reader.at, "found more than section 9 has");
    checkTypes(this.#outline, reader);
    return out;
  }

  /** Function names, and names of locals and labels by function; the rest stays. */
  names(section: Section): Writer {
    const reader = this.#outline.reader(section);
    const out = new Writer(section.to - section.from + 1024);
    out.name(section.name);
    while (!reader.isDone) {
      const id = reader.byte();
      const content = reader.part(reader.u32());
      const part = new Writer(content.end - content.at + 64);
      if (id === 1) this.#functionNames(content, part);
      else if (id === 2 || id === 3) this.#indirectNames(content, part, id === 2);
      else part.bytes(content.bytes, content.at, content.end);
      out.byte(id);
      out.sized(part);
    }
    return out;
  }

  /** As it is, with the name that a custom section has. */
  copy(section: Section): Writer {
    const out = new Writer(section.to - section.from + 64);
    if (section.id === 0) out.name(section.name);
    out.bytes(this.#outline.bytes, section.from, section.to);
    return out;
  }

  /** A list with a count so much higher, all of it but the last ones. */
  #more(section: Section | undefined, by: number): Writer {
    const out = new Writer();
    if (!section) {
      out.u32(by);
      return out;
    }
    const reader = this.#outline.reader(section);
    out.u32(reader.u32() + by);
    out.bytes(reader.bytes, reader.at, section.to);
    return out;
  }

  #expression(reader: Reader, out: Writer, see: (index: number) => void = () => {}): void {
    let copied = reader.at;
    const from = reader.at;
    const indices: number[] = [];
    skipExpression(reader, (index) => indices.push(index));
    const end = reader.at;
    if (indices.length === 0) {
      out.bytes(reader.bytes, from, end);
      return;
    }
    const again = new Reader(reader.bytes, from, end);
    skipExpression(again, (index, at) => {
      out.bytes(reader.bytes, copied, at);
      see(index);
      out.u32(this.function(index));
      copied = again.at;
    });
    out.bytes(reader.bytes, copied, end);
  }

  #element(reader: Reader, out: Writer, see: (index: number) => void): void {
    const at = reader.at;
    const flags = reader.u32();
    if (flags > 7)
      throw unsupported(at, `found an element segment of kind ${flags}, which is not known`);
    const isActive = (flags & 1) === 0;
    const hasTable = isActive && (flags & 2) !== 0;
    out.u32(flags);
    if (hasTable) out.u32(reader.u32());
    if (isActive) this.#expression(reader, out);
    const byExpression = (flags & 4) !== 0;
    if ((flags & 3) !== 0) {
      const from = reader.at;
      if (byExpression) skipValueType(reader);
      else reader.byte();
      out.bytes(reader.bytes, from, reader.at);
    }
    const count = reader.u32();
    out.u32(count);
    for (let left = count; left > 0; left--) {
      if (byExpression) this.#expression(reader, out, see);
      else {
        const index = reader.u32();
        see(index);
        out.u32(this.function(index));
      }
    }
  }

  #functionNames(reader: Reader, out: Writer): void {
    const { importedFunctions } = this.#outline;
    const entries: [number, Uint8Array][] = [];
    for (let left = reader.u32(); left > 0; left--) {
      const index = this.function(reader.u32());
      const from = reader.at;
      reader.skip(reader.u32());
      entries.push([index, reader.bytes.subarray(from, reader.at)]);
    }
    const own = new Writer();
    own.name(`${this.#additions.module}.${this.#additions.field}`);
    const place = entries.findIndex(([index]) => index > importedFunctions);
    entries.splice(place < 0 ? entries.length : place, 0, [importedFunctions, own.take()]);
    out.u32(entries.length);
    for (const [index, name] of entries) {
      out.u32(index);
      out.bytes(name);
    }
  }

  /** Of the locals of a function that carries, but for the one that has another place. */
  #parameterNames(index: number, reader: Reader, out: Writer): void {
    const { functionTypes, parameters } = this.#outline;
    const most = parameters[functionTypes[index]!]!;
    const names = new Writer();
    let kept = 0;
    for (let left = reader.u32(); left > 0; left--) {
      const local = reader.u32();
      const from = reader.at;
      reader.skip(reader.u32());
      if (local === most) continue;
      kept++;
      names.u32(local);
      names.bytes(reader.bytes, from, reader.at);
    }
    out.u32(kept);
    out.bytes(names.written);
  }

  /** Of locals, or of labels. */
  #indirectNames(reader: Reader, out: Writer, isOfLocals: boolean): void {
    const count = reader.u32();
    out.u32(count);
    for (let left = count; left > 0; left--) {
      const index = reader.u32();
      out.u32(this.function(index));
      if (isOfLocals && this.#carries(index - this.#outline.importedFunctions)) {
        this.#parameterNames(index, reader, out);
        continue;
      }
      const from = reader.at;
      for (let names = reader.u32(); names > 0; names--) {
        reader.u32();
        reader.skip(reader.u32());
      }
      out.bytes(reader.bytes, from, reader.at);
    }
  }
}

const FUNCTION_TYPE = 0x60;

export const HINTS_NAME = "metadata.code.branch_hint";

/** Branch hints by function index, as a section says them. */
export function readHints(outline: Outline, section: Section): Map<number, Hint[]> {
  const reader = outline.reader(section);
  const functions = new Map<number, Hint[]>();
  for (let left = reader.u32(); left > 0; left--) {
    const index = reader.u32();
    const hints: Hint[] = [];
    for (let more = reader.u32(); more > 0; more--) {
      const at = reader.u32();
      reader.u32();
      hints.push({ at, isLikely: reader.byte() === 1 });
    }
    functions.set(index, hints);
  }
  return functions;
}

export function writeHints(functions: readonly (readonly [number, readonly Hint[]])[]): Writer {
  const out = new Writer();
  out.name(HINTS_NAME);
  out.u32(functions.length);
  for (const [index, hints] of functions) {
    out.u32(index);
    out.u32(hints.length);
    for (const { at, isLikely } of hints) {
      out.u32(at);
      out.u32(1);
      out.byte(isLikely ? 1 : 0);
    }
  }
  return out;
}

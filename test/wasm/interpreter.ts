// The reference interpreter: executes instructions one by one and counts as the count rule says. It is to be
// read and believed, not to be fast. MVP, sign extension, saturating conversions, several values, bulk memory,
// reference types and tail calls; one memory.

import * as op from "./code.js";
import { type Constant, type Decoded, decode, F32, F64, I64, type Kind } from "./decode.js";
import { BINARY, Trap, UNARY } from "./numeric.js";
import { PlainFunctions } from "./plain-functions.js";
import { type Prices, USUAL } from "./prices.js";
import {
  type Cell,
  type FunctionReference,
  type Imported,
  LOADS,
  MemoryStore,
  PAGE,
  type Reference,
  SIZES,
  STORES,
  TableStore,
  type Value,
} from "./store.js";

/** V8 has some 10⁴ frames, fewer of large ones: programs that are to be compared stay well below. */
const MOST_CALLS = 1000;

export class Interpreter {
  readonly module: Decoded;
  readonly functions: FunctionReference[] = [];
  readonly tables: TableStore[] = [];
  readonly memories: MemoryStore[] = [];
  readonly globals: Cell[] = [];
  /** Cycles so far. */
  count = 0n;
  readonly #prices: Prices;
  readonly #plain: PlainFunctions;
  readonly #code = new Map<number, op.Instruction[]>();
  readonly #droppedElements = new Set<number>();
  readonly #droppedData = new Set<number>();
  #calls = 0;
  /** What the count is to be if it traps now; and the longest way behind the block at hand. */
  #atTrap = 0n;
  #longest = 0n;

  /**
   * Makes an instance; the start function runs.
   *
   * @throws {Trap} where that traps.
   * @throws {Error} for modules that it doesn't know.
   */
  constructor(
    bytes: Uint8Array,
    imports: Record<string, Record<string, Imported>> = {},
    prices = USUAL,
  ) {
    const module = decode(bytes);
    this.module = module;
    this.#prices = prices;
    this.#plain = new PlainFunctions(module, prices);
    for (const each of module.imports) {
      const given = imports[each.module]?.[each.name];
      if (!given) throw new Error(`interpreter: no import ${each.module} ${each.name}`);
      (this.#all(each.kind) as Imported[]).push(given);
    }
    for (let index = this.functions.length; index < module.functions.length; index++) {
      const type = module.types[module.functions[index]!]!;
      const call = (given: Value[]) => this.#run(index, given);
      this.functions.push({ ...type, call, within: { instance: this, index } });
    }
    for (const { least, most } of module.tables.slice(this.tables.length)) {
      this.tables.push(new TableStore(least, most));
    }
    for (const { least, most } of module.memories.slice(this.memories.length)) {
      this.memories.push(new MemoryStore(least, most));
    }
    for (const initial of module.initials) this.globals.push({ value: this.#constant(initial) });
    for (const [index, { mode, into, offset, items }] of module.elements.entries()) {
      if (mode === "active") {
        this.#initTable(index, into, Number(this.#constant(offset)) >>> 0, 0, items.length);
      }
      if (mode !== "passive") this.#droppedElements.add(index);
    }
    for (const [index, { mode, into, offset, items }] of module.data.entries()) {
      if (mode === "passive") continue;
      const at = Number(this.#constant(offset)) >>> 0;
      this.#initMemory(index, at, 0, items.length, this.memories[into]!);
      this.#droppedData.add(index);
    }
    if (module.start !== undefined) this.functions[module.start]!.call([]);
  }

  /** Of an export. */
  get(name: string): Imported {
    const found = this.module.exports.find((each) => each.name === name);
    if (!found) throw new Error(`interpreter: no export ${name}`);
    return this.#all(found.kind)[found.index]!;
  }

  /** Calls an export. @throws {Trap} where it traps; what was counted until then stays counted. */
  call(name: string, ...given: Value[]): Value[] {
    this.#calls = 0;
    return (this.get(name) as FunctionReference).call(given);
  }

  #all(kind: Kind): Imported[] {
    return (
      { function: this.functions, table: this.tables, memory: this.memories }[kind as "function"] ??
      this.globals
    );
  }

  #constant(of: Constant): Value {
    if ("global" in of) return this.globals[of.global]!.value;
    return "function" in of ? this.functions[of.function]! : of.value;
  }

  /** Runs a function, and those that it ends in calling in place of itself. */
  #run(index: number, given: Value[]): Value[] {
    if (++this.#calls > MOST_CALLS) throw new Trap("stack");
    let outcome: Outcome = { results: given, next: this.functions[index]! };
    try {
      while (outcome.next) {
        const { within, call } = outcome.next as FunctionReference;
        if (within?.instance !== this) return call(outcome.results);
        outcome = this.#execute(within.index, outcome.results);
      }
    } catch (error) {
      if (error instanceof Trap) this.count = this.#atTrap;
      throw error;
    }
    this.#calls -= 1;
    return outcome.results;
  }

  /** Cycles beside those of blocks; who traps from here on pays for the longest way on. */
  #charge(cycles: bigint): void {
    this.count += cycles;
    this.#atTrap = this.count + this.#longest;
  }

  #codeOf(index: number): op.Instruction[] {
    const code = this.#code.get(index) ?? this.#plain.codeOf(index);
    this.#code.set(index, code);
    return code;
  }

  #execute(index: number, given: Value[]): Outcome {
    const code = this.#codeOf(index);
    const { parameters, results } = this.functions[index]!;
    const own = index - (this.module.functions.length - this.module.bodies.length);
    const { locals: types } = this.module.bodies[own]!;
    const locals: Value[] = [...given.slice(0, parameters.length), ...types.map(zero)];
    const stack: Value[] = [];
    const labels: Label[] = [{ to: code.length, height: 0, arity: results.length, isLoop: false }];
    /** @returns Where it goes on. */
    const branch = (depth: number): number => {
      const label = labels.at(-1 - depth)!;
      const carried = stack.splice(stack.length - label.arity);
      stack.length = label.height;
      stack.push(...carried);
      labels.length -= label.isLoop ? depth : depth + 1;
      return label.to;
    };
    const enter = ({ opcode, parameters, results, end }: op.Instruction, at: number) => {
      const height = stack.length - parameters;
      labels.push(
        opcode === op.LOOP
          ? { to: at + 1, height, arity: parameters, isLoop: true }
          : { to: end + 1, height, arity: results, isLoop: false },
      );
    };
    let at = 0;
    while (at < code.length && labels.length > 0) {
      const each = code[at]!;
      this.count += BigInt(each.cost);
      if (each.leads) this.#longest = BigInt(each.longest);
      if (each.begins || each.isExact) this.#charge(0n);
      const { opcode, a, b } = each;
      at += 1;
      switch (opcode) {
        case op.UNREACHABLE:
          throw new Trap("unreachable");
        case op.BLOCK:
        case op.LOOP:
          enter(each, at - 1);
          break;
        case op.IF:
          if (stack.pop() !== 0) enter(each, at - 1);
          else if (each.otherwise < 0) at = each.end + 1;
          else {
            enter(each, at - 1);
            at = each.otherwise + 1;
          }
          break;
        case op.ELSE:
          labels.pop();
          at = each.end + 1;
          break;
        case op.END:
          labels.pop();
          break;
        case op.BR:
          at = branch(a);
          break;
        case op.BR_IF:
          if (stack.pop() !== 0) at = branch(a);
          break;
        case op.BR_TABLE: {
          const chosen = (stack.pop() as number) >>> 0;
          at = branch(each.labels[Math.min(chosen, each.labels.length - 1)]!);
          break;
        }
        case op.RETURN:
          return { results: stack.splice(stack.length - results.length) };
        case op.CALL:
        case op.CALL_INDIRECT:
        case op.RETURN_CALL:
        case op.RETURN_CALL_INDIRECT: {
          const isIndirect = opcode === op.CALL_INDIRECT || opcode === op.RETURN_CALL_INDIRECT;
          const callee = isIndirect ? this.#indirect(stack, a, b) : this.functions[a]!;
          const handed = stack.splice(stack.length - callee.parameters.length);
          if (opcode >= op.RETURN_CALL) return { results: handed, next: callee };
          stack.push(...callee.call(handed));
          break;
        }
        case 0x20:
          stack.push(locals[a]!);
          break;
        case 0x21:
          locals[a] = stack.pop()!;
          break;
        case 0x22:
          locals[a] = stack.at(-1)!;
          break;
        case 0x23:
          stack.push(this.globals[a]!.value);
          break;
        case 0x24:
          this.globals[a]!.value = stack.pop()!;
          break;
        default:
          this.#simple(each, stack);
      }
    }
    return { results: stack.splice(stack.length - results.length) };
  }

  #indirect(stack: Value[], type: number, table: number): FunctionReference {
    const index = (stack.pop() as number) >>> 0;
    const { entries } = this.tables[table]!;
    if (index >= entries.length) throw new Trap("table");
    const callee = entries[index] as FunctionReference | null;
    const expected = this.module.types[type]!;
    if (!callee || !same(callee, expected)) throw new Trap("call");
    return callee;
  }

  /** Instructions after which the next one comes. */
  #simple({ opcode, a, b, value }: op.Instruction, stack: Value[]): void {
    const unary = UNARY.get(opcode);
    if (unary) {
      stack.push(unary(stack.pop() as never));
      return;
    }
    const binary = BINARY.get(opcode);
    if (binary) {
      const right = stack.pop() as never;
      stack.push(binary(stack.pop() as never, right));
      return;
    }
    if (opcode >= 0x28 && opcode <= 0x3e) {
      this.#access(opcode, b, stack);
      return;
    }
    const pop = () => (stack.pop() as number) >>> 0;
    switch (opcode) {
      case op.NOP:
        return;
      case 0x1a:
        stack.pop();
        return;
      case 0x1b:
      case 0x1c: {
        const condition = stack.pop();
        const other = stack.pop()!;
        if (condition === 0) stack[stack.length - 1] = other;
        return;
      }
      case 0x25: {
        const { entries } = this.tables[a]!;
        const index = pop();
        if (index >= entries.length) throw new Trap("table");
        stack.push(entries[index]!);
        return;
      }
      case 0x26: {
        const { entries } = this.tables[a]!;
        const reference = stack.pop() as Reference;
        const index = pop();
        if (index >= entries.length) throw new Trap("table");
        entries[index] = reference;
        return;
      }
      case 0x3f:
        stack.push(this.memories[a]!.bytes.length / PAGE);
        return;
      case 0x40: {
        const memory = this.memories[a]!;
        const pages = pop();
        const before = memory.bytes.length / PAGE;
        const grown = before + pages <= memory.most;
        if (grown) this.#charge(BigInt(pages * this.#prices.page));
        if (grown && pages > 0) {
          const bytes = new Uint8Array((before + pages) * PAGE);
          bytes.set(memory.bytes);
          memory.bytes = bytes;
        }
        stack.push(grown ? before : -1);
        return;
      }
      case 0x41:
      case 0x42:
      case 0x43:
      case 0x44:
        stack.push(value);
        return;
      case 0xd0:
        stack.push(null);
        return;
      case 0xd1:
        stack.push(stack.pop() === null ? 1 : 0);
        return;
      case 0xd2:
        stack.push(this.functions[a]!);
        return;
      default:
        this.#bulk(opcode, a, b, stack);
    }
  }

  #access(opcode: number, offset: number, stack: Value[]): void {
    const memory = this.memories[0]!;
    const size = SIZES[opcode - 0x28]!;
    const given = opcode >= 0x36 ? stack.pop()! : 0;
    const address = ((stack.pop() as number) >>> 0) + offset;
    if (address + size > memory.bytes.length) throw new Trap("memory");
    const { view } = memory;
    if (opcode >= 0x36) STORES[opcode - 0x36]!(view, address, given as never);
    else stack.push(LOADS[opcode - 0x28]!(view, address));
  }

  #bulk(opcode: number, a: number, b: number, stack: Value[]): void {
    const pop = () => (stack.pop() as number) >>> 0;
    const three = () => {
      const length = pop();
      const second = stack.pop() as number;
      return { length, second, first: pop() };
    };
    const { kibibyte, element } = this.#prices;
    const chargeBytes = (length: number) => {
      this.#charge((BigInt(length) * BigInt(kibibyte)) / 1024n);
    };
    const charge = (length: number) => {
      this.#charge(BigInt(length) * BigInt(element));
    };
    switch (opcode) {
      case 0xfc08: {
        const { length, second, first } = three();
        chargeBytes(length);
        this.#initMemory(a, first, second >>> 0, length, this.memories[b]!);
        return;
      }
      case 0xfc09:
        this.#droppedData.add(a);
        return;
      case 0xfc0a: {
        const { length, second, first } = three();
        chargeBytes(length);
        const from = second >>> 0;
        const { bytes } = this.memories[a]!;
        if (from + length > bytes.length || first + length > bytes.length) throw new Trap("memory");
        bytes.copyWithin(first, from, from + length);
        return;
      }
      case 0xfc0b: {
        const { length, second, first } = three();
        chargeBytes(length);
        const { bytes } = this.memories[a]!;
        if (first + length > bytes.length) throw new Trap("memory");
        bytes.fill(second & 0xff, first, first + length);
        return;
      }
      case 0xfc0c: {
        const { length, second, first } = three();
        charge(length);
        this.#initTable(a, b, first, second >>> 0, length);
        return;
      }
      case 0xfc0d:
        this.#droppedElements.add(a);
        return;
      case 0xfc0e: {
        const { length, second, first } = three();
        charge(length);
        const from = second >>> 0;
        const to = this.tables[a]!.entries;
        const source = this.tables[b]!.entries;
        if (from + length > source.length || first + length > to.length) throw new Trap("table");
        const copied = source.slice(from, from + length);
        for (const [at, each] of copied.entries()) to[first + at] = each;
        return;
      }
      case 0xfc0f: {
        const table = this.tables[a]!;
        const more = pop();
        const reference = stack.pop() as Reference;
        const before = table.entries.length;
        const grown = before + more <= table.most;
        if (grown) charge(more);
        for (let left = grown ? more : 0; left > 0; left--) table.entries.push(reference);
        stack.push(grown ? before : -1);
        return;
      }
      case 0xfc10:
        stack.push(this.tables[a]!.entries.length);
        return;
      case 0xfc11: {
        const length = pop();
        const reference = stack.pop() as Reference;
        const first = pop();
        charge(length);
        const { entries } = this.tables[a]!;
        if (first + length > entries.length) throw new Trap("table");
        entries.fill(reference, first, first + length);
        return;
      }
      default:
        throw new Error(`interpreter: instruction 0x${opcode.toString(16)} is not known here`);
    }
  }

  #initMemory(index: number, to: number, from: number, length: number, memory: MemoryStore): void {
    const items = this.#droppedData.has(index) ? NO_BYTES : this.module.data[index]!.items;
    if (from + length > items.length || to + length > memory.bytes.length) throw new Trap("memory");
    memory.bytes.set(items.subarray(from, from + length), to);
  }

  #initTable(index: number, into: number, to: number, from: number, length: number): void {
    const items = this.#droppedElements.has(index) ? [] : this.module.elements[index]!.items;
    const { entries } = this.tables[into]!;
    if (from + length > items.length || to + length > entries.length) throw new Trap("table");
    for (let at = 0; at < length; at++) {
      entries[to + at] = this.#constant(items[from + at]!) as Reference;
    }
  }
}

/** What a call has come to: values, or what is to be called with them in its place. */
interface Outcome {
  readonly results: Value[];
  readonly next?: FunctionReference | undefined;
}

interface Label {
  readonly to: number;
  readonly height: number;
  readonly arity: number;
  readonly isLoop: boolean;
}

const NO_BYTES = new Uint8Array();

function zero(type: number): Value {
  if (type === I64) return 0n;
  return type >= F64 || type === F32 ? 0 : null;
}

function same(a: FunctionReference, b: Omit<FunctionReference, "call">): boolean {
  return `${a.parameters}>${a.results}` === `${b.parameters}>${b.results}`;
}

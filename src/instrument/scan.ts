// Scanning a body: cuts it into basic blocks and adds up what each costs.
//
// A block begins at the entry of a function, at the head of a loop, at the branches of an `if`, where
// branches meet, after a branch that may not be taken, after a call, and where an exception is caught.
// Count rule: an instruction costs what the table of costs says, one cycle as a rule, but what only gives
// structure (block, loop, end, else, try, catch, nop); all of a block is paid when it is entered. What comes
// after a call is another block, so whoever does not come back from it does not pay for that.

import { type CostTable, FREE_RUN } from "./cost.js";
import { malformed, unsupported } from "./error.js";
import {
  prefixed,
  skipBlockType,
  skipCatch,
  skipImmediate,
  skipValueType,
  unknown,
} from "./instruction.js";
import * as op from "./opcode.js";
import { checkTypes, functionIndex, type Outline, typeIndex } from "./outline.js";
import {
  BLOCK_POINT,
  type Body,
  CALL_POINT,
  DEAD,
  EXIT_POINT,
  FALLS,
  FLOWS,
  FUNCTION_POINT,
  GROWN_POINT,
  LEAVES,
  LENGTH_POINT,
  LOAD_POINT,
  LOCAL_POINT,
  LONG,
  LOOP_POINT,
  NOTED,
  PAUSES,
  type Plan,
  STORED,
  TRAPS,
} from "./plan.js";
import { Reader } from "./reader.js";

/** What 1,024 nanoseconds cost that `memory.atomic.wait` may last: whoever waits for nothing blocks his host. */
const NANOSECONDS = 1024;
const TABLE_GROW = 0x0f;
/** Engines take 50,000; counting needs up to six. */
const MOST_LOCALS = 49_994;
const MOST_COST = 2 ** 30;

/** An open block. */
interface Label {
  readonly opcode: number;
  /** Whether what is before it is reached. */
  readonly isLive: boolean;
  /** Whether something branches to its end. */
  isTarget: boolean;
  /** An `if` without its `else`, so far. */
  isOneArmed: boolean;
  /** Of the plan: its end, or the head of a loop; and the other arm of an if. */
  readonly label: number;
  readonly otherwise: number;
}

export class Scanner {
  readonly #outline: Outline;
  readonly #plan: Plan;
  readonly #referenced: Set<number>;
  readonly #costs: CostTable;
  #reader = new Reader(new Uint8Array());
  #index = -1;
  #labels: Label[] = [];
  /** The point of the block that is scanned; −1 in code that is not reached. */
  #open = -1;
  #cost = 0;
  /** Instructions since one cost something. */
  #free = 0;
  #calls: number[] = [];
  #callsAny = false;
  #needsLocal = false;
  /** It has handlers: then the global always holds the counter, and blocks where paths meet load it. */
  #catches = false;
  #throws = false;
  #branchesOut = false;
  /** The local that another comes in place of if the function carries; −1 where it can't. */
  #moved = -1;
  #locals = 0;

  constructor(outline: Outline, plan: Plan, referenced: Set<number>, costs: CostTable) {
    this.#outline = outline;
    this.#plan = plan;
    this.#referenced = referenced;
    this.#costs = costs;
  }

  /** Scans the body of a function, by its index. @throws {ModuleError} */
  scan(index: number, from: number, to: number): Body {
    this.#index = index;
    const reader = new Reader(this.#outline.bytes, from, to);
    this.#reader = reader;
    const type = this.#outline.functionTypes[index] ?? -1;
    const parameters = this.#outline.parameters[type] ?? -1;
    if (parameters < 0) throw malformed(from, `function ${index} has no type of a function`);
    const groups = reader.u32();
    let locals = parameters;
    for (let left = groups; left > 0; left--) {
      locals += reader.u32();
      skipValueType(reader);
    }
    if (locals > MOST_LOCALS) {
      const found = `function ${index} has ${locals} locals, expected at most ${MOST_LOCALS}`;
      throw unsupported(from, found);
    }
    const code = reader.at;
    const first = this.#plan.length;
    this.#moved = this.#referenced.has(index) ? -1 : parameters;
    this.#locals = locals;
    const isOf = { isLive: true, isTarget: false, isOneArmed: false, label: -1, otherwise: -1 };
    this.#labels = [{ opcode: op.BLOCK, ...isOf }];
    this.#cost = 0;
    this.#free = 0;
    this.#calls = [];
    this.#callsAny = false;
    this.#needsLocal = false;
    this.#catches = false;
    this.#throws = false;
    this.#branchesOut = false;
    this.#open = this.#plan.add(LOAD_POINT, code, code);
    while (this.#labels.length > 0) this.#instruction();
    if (!reader.isDone) throw malformed(reader.at, `found more after the end of function ${index}`);
    checkTypes(this.#outline, reader);
    const last = this.#plan.length;
    return {
      from,
      code,
      to,
      type,
      parameters,
      groups,
      locals,
      first,
      last,
      cost: Math.min(this.#cost, MOST_COST),
      calls: this.#calls,
      callsAny: this.#callsAny,
      catches: this.#catches,
      throws: this.#throws,
      branchesOut: this.#branchesOut,
      needsLocal: this.#needsLocal,
    };
  }

  #instruction(): void {
    const reader = this.#reader;
    const at = reader.at;
    const opcode = reader.byte();
    let entry = op.PLAIN[opcode]!;
    if (entry === 0) throw unknown(at, `0x${opcode.toString(16)}`);
    if ((entry & op.IMMEDIATE) === op.PREFIX) {
      const code = reader.u32();
      entry = prefixed(opcode, code, at);
      this.#spend(this.#costs.of(opcode)[code]!);
      if (entry & op.CONTROL) this.#prefixed(opcode, code, entry, at);
      else skipImmediate(reader, entry);
      if (entry & op.TRAPS) this.#mark(TRAPS);
      return;
    }
    if (entry & op.CONTROL) {
      this.#control(opcode, entry, at);
      return;
    }
    if (opcode !== op.NOP) this.#spend(this.#costs.plain[opcode]!);
    if (entry & op.TRAPS) this.#mark(TRAPS);
    if (opcode >= op.LOCAL_GET && opcode <= op.GLOBAL_SET) {
      const index = reader.u32();
      const most = opcode <= op.LOCAL_TEE ? this.#locals : this.#outline.globals;
      // Those beyond are to be the instrumenter's own.
      if (index >= most) throw malformed(at, `found index ${index}, expected below ${most}`);
      if (index === this.#moved && opcode <= op.LOCAL_TEE) {
        this.#plan.add(LOCAL_POINT, at + 1, reader.at);
      }
      return;
    }
    skipImmediate(reader, entry);
  }

  #spend(cost: number): void {
    if (this.#open < 0) return;
    const cycles = cost === 0 ? this.#runFree() : cost;
    this.#plan.spend(this.#open, cycles);
    this.#cost += cycles;
  }

  /** What one that is free costs; counted in the order of the text, for blocks may be of a few. */
  #runFree(): number {
    this.#free = (this.#free + 1) % FREE_RUN;
    return this.#free === 0 ? 1 : 0;
  }

  /** Of the block that is scanned. */
  #mark(flags: number): void {
    if (this.#open >= 0) this.#plan.mark(this.#open, flags);
  }

  /** Here another block begins, which the one before flows into. */
  #point(kind: number): void {
    const at = this.#reader.at;
    const falls = this.#open >= 0;
    if (falls) this.#flow();
    this.#open = this.#plan.add(kind, at, at, 0, falls ? FALLS : 0);
  }

  /** Others follow this block. */
  #flow(): void {
    if (this.#open < 0) return;
    this.#plan.mark(this.#open, FLOWS);
    this.#needsLocal = true;
  }

  #control(opcode: number, entry: number, at: number): void {
    const reader = this.#reader;
    switch (opcode) {
      case op.BLOCK:
      case op.TRY:
        skipBlockType(reader);
        this.#push(opcode);
        if (opcode === op.TRY) this.#catches = true;
        return;
      case op.LOOP:
        skipBlockType(reader);
        if (this.#open >= 0) this.#point(LOOP_POINT);
        this.#push(opcode);
        return;
      case op.IF:
        skipBlockType(reader);
        this.#spend(this.#costs.plain[opcode]!);
        this.#push(opcode);
        if (this.#open >= 0) {
          this.#plan.addBranch(this.#labels.at(-1)!.otherwise);
          this.#point(BLOCK_POINT);
        }
        return;
      case op.TRY_TABLE_OP:
        this.#tryTable();
        return;
      case op.ELSE:
      case op.CATCH:
      case op.CATCH_ALL:
        skipImmediate(reader, entry);
        this.#nextArm(opcode, at);
        return;
      case op.DELEGATE:
        reader.u32();
        this.#end(at);
        return;
      case op.END:
        this.#end(at);
        return;
      case op.BR:
        this.#spend(this.#costs.plain[opcode]!);
        this.#branch(reader.u32(), at);
        this.#leave();
        return;
      case op.BR_IF:
      case op.BR_ON_NULL:
      case op.BR_ON_NON_NULL:
        this.#spend(this.#costs.plain[opcode]!);
        this.#branch(reader.u32(), at);
        if (this.#open >= 0) this.#point(BLOCK_POINT);
        return;
      case op.BR_TABLE:
        this.#spend(this.#costs.plain[opcode]!);
        for (let left = reader.u32(); left >= 0; left--) this.#branch(reader.u32(), at);
        this.#leave();
        return;
      case op.RETURN:
      case op.UNREACHABLE:
      case op.THROW:
      case op.RETHROW:
      case op.THROW_REF:
        this.#spend(this.#costs.plain[opcode]!);
        skipImmediate(reader, entry);
        if (opcode === op.RETURN) {
          this.#mark(LEAVES);
          this.#plan.add(EXIT_POINT, at, at);
        } else if (opcode === op.UNREACHABLE) this.#mark(TRAPS);
        else {
          this.#mark(STORED);
          this.#throws = true;
        }
        this.#leave();
        return;
      case op.REF_FUNC:
        this.#spend(this.#costs.plain[opcode]!);
        this.#referenced.add(this.#functionIndex());
        return;
      case op.MEMORY_GROW:
        this.#spend(this.#costs.plain[opcode]!);
        this.#byLength(at, this.#costs.pages, this.#outline.memories64[reader.u32()], true);
        return;
      default:
        this.#call(opcode, entry, at);
    }
  }

  #call(opcode: number, entry: number, at: number): void {
    this.#spend(this.#costs.plain[opcode]!);
    let callee = -1;
    if (opcode === op.CALL || opcode === op.RETURN_CALL) {
      callee = opcode === op.CALL ? this.#callee(at) : this.#functionIndex();
      if (this.#open >= 0) this.#calls.push(callee);
    } else {
      typeIndex(this.#outline, this.#reader);
      if ((entry & op.IMMEDIATE) === op.TWO_INDICES) this.#reader.u32();
      if (this.#open >= 0) this.#callsAny = true;
    }
    const isLast =
      opcode === op.RETURN_CALL ||
      opcode === op.RETURN_CALL_INDIRECT ||
      opcode === op.RETURN_CALL_REF;
    if (isLast) {
      // Who is called in the place of another, and whoever does that, counts for himself.
      this.#referenced.add(this.#index);
      if (callee >= 0) this.#referenced.add(callee);
      this.#mark(LEAVES);
      this.#leave();
    } else if (this.#open >= 0) {
      this.#open = this.#plan.addCalled(this.#reader.at, this.#open, callee);
    }
  }

  /** Of a call, from `at` on. */
  #callee(at: number): number {
    const index = functionIndex(this.#outline, this.#reader);
    if (index >= this.#outline.importedFunctions) {
      this.#plan.add(CALL_POINT, at, this.#reader.at, index, this.#open < 0 ? DEAD : 0);
    }
    return index;
  }

  #functionIndex(): number {
    const at = this.#reader.at;
    const index = functionIndex(this.#outline, this.#reader);
    if (index >= this.#outline.importedFunctions) {
      this.#plan.add(FUNCTION_POINT, at, this.#reader.at, index);
    }
    return index;
  }

  #prefixed(prefix: number, code: number, entry: number, at: number): void {
    const reader = this.#reader;
    const { memories64, tables64 } = this.#outline;
    if (prefix === op.PREFIX_GC) {
      if (code === op.BR_ON_CAST || code === op.BR_ON_CAST_FAIL) {
        reader.byte();
        this.#branch(reader.u32(), at);
        reader.s33();
        reader.s33();
        if (this.#open >= 0) this.#point(BLOCK_POINT);
        return;
      }
      skipImmediate(reader, entry);
      this.#byLength(at, this.#costs.elements, false);
      return;
    }
    if (prefix === op.PREFIX_ATOMIC) {
      skipImmediate(reader, entry);
      this.#byLength(at, NANOSECONDS, true);
      return;
    }
    const isMemory = code >= 0x08 && code <= 0x0b;
    const first = reader.u32();
    const isTwo = (entry & op.IMMEDIATE) === op.TWO_INDICES;
    const second = isTwo ? reader.u32() : first;
    const of = isMemory ? memories64 : tables64;
    // Of what is initialised the length has 32 bits; of copies between two kinds the smaller.
    const isInit = code === 0x08 || code === 0x0c;
    const isLong = !isInit && of[first] && of[second];
    const rate = isMemory ? this.#costs.bytes : this.#costs.elements;
    this.#byLength(at, rate, isLong, code === TABLE_GROW);
  }

  /** The instruction before `reader.at`, from `at` on, costs by the length on top of the stack. */
  #byLength(at: number, rate: number, isLong = false, grows = false): void {
    if (this.#open < 0) return;
    this.#flow();
    this.#mark(TRAPS | PAUSES);
    const flags = (isLong ? LONG : 0) | (grows ? NOTED : 0);
    this.#plan.add(LENGTH_POINT, at, at, rate, flags);
    const behind = this.#reader.at;
    if (grows) this.#plan.add(GROWN_POINT, behind, behind, rate, flags);
  }

  #push(opcode: number): void {
    const isLive = this.#open >= 0;
    const isOneArmed = opcode === op.IF;
    const label = isLive ? this.#plan.addLabel(opcode === op.LOOP ? this.#open : -1) : -1;
    const otherwise = isLive && isOneArmed ? this.#plan.addLabel() : -1;
    this.#labels.push({ opcode, isLive, isTarget: false, isOneArmed, label, otherwise });
  }

  #tryTable(): void {
    const reader = this.#reader;
    skipBlockType(reader);
    // The labels of its clauses count from outside.
    for (let left = reader.u32(); left > 0; left--) {
      skipCatch(reader, (label) => this.#branch(label, reader.at));
    }
    this.#catches = true;
    this.#push(op.TRY_TABLE_OP);
  }

  /** A branch to a label, by how many blocks are around it inside that. */
  #branch(depth: number, at: number): void {
    const label = this.#labels[this.#labels.length - 1 - depth];
    if (!label) throw malformed(at, `found a branch to label ${depth}, expected one that is open`);
    const leaves = depth === this.#labels.length - 1;
    this.#branchesOut ||= leaves;
    if (this.#open < 0) return;
    label.isTarget = true;
    if (leaves) this.#mark(LEAVES);
    else {
      this.#flow();
      this.#plan.addBranch(label.label);
    }
  }

  /** What comes is not reached from here. */
  #leave(): void {
    this.#open = -1;
  }

  #nextArm(opcode: number, at: number): void {
    const label = this.#labels[this.#labels.length - 1]!;
    const fits = opcode === op.ELSE ? label.isOneArmed : label.opcode === op.TRY;
    if (!fits || this.#labels.length === 1) {
      throw malformed(
        at,
        `found ${opcode === op.ELSE ? "an else without an if" : "a catch without a try"}`,
      );
    }
    label.isOneArmed = false;
    if (this.#open >= 0) {
      this.#flow();
      this.#plan.addBranch(label.label);
      label.isTarget = true;
    }
    this.#open = -1;
    if (!label.isLive) return;
    this.#point(opcode === op.ELSE ? BLOCK_POINT : LOAD_POINT);
    if (opcode === op.ELSE) this.#plan.place(label.otherwise, this.#open);
  }

  #end(at: number): void {
    const label = this.#labels.pop();
    if (!label) throw malformed(at, "found an end without a block");
    if (this.#labels.length === 0) {
      this.#mark(LEAVES);
      this.#plan.add(EXIT_POINT, at, at, 1);
      return;
    }
    if (!label.isLive) return;
    // An `if` without an else is left past its arm; others where something branches to the end of.
    const meets = label.isOneArmed || (label.isTarget && label.opcode !== op.LOOP);
    if (!meets) return;
    this.#point(BLOCK_POINT);
    if (label.isOneArmed) this.#plan.place(label.otherwise, this.#open);
    if (label.isTarget) this.#plan.place(label.label, this.#open);
  }
}

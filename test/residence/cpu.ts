// The target CPU of the naive model: one instruction at a time, each of which looks at every page that it touches.

import type { ModelCore } from "./core.js";
import type { ModelDomain, ModelPage, ModelWord } from "./parts.js";
import { A0, A1, A7, CLOCK, type Instruction, PAGE, PRINT, PRINTED, SUM } from "./script.js";

const TRAP_LOAD = 0x105;
const TRAP_STORE = 0x107;
const FAULT = -14;
const NS_PER_2_CYCLES = 125n;

export class ModelCpu {
  constructor(readonly core: ModelCore) {}

  /** Executes the instruction at the pc: it takes a cycle; false: nothing of it was done. */
  execute(domain: ModelDomain, time: bigint): boolean {
    const instruction = this.#instruction(domain);
    if (!this.#fetch(domain, instruction)) return false;
    const next = this.#do(domain, instruction, time);
    if (next === null) return false;
    domain.retired++;
    domain.pc = next;
    // What comes next is looked up, if it is in another page, before its cycle is there.
    if (instruction.act !== "ecall") this.look(domain);
    return true;
  }

  /** Notes a reference to where the domain goes on, as far as that is open. */
  look(domain: ModelDomain): void {
    const instruction = this.#instruction(domain);
    for (const at of this.#pagesOf(domain, instruction)) {
      const word = domain.words.get(at)!;
      if (word.isFaulted) return;
      touch(domain, word.page);
    }
  }

  #instruction(domain: ModelDomain): Instruction {
    return domain.text!.instructions.get(domain.pc)!;
  }

  /** It may lie across two pages. */
  #pagesOf({ pc }: ModelDomain, { act }: Instruction): number[] {
    const first = Math.floor(pc / PAGE);
    const last = Math.floor((pc + (act === "nop" ? 1 : 3)) / PAGE);
    return first === last ? [first] : [first, last];
  }

  #fetch(domain: ModelDomain, instruction: Instruction): boolean {
    for (const at of this.#pagesOf(domain, instruction)) {
      const word = domain.words.get(at)!;
      if (word.isFaulted) {
        domain.missing = { at, isStore: false };
        return false;
      }
      touch(domain, word.page);
    }
    return true;
  }

  /** Where it goes on, or null. */
  #do(domain: ModelDomain, { act, rd, rs, imm }: Instruction, time: bigint): number | null {
    const { registers, pc } = domain;
    const next = pc + 4;
    switch (act) {
      case "nop":
        return pc + 2;
      case "lui":
        registers[rd] = imm;
        return next;
      case "addi":
        registers[rd] = registers[rs]! + imm;
        return next;
      case "sum":
        registers[rd] = registers[rd]! + registers[rs]!;
        return next;
      case "bne":
        return registers[rs] === 0 ? next : pc + imm;
      case "jal":
        return pc + imm;
      case "jalr":
        return registers[rs]! + imm;
      case "load": {
        const bytes = this.#reach(domain, registers[rs]! + imm, 4, false);
        if (!bytes) return null;
        registers[rd] = numberOf(bytes);
        return next;
      }
      case "store": {
        const bytes = this.#reach(domain, registers[rs]! + imm, 4, true);
        if (!bytes) return null;
        put(bytes, registers[rd]!);
        return next;
      }
      case "amoadd": {
        const at = registers[rs]!;
        // A read, and then a store; but what it lacks is told of as of a store.
        const bytes = this.#reach(domain, at, 4, false, TRAP_STORE);
        if (!bytes || !this.#reach(domain, at, 4, true)) return null;
        const old = numberOf(bytes);
        put(this.#reach(domain, at, 4, true)!, old + registers[SUM]!);
        registers[rd] = old;
        return next;
      }
      case "ecall":
        registers[A0] = this.#call(domain, registers[A7]!, registers[A1]!, time);
        return next;
    }
  }

  /** Where the bytes are of a value, each with its page; null where the domain traps, or must wait. */
  #reach(
    domain: ModelDomain,
    at: number,
    size: number,
    isStore: boolean,
    trap = isStore ? TRAP_STORE : TRAP_LOAD,
  ): Place[] | null {
    const places: Place[] = [];
    let looked = -1;
    for (let byte = at; byte < at + size; byte++) {
      const page = Math.floor(byte / PAGE);
      const word = domain.words.get(page);
      if (!word || (isStore && !word.isWritable)) {
        domain.trap = trap;
        return null;
      }
      if (word.isFaulted || (isStore && word.isCopied)) {
        domain.missing = { at: page, isStore };
        return null;
      }
      if (looked !== page) touch(domain, word.page);
      if (isStore) word.page.isDirty = true;
      looked = page;
      places.push({ page: word.page, at: byte % PAGE });
    }
    return places;
  }

  /** A system call: the kernel's own references are nobody's, and fault on nothing. */
  #call(domain: ModelDomain, number: number, at: number, time: bigint): number {
    const word = domain.words.get(Math.floor(at / PAGE));
    if (number === PRINT) {
      if (!word) return FAULT;
      this.#meet(word, false);
      return PRINTED;
    }
    if (number !== CLOCK) throw new Error(`no system call ${number}`);
    if (!word?.isWritable) return FAULT;
    this.#meet(word, true);
    const bytes = Array.from({ length: 8 }, (_, i) => ({ page: word.page, at: (at % PAGE) + i }));
    put(bytes.slice(0, 4), 0);
    put(bytes.slice(4), Number((time * NS_PER_2_CYCLES) / 2n));
    return 0;
  }

  #meet(word: ModelWord, isStore: boolean): void {
    if (isStore && word.isCopied) this.core.copy(word);
    const { page } = word;
    if (page.frame === null) {
      if (page.place === "zeros") page.place = "drum";
    } else if (isStore) page.isDirty = true;
  }
}

interface Place {
  readonly page: ModelPage;
  readonly at: number;
}

function touch(domain: ModelDomain, page: ModelPage): void {
  page.isReferenced = true;
  if (domain.grant) page.grant = domain.grant;
}

function numberOf(bytes: readonly Place[]): number {
  return bytes.reduceRight((value, { page, at }) => (value << 8) | page.content[at]!, 0);
}

function put(bytes: readonly Place[], value: number): void {
  bytes.forEach(({ page, at }, i) => {
    page.content[at] = value >>> (8 * i);
  });
}

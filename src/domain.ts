// Domains: what runs, and pays its chain of meters for it.

import {
  TRAP_LOCKED,
  TRAP_LOST,
  TRAP_MALFORMED,
  TRAP_MESSAGE,
  TRAP_NO_METER,
  TRAP_RISCV,
  TRAP_SELF,
  TRAP_TOO_DEEP,
} from "../assembly/codes.js";
import {
  CONTROL_NODE_BASE,
  DOMAIN_HOOK_SLOT,
  DOMAIN_KEEPER_SLOT,
  DOMAIN_METER_SLOT,
  DOMAIN_TRAP_SLOT,
  KEY_SIZE,
  KEY_SUBJECT,
  NODE_CONSUMED,
  NODE_KEYS,
  NODE_RECORD,
  NODE_SIZE,
  PROGRAM_HOSTED,
  RECORD_CONSUMED,
  RECORD_DEBT,
  RECORD_PROCESSOR,
  RECORD_PROGRAM_KIND,
  RECORD_STATE,
  STATE_AVAILABLE,
  STATE_CALLING,
  STATE_ENDED,
  STATE_HOSTED,
  STATE_KEPT,
  STATE_PARKED,
  STATE_READY,
  STATE_STOPPED,
  STATE_TRAPPED,
  STATE_WAITING,
} from "../assembly/layout.js";
import { PROCESSOR_READY } from "../assembly/processor-layout.js";
import { TASK_OWED, TASK_RAN } from "../assembly/time-layout.js";
import type { Core } from "./core.js";
import { DomainKeys } from "./domain-keys.js";
import { OptionError, RescindedError, StateError } from "./errors.js";
import { allocationOf, type DomainId, indexOf } from "./id.js";
import type { Key } from "./key.js";
import type { KeyLike } from "./key-like.js";
import type { Machine } from "./machine.js";
import { pageNumber, placed } from "./mapping.js";
import type { Meter, MeterKey } from "./meter.js";
import { Node } from "./node.js";
import { checkNames, cycles, whole } from "./options.js";
import type { Page } from "./page.js";
import {
  checkSchedule,
  readSchedule,
  SCHEDULE_NAMES,
  type Schedule,
  type ScheduleOptions,
  setTask,
} from "./schedule.js";
import type { Segment } from "./segment.js";
import { liveTree } from "./tree.js";

/**
 * "available": it takes the next message. "waiting": for a time, for an answer, for a busy domain or for a
 * keeper. "parked": on a dry meter that nobody answers for. "trapped": until it is started again. "ended": for
 * good.
 */
export type DomainState =
  | "stopped"
  | "available"
  | "ready"
  | "running"
  | "waiting"
  | "parked"
  | "trapped"
  | "ended";

/** Eighteen years of a 16 MHz clock. */
const MAX_CHARGE = 2n ** 53n;

const STATES: ReadonlyMap<number, DomainState> = new Map([
  [STATE_STOPPED, "stopped"],
  [STATE_READY, "ready"],
  [STATE_WAITING, "waiting"],
  [STATE_AVAILABLE, "available"],
  [STATE_CALLING, "waiting"],
  [STATE_KEPT, "waiting"],
  [STATE_PARKED, "parked"],
  [STATE_TRAPPED, "trapped"],
  [STATE_ENDED, "ended"],
  [STATE_HOSTED, "available"],
]);

export interface Trap {
  /** 0x404 to 0x410: the chain of meters; 0x100 and above: the RISC-V exception code plus 0x100. */
  readonly code: number;
  /** The address that the target CPU objects to; 0 for traps of the chain. */
  readonly address: number;
  readonly reason: string;
}

/** Every member but `id` and `name` throws RescindedError once the domain is rescinded. */
export class Domain {
  readonly id: DomainId;
  /** @internal */
  readonly machine: Machine | undefined;
  /** @internal */
  lastTrap: Trap | null = null;
  /** Of a guest: how it stands while the kernel leaves it to the host. @internal */
  hosted: (() => DomainState) | undefined;
  readonly #core: Core;
  /** A name, or its number among all domains: there may be millions, few of which are ever named. */
  readonly #name: string | number;

  /** @internal */
  constructor(core: Core, id: DomainId, name: string | number, machine: Machine | undefined) {
    this.#core = core;
    this.id = id;
    this.#name = name;
    this.machine = machine;
  }

  get name(): string {
    return typeof this.#name === "number" ? `domain-${this.#name}` : this.#name;
  }

  /**
   * Lets it run: a new or stopped one when its turn comes, a trapped one tries the same instruction again, one
   * that is parked, or waits for a busy domain or a keeper, looks again. One that waits for an answer goes on
   * without, and reads 0x80000003 for its order. One that is available stays so. @throws {StateError} once it ended.
   */
  start(): void {
    this.#do(this.#core.exports.domainStart);
    this.lastTrap = null;
  }

  /**
   * Takes it out of whatever it does or waits for. One that was available, or waited for an answer, reads 0x80000003
   * for its order when it is started. @throws {StateError} once it ended.
   */
  stop(): void {
    this.#do(this.#core.exports.domainStop);
  }

  /**
   * Runs it under another meter: its cache goes back to the old chain, and the new one is looked at
   * when it next runs (§3.3). @throws {RescindedError} where `meter` is; then nothing has changed.
   */
  setMeter(meter: Meter | MeterKey): void {
    const id = this.#core.liveMeter("meter", meter);
    this.node.swap(DOMAIN_METER_SLOT, { kind: "meter", id, databyte: 0 });
  }

  /** The meter it runs under, or null where its slot 1 holds no key to a meter. */
  get meter(): Meter | null {
    const key = this.node.fetch(DOMAIN_METER_SLOT);
    return key.kind === "meter" ? this.#core.meterAt(indexOf(key.id)) : null;
  }

  /** Takes its record away, as for a domain that is paged out: its cache goes back to the chain. */
  unprepare(): void {
    this.#do(this.#core.exports.domainUnprepare);
  }

  /**
   * A key that sends messages to it; its program sees the data byte, 0 to 255. @throws {OptionError}
   * @throws {StateError} where it runs no ELF program: only those take messages.
   */
  startKey(databyte = 0): Key {
    whole("startKey: databyte", databyte, 0, 255);
    this.#mustHaveMachine("takes no messages");
    return { kind: "start", id: this.id, databyte };
  }

  /** The key that does all that can be done with it: see `orders` (§3.3). */
  get domainKey(): Key {
    this.#alive();
    return { kind: "domain", id: this.id, databyte: 0 };
  }

  /** The sixteen general keys by which its program invokes others. */
  get keys(): DomainKeys {
    return new DomainKeys(this.#core, this.id, this.name);
  }

  /**
   * What is called when it traps: a start key to a domain, or a host object; DK(0) and other keys leave it
   * trapped. Setting it does nothing for a trap that was told already. @throws {OptionError}
   */
  get keeper(): Key {
    return this.node.fetch(DOMAIN_KEEPER_SLOT);
  }

  set keeper(keeper: KeyLike) {
    this.node.swap(DOMAIN_KEEPER_SLOT, this.#core.keyOf(keeper, "keeper"));
  }

  /**
   * Puts a page into its address space, or all that is in a segment, at a multiple of 4,096 where its program has nothing yet:
   * below it, or where others were meant to be when it was made. It may be written only where `write` says so.
   *
   * @throws {OptionError} also where one page of a segment finds its place taken, or beyond the address space: then
   * none is mapped. @throws {RescindedError} @throws {StateError} for a domain that has ended, or runs no ELF program.
   */
  map(content: Page | Segment, address: number, options: { write?: boolean } = {}): void {
    checkNames("map", options, ["write"]);
    const mapping = placed("map", liveTree(this.#core, "map", content), address, options.write);
    this.#memory().map(mapping, "map: at");
  }

  /** Takes the page or the segment away that was mapped at an address. @throws {StateError} where none was. */
  unmap(address: number): void {
    const at = pageNumber("unmap: address", address);
    if (!this.#memory().unmap(at)) {
      const where = `0x${address.toString(16)}`;
      throw new StateError(`domain ${this.name}: no page or segment was mapped at ${where}`);
    }
  }

  /** Ends it, frees its memory, and voids every key to it. */
  rescind(): void {
    this.#alive();
    try {
      this.node.rescind();
    } finally {
      this.machine?.free();
    }
  }

  get state(): DomainState {
    const { view } = this.#core;
    return this.#core.alone(() => {
      const record = this.#record();
      const state = view.u8(record + RECORD_STATE);
      const processor = view.u8(record + RECORD_PROCESSOR);
      if (this.hosted) return state === STATE_HOSTED ? this.hosted() : STATES.get(state)!;
      if (state === STATE_READY && view.processor(processor, PROCESSOR_READY) === record)
        return "running";
      return STATES.get(state)!;
    });
  }

  /** Its state as the kernel has it. @internal */
  get recorded(): number {
    return this.#core.view.u8(this.#record() + RECORD_STATE);
  }

  /** The dry meter at which it is parked, if it is. @internal */
  get parkedAt(): Meter | null {
    if (this.recorded !== STATE_PARKED) return null;
    const { view } = this.#core;
    const hook = this.#root() + NODE_KEYS + DOMAIN_HOOK_SLOT * KEY_SIZE;
    const meter = view.u32(hook + KEY_SUBJECT) - view.control(CONTROL_NODE_BASE);
    return this.#core.meterAt(meter / NODE_SIZE);
  }

  /**
   * Moves it to another partition, or changes what is given of how it is scheduled there; whether it runs, waits or
   * is stopped. It runs on the strength of whoever calls it until it is available again, as before.
   *
   * @throws {OptionError} also in a kernel without `partitions`. @throws {StateError} once it ended.
   */
  schedule(options: ScheduleOptions): void {
    checkNames("schedule", options, SCHEDULE_NAMES);
    const core = this.#core;
    core.alone(() => {
      this.#alive();
      const task = checkSchedule(core, options, this);
      if (this.state === "ended") throw new StateError(`domain ${this.name} has ended`);
      if (task) setTask(core, this, task);
    });
  }

  /** How it is scheduled by what is its own. @throws {StateError} in a kernel without `partitions`. */
  get scheduling(): Schedule {
    this.#alive();
    return this.#core.alone(() => readSchedule(this.#core, this));
  }

  /**
   * Bills it for so many cycles of the host's work, as if it had run: its meters, and its partition. No time of the
   * kernel passes. What is more than its cache it owes. @throws {OptionError} @throws {StateError} in a kernel
   * without `billing` and `partitions`, and once it ended.
   */
  charge(amount: bigint): void {
    cycles("charge", amount);
    if (amount > MAX_CHARGE) {
      throw new OptionError(`charge: found ${amount}n, expected at most 2n ** 53n cycles at once`);
    }
    const { view, exports, timeBlock } = this.#core;
    this.#alive();
    if (!timeBlock) {
      throw new StateError(
        "charge: this kernel bills nothing but cycles that run; create it with `billing`",
      );
    }
    this.#core.alone(() => {
      if (this.state === "ended") throw new StateError(`domain ${this.name} has ended`);
      view.amount = amount;
      this.#do(exports.domainCharge);
    });
  }

  /** Cycles that processors have spent for it, exactly, whatever the clock that it is billed by says. */
  get ran(): bigint {
    const { timeBlock, view } = this.#core;
    if (!timeBlock) return this.#core.still(() => this.consumed + this.owed);
    return this.#core.still(() => {
      const record = this.#record();
      const ran = view.u64(timeBlock.task(indexOf(this.id), TASK_RAN));
      return ran + timeBlock.runningFor(record);
    });
  }

  /**
   * Cycles that it was billed for and has not paid, or that a guest has run past its cache before it looked: they come
   * first out of its next refill.
   */
  get owed(): bigint {
    const { timeBlock, view } = this.#core;
    this.#alive();
    return this.#core.still(() => {
      if (timeBlock) return view.u64(timeBlock.task(indexOf(this.id), TASK_OWED));
      const record = this.#record();
      const isHosted = view.u8(record + RECORD_PROGRAM_KIND) === PROGRAM_HOSTED;
      return isHosted ? view.u64(record + RECORD_DEBT) : 0n;
    });
  }

  /** Cycles that it has paid for: that it ran in its life, exactly; with `billing`, that it was billed, but for `owed`. */
  get consumed(): bigint {
    const { view } = this.#core;
    return this.#core.still(
      () => view.u64(this.#root() + NODE_CONSUMED) + view.u64(this.#record() + RECORD_CONSUMED),
    );
  }

  /** What its program exited with; null before, and for programs of bursts. */
  get exitCode(): number | null {
    this.#alive();
    return this.machine?.exitCode ?? null;
  }

  /** What its program wrote to file descriptors 1 and 2 so far, read as UTF-8. */
  get output(): string {
    this.#alive();
    return this.machine?.output ?? "";
  }

  /** What it has trapped with, as far as the host was told; null once it goes on. */
  get trap(): Trap | null {
    this.#alive();
    // Whoever holds its domain key may have let it go on.
    return this.lastTrap && this.remembersTrap ? this.lastTrap : null;
  }

  /** Whether it has trapped and was not started since. @internal */
  get remembersTrap(): boolean {
    return this.pendingTrap.code !== 0;
  }

  /** What it has trapped with and not forgotten; code 0 for nothing. @internal */
  get pendingTrap(): { code: number; address: number } {
    const key = this.node.fetch(DOMAIN_TRAP_SLOT);
    const value = key.kind === "data" ? key.value : 0n;
    return { code: Number(value & 0xffff_ffffn), address: Number(value >> 32n) };
  }

  /** System calls that do not exist here, by number: how often they were answered ENOSYS. */
  get unimplementedCalls(): Record<number, number> {
    this.#alive();
    return Object.fromEntries(this.machine?.process.unimplemented ?? []);
  }

  /** Its root. @internal */
  get node(): Node {
    return new Node(this.#core, this.id, `domain ${this.name}`);
  }

  /** @throws {StateError} */
  #mustHaveMachine(why: string): Machine {
    this.#alive();
    if (!this.machine) throw new StateError(`domain ${this.name} runs no ELF program: it ${why}`);
    return this.machine;
  }

  #memory(): Machine {
    const machine = this.#mustHaveMachine("has no memory");
    if (this.state === "ended") throw new StateError(`domain ${this.name} has ended`);
    return machine;
  }

  #root(): number {
    this.#alive();
    return this.#core.view.control(CONTROL_NODE_BASE) + indexOf(this.id) * NODE_SIZE;
  }

  #record(): number {
    return this.#core.view.u32(this.#root() + NODE_RECORD);
  }

  #alive(): void {
    if (!this.#core.isLive(this.id)) throw new RescindedError(`domain ${this.name}`);
  }

  #do(call: (index: number, allocation: number) => number): void {
    // One that runs stops at its next look.
    this.#core.settle();
    const status = call(indexOf(this.id), allocationOf(this.id));
    this.#core.check(status, `domain ${this.name}`);
  }
}

const RISCV_REASONS = [
  "misaligned jump",
  "fetch outside executable memory",
  "illegal instruction",
  "breakpoint",
  "misaligned load",
  "load outside readable memory",
  "misaligned store",
  "store outside writable memory",
];

/** A trap code in words. */
export function trapReason(code: number): string {
  if (code === TRAP_NO_METER) return "no valid meter key in the chain";
  if (code === TRAP_MALFORMED) return "a node in the chain is not well-formed as a meter";
  if (code === TRAP_LOCKED) return "a loop in the chain of meters";
  if (code === TRAP_TOO_DEEP) return "more than 20 meters in the chain";
  if (code === TRAP_SELF) return "invoked its own start key";
  if (code === TRAP_MESSAGE) return "a message of more than 4,096 bytes";
  if (code === TRAP_LOST) return "the processor died that ran it";
  return RISCV_REASONS[code - TRAP_RISCV] ?? `trap 0x${code.toString(16)}`;
}

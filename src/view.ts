// The only file that reads and writes the kernel's linear memory.

import {
  CONTROL,
  CONTROL_ADVANCE,
  CONTROL_AMOUNT,
  CONTROL_EVENTS,
  CONTROL_LENGTH,
  CONTROL_NODE_BASE,
  CONTROL_PROCESSORS,
  CONTROL_QUANTUM,
  CONTROL_REGISTERS,
  EVENT_AMOUNT,
  EVENT_CAPACITY,
  EVENT_CODE,
  EVENT_DOMAIN,
  EVENT_KIND,
  EVENT_METER,
  EVENT_SIZE,
  EVENT_TIME,
  EVENTS,
  HOST_STRING,
  KEY_ALLOCATION,
  KEY_CALLS,
  KEY_CALLS_HIGH,
  KEY_DATABYTE,
  KEY_HIGH,
  KEY_KIND,
  KEY_LOW,
  KEY_SIZE,
  KEY_SUBJECT,
  KEY_TYPE,
  KIND_METER,
  KIND_MISC,
  KIND_RESUME,
  MAX_STRING,
  NODE_CALLS,
  NODE_CALLS_HIGH,
  NODE_SIZE,
  REGISTER_ARGUMENT,
  REGISTER_INVOKED,
  REGISTER_KEYS,
  REGISTER_RESULT,
  SUPER_INDEX,
} from "../assembly/layout.js";
import {
  PROCESSOR_SIZE,
  PROCESSOR_SLICE_LEFT,
  PROCESSOR_STATISTICS,
  PROCESSOR_TIME,
  PROCESSORS,
} from "../assembly/processor-layout.js";
import { allocationOf, idOf, indexOf, type NodeId } from "./id.js";
import {
  type Key,
  KIND_DATA,
  KIND_HOST,
  KIND_NAMES,
  KIND_NUMBERS,
  MISC_NAMES,
  MISC_NUMBERS,
  ZERO_KEY,
} from "./key.js";
import type { Delivery } from "./message.js";

const EVENT_WORDS = EVENT_SIZE / 4;

/** An event as the kernel wrote it; `domain` and `meter` are node indices, 0 for none. */
export interface RawEvent {
  readonly kind: number;
  readonly domain: number;
  readonly meter: number;
  readonly code: number;
  readonly time: bigint;
  readonly amount: bigint;
}

/** A little-endian view of a kernel's memory, which never grows. */
export class View {
  readonly #data: DataView;
  readonly #eventWords: Uint32Array;

  constructor(memory: WebAssembly.Memory) {
    this.#data = new DataView(memory.buffer);
    this.#eventWords = new Uint32Array(memory.buffer, EVENTS, EVENT_CAPACITY * EVENT_WORDS);
  }

  /** Bytes of the memory. */
  get size(): number {
    return this.#data.byteLength;
  }

  u8(address: number): number {
    return this.#data.getUint8(address);
  }

  u16(address: number): number {
    return this.#data.getUint16(address, true);
  }

  u32(address: number): number {
    return this.#data.getUint32(address, true);
  }

  u64(address: number): bigint {
    return this.#data.getBigUint64(address, true);
  }

  setU32(address: number, value: number): void {
    this.#data.setUint32(address, value, true);
  }

  setU64(address: number, value: bigint): void {
    this.#data.setBigUint64(address, value, true);
  }

  f64(address: number): number {
    return this.#data.getFloat64(address, true);
  }

  setF64(address: number, value: number): void {
    this.#data.setFloat64(address, value, true);
  }

  bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#data.buffer as ArrayBuffer, address, length);
  }

  words(address: number, length: number): Uint32Array {
    return new Uint32Array(this.#data.buffer, address, length);
  }

  /** A field of the control block, by its offset. */
  control(offset: number): number {
    return this.u32(CONTROL + offset);
  }

  setControl(offset: number, value: number): void {
    this.setU32(CONTROL + offset, value);
  }

  /** The 64-bit argument and result of calls that carry cycles. */
  get amount(): bigint {
    return this.u64(CONTROL + CONTROL_AMOUNT);
  }

  set amount(value: bigint) {
    this.setU64(CONTROL + CONTROL_AMOUNT, value);
  }

  set advance(value: bigint) {
    this.setU64(CONTROL + CONTROL_ADVANCE, value);
  }

  /** A field of a processor's block, by its offset; block 0 is the host's. */
  processor(index: number, offset: number): number {
    return this.u32(PROCESSORS + index * PROCESSOR_SIZE + offset);
  }

  processor64(index: number, offset: number): bigint {
    return this.u64(PROCESSORS + index * PROCESSOR_SIZE + offset);
  }

  /** The latest of all clocks. */
  get time(): bigint {
    let latest = 0n;
    for (let index = 0; index <= this.control(CONTROL_PROCESSORS); index++) {
      const time = this.processor64(index, PROCESSOR_TIME);
      if (time > latest) latest = time;
    }
    return latest;
  }

  /** A statistic, over all processors. */
  statistic(number: number): bigint {
    let sum = 0n;
    for (let index = 0; index <= this.control(CONTROL_PROCESSORS); index++) {
      sum += this.processor64(index, PROCESSOR_STATISTICS + 8 * number);
    }
    return sum;
  }

  /** The quantum, of which every processor begins with a slice. */
  set quantum(cycles: number) {
    this.setControl(CONTROL_QUANTUM, cycles);
    for (let index = 0; index <= this.control(CONTROL_PROCESSORS); index++) {
      this.setU32(PROCESSORS + index * PROCESSOR_SIZE + PROCESSOR_SLICE_LEFT, cycles);
    }
  }

  setInvoked(key: Key): void {
    this.#writeKey(register(REGISTER_INVOKED), key);
  }

  setArgument(key: Key): void {
    this.#writeKey(register(REGISTER_ARGUMENT), key);
  }

  get result(): Key {
    return this.readKey(register(REGISTER_RESULT));
  }

  /** The string that goes with an order, or came with an answer; a copy. */
  get string(): Uint8Array<ArrayBuffer> {
    const length = Math.min(this.control(CONTROL_LENGTH), MAX_STRING);
    return this.bytes(HOST_STRING, length).slice();
  }

  set string(bytes: Uint8Array) {
    this.bytes(HOST_STRING, bytes.length).set(bytes);
    this.setControl(CONTROL_LENGTH, bytes.length);
  }

  /** What a gate is sent: the key to it, and all but the order. */
  setMessage(gate: Key, { string, keys }: Delivery): void {
    this.setInvoked(gate);
    this.keys = keys;
    this.string = string;
  }

  /** What a host key was invoked with: the key itself, and those that were passed. */
  get taken(): { readonly invoked: Key; readonly keys: Delivery["keys"] } {
    return { invoked: this.readKey(register(REGISTER_INVOKED)), keys: this.keys };
  }

  /** The four keys of a message. */
  get keys(): Delivery["keys"] {
    const keys = [0, 1, 2, 3].map((number) => this.readKey(register(REGISTER_KEYS + number)));
    return keys as unknown as Delivery["keys"];
  }

  set keys(keys: Delivery["keys"]) {
    keys.forEach((key, number) => {
      this.#writeKey(register(REGISTER_KEYS + number), key);
    });
  }

  /** Which of its waits the domain at a node is in, or was in last, 0 to 2^48 − 1. */
  calls(node: number): number {
    const at = this.control(CONTROL_NODE_BASE) + node * NODE_SIZE;
    return this.u32(at + NODE_CALLS) + this.u16(at + NODE_CALLS_HIGH) * 2 ** 32;
  }

  /**
   * Takes the batch of events: the kernel has room again. Answers those whose kind is a bit of `wanted`;
   * the others cost a look at their kind.
   */
  takeEvents(wanted: number): RawEvent[] {
    const words = this.#eventWords;
    const end = this.control(CONTROL_EVENTS) * EVENT_WORDS;
    this.setControl(CONTROL_EVENTS, 0);
    const events: RawEvent[] = [];
    if (wanted === 0) return events;
    for (let at = 0; at < end; at += EVENT_WORDS) {
      const kind = words[at + EVENT_KIND / 4]!;
      if (((wanted >>> kind) & 1) === 0) continue;
      events.push({
        kind,
        domain: words[at + EVENT_DOMAIN / 4]!,
        meter: words[at + EVENT_METER / 4]!,
        code: words[at + EVENT_CODE / 4]!,
        time: this.u64(EVENTS + at * 4 + EVENT_TIME),
        amount: this.u64(EVENTS + at * 4 + EVENT_AMOUNT),
      });
    }
    return events;
  }

  /** An unprepared key. */
  readKey(at: number): Key {
    const kind = this.u8(at + KEY_TYPE) & KEY_KIND;
    if (kind === KIND_DATA) {
      const high =
        (this.u8(at + KEY_HIGH) << 16) |
        (this.u8(at + KEY_HIGH + 1) << 8) |
        this.u8(at + KEY_HIGH + 2);
      return { kind: "data", value: (BigInt(high) << 64n) | this.u64(at + KEY_LOW) };
    }
    if (kind === KIND_HOST) return { kind: "host", number: Number(this.u64(at + KEY_LOW)) };
    const databyte = this.u8(at + KEY_DATABYTE);
    if (kind === KIND_MISC) {
      const name = MISC_NAMES.get(databyte);
      return name ? { kind: "misc", name } : ZERO_KEY;
    }
    const index = this.u32(at + KEY_SUBJECT);
    if (kind === KIND_METER && index === SUPER_INDEX) return { kind: "super" };
    const id = idOf(index, this.u32(at + KEY_ALLOCATION));
    if (kind === KIND_RESUME) {
      const call = this.u32(at + KEY_CALLS) + this.u16(at + KEY_CALLS_HIGH) * 2 ** 32;
      return { kind: "resume", id, databyte, call };
    }
    const name = KIND_NAMES.get(kind);
    return name ? { kind: name, id, databyte } : ZERO_KEY;
  }

  #writeKey(at: number, key: Key): void {
    this.setU64(at, 0n);
    this.setU64(at + 8, 0n);
    switch (key.kind) {
      case "data":
        this.#writeData(at, key.value);
        break;
      case "host":
        this.#writeKind(at, KIND_HOST, 0);
        this.setU64(at + KEY_LOW, BigInt(key.number));
        break;
      case "misc":
        this.#writeKind(at, KIND_MISC, MISC_NUMBERS[key.name]);
        break;
      case "super":
        break;
      case "resume":
        this.#writeKind(at, KIND_RESUME, key.databyte);
        this.#data.setUint16(at + KEY_CALLS_HIGH, Math.floor(key.call / 2 ** 32), true);
        this.#writeId(at, key.id);
        this.setU32(at + KEY_CALLS, key.call >>> 0);
        break;
      default:
        this.#writeKind(at, KIND_NUMBERS[key.kind], key.databyte);
        this.#writeId(at, key.id);
    }
  }

  #writeData(at: number, value: bigint): void {
    const high = Number(value >> 64n);
    this.#data.setUint8(at + KEY_HIGH, high >> 16);
    this.#data.setUint8(at + KEY_HIGH + 1, (high >> 8) & 0xff);
    this.#data.setUint8(at + KEY_HIGH + 2, high & 0xff);
    this.setU64(at + KEY_LOW, BigInt.asUintN(64, value));
  }

  #writeKind(at: number, kind: number, databyte: number): void {
    this.#data.setUint8(at + KEY_TYPE, kind);
    this.#data.setUint8(at + KEY_DATABYTE, databyte);
  }

  #writeId(at: number, id: NodeId): void {
    this.setU32(at + KEY_SUBJECT, indexOf(id));
    this.setU32(at + KEY_ALLOCATION, allocationOf(id));
  }
}

function register(number: number): number {
  return CONTROL + CONTROL_REGISTERS + number * KEY_SIZE;
}

// A kernel beside the model of gates: the same objects under the same names, keys put into slots and read
// from them through domain and node keys, and everything that can be seen.

import {
  CONTROL,
  CONTROL_NODE_BASE,
  CONTROL_REGISTERS,
  KEY_ALLOCATION,
  KEY_DATABYTE,
  KEY_HIGH,
  KEY_LOW,
  KEY_RIGHT,
  KEY_SIZE,
  KEY_SUBJECT,
  KEY_TYPE,
  KIND_DATA,
  KIND_DOMAIN,
  KIND_FETCH,
  KIND_HOOK,
  KIND_METER,
  KIND_MISC,
  KIND_NODE,
  KIND_PAGE,
  KIND_RESUME,
  KIND_SENSE,
  KIND_START,
  MISC_CLOCK,
  MISC_DATA,
  MISC_RETURNER,
  NODE_KEYS,
  NODE_RECORD,
  NODE_RIGHT,
  NODE_SIZE,
  RECORD_STATE,
  REGISTER_ARGUMENT,
  REGISTER_INVOKED,
  REGISTER_RESULT,
  RESUME_FAULT,
  RESUME_RESTART,
  RESUME_RETURN,
  STATE_AVAILABLE,
  STATE_CALLING,
  STATE_KEPT,
  STATE_PARKED,
  STATE_READY,
  STATE_STOPPED,
  STATE_TRAPPED,
  STATE_WAITING,
} from "../assembly/layout.js";
import { allocationOf, indexOf, type NodeId } from "../src/id.js";
import {
  createKernel,
  type Domain,
  type Kernel,
  type KernelOptions,
  type Meter,
} from "../src/index.js";
import { type GateKey, GateWait } from "./gate-parts.js";
import { latin1, play, type Seen, type Step } from "./puppet.js";

const KINDS: Readonly<Record<string, number>> = {
  node: KIND_NODE,
  fetch: KIND_FETCH,
  sense: KIND_SENSE,
  meter: KIND_METER,
  domain: KIND_DOMAIN,
  page: KIND_PAGE,
  start: KIND_START,
};
const KIND_NAMES = new Map(Object.entries(KINDS).map(([name, kind]) => [kind, name]));
const MISC = { clock: MISC_CLOCK, returner: MISC_RETURNER, data: MISC_DATA } as const;
const MISC_NAMES = new Map(Object.entries(MISC).map(([name, number]) => [number as number, name]));
const HOWS = new Map<number, string>([
  [RESUME_RESTART, "restart"],
  [RESUME_RETURN, "return"],
  [RESUME_FAULT, "fault"],
]);
export const STATES: ReadonlyMap<number, string> = new Map([
  [STATE_STOPPED, "stopped"],
  [STATE_READY, "ready"],
  [STATE_AVAILABLE, "available"],
  [STATE_CALLING, "waiting"],
  [STATE_KEPT, "waiting"],
  [STATE_WAITING, "stalled"],
  [STATE_PARKED, "parked"],
  [STATE_TRAPPED, "trapped"],
]);

const HOOK_SLOT = 13;
const GET_KEY = 16;
const SWAP_KEY = 48;
const GET_KEEPER = 2;
const SWAP_KEEPER = 34;

type Makers = Record<"joinCreate" | "waitCreate" | "pageCreate", () => number>;

/** `isCut`: what is to be run is run in pieces, which nobody may see. */
export type SideOptions = KernelOptions & { readonly isCut?: boolean };

export class GateSide {
  readonly kernel: Kernel;
  readonly domains: Domain[] = [];
  readonly seen: Seen[] = [];
  readonly meters: Meter[];
  readonly #isCut: boolean;
  /** What the model must say too. */
  readonly trace: string[] = [];
  /** Names of nodes, by their index. */
  readonly #names = new Map<number, string>();
  readonly #ids = new Map<string, NodeId>();

  constructor(
    readonly name: string,
    options: SideOptions,
  ) {
    const { isCut = false, ...kernelOptions } = options;
    this.#isCut = isCut;
    this.kernel = createKernel({ nodes: 64, frames: 512, trace: true, ...kernelOptions });
    const say = (time: bigint, domain: Domain | null, what: string) =>
      this.trace.push(`${time} ${domain?.name ?? "host"} ${what}`);
    this.kernel.on("message", ({ time, domain, mode, callee, order }) =>
      say(time, domain, `${mode} ${callee?.name ?? "nobody"} ${order}`),
    );
    this.kernel.on("park", ({ time, domain, meter }) => say(time, domain, `parks ${meter?.name}`));
    this.kernel.on("trap", ({ time, domain, code }) =>
      say(time, domain, `traps ${code.toString(16)}`),
    );
    this.meters = [this.kernel.primeMeter];
    this.#call("prime", this.kernel.primeMeter.id);
  }

  #call(name: string, id: NodeId): void {
    this.#names.set(indexOf(id), name);
    this.#ids.set(name, id);
  }

  createMeter(superior: number, cycles: bigint): void {
    const name = `M${this.meters.length}`;
    const above = this.meters[superior]!;
    const meter = this.kernel.createMeter({ name, superior: above, cycles });
    this.meters.push(meter);
    this.#call(name, meter.id);
  }

  createDomain(meter: number, steps: readonly Step[], name = `D${this.domains.length}`): void {
    const { domain, seen } = play(this.kernel, this.meters[meter]!, steps, { name });
    this.domains.push(domain);
    this.seen.push(seen);
    this.#call(name, domain.id);
  }

  createObject(kind: "join" | "wait" | "page", name: string): void {
    const { exports } = this.kernel.core;
    const { joinCreate, waitCreate, pageCreate } = exports as unknown as Makers;
    const make = { join: joinCreate, wait: waitCreate, page: pageCreate }[kind];
    this.#call(name, this.kernel.core.made(make, name));
  }

  /** The node of what has a name. */
  index(name: string): number {
    return indexOf(this.#ids.get(name)!);
  }

  run(cycles: number): string {
    let ending = "limit";
    let left = cycles;
    do {
      const piece = this.#isCut ? Math.min(left, 1 + ((left * 7919) % 23)) : left;
      ending = this.#run(piece);
      left -= piece;
    } while (left > 0 && ending === "limit");
    return ending;
  }

  #run(cycles: number): string {
    const until = this.kernel.time + BigInt(cycles);
    for (let steps = 0; steps < 10_000; steps++) {
      const { reason } = this.kernel.step({ cycles: until - this.kernel.time });
      if (reason !== "ran") return reason;
    }
    throw new Error(`${this.name}: no headway at ${this.kernel.time}`);
  }

  // --- Keys -------------------------------------------------------------------------------------

  key(domain: number, slot: number): string {
    return this.#order(this.#domain(domain), GET_KEY + slot);
  }

  setKey(domain: number, slot: number, key: GateKey): void {
    this.#order(this.#domain(domain), SWAP_KEY + slot, key);
  }

  domainKeeper(domain: number): string {
    return this.#order(this.#domain(domain), GET_KEEPER);
  }

  setDomainKeeper(domain: number, key: GateKey): void {
    this.#order(this.#domain(domain), SWAP_KEEPER, key);
  }

  meterKeeper(meter: number): string {
    return this.#order({ kind: KIND_NODE, id: this.meters[meter]!.id }, 2);
  }

  setMeterKeeper(meter: number, key: GateKey): void {
    this.#order({ kind: KIND_NODE, id: this.meters[meter]!.id }, 16 + 2, key);
  }

  #domain(index: number): { kind: number; id: NodeId } {
    return { kind: KIND_DOMAIN, id: this.domains[index]!.id };
  }

  /** Invokes a key for the host, and names the key that comes back. */
  #order(invoked: { kind: number; id: NodeId }, order: number, key?: GateKey): string {
    const { core } = this.kernel;
    return core.alone(() => {
      this.#write(REGISTER_INVOKED, invoked.kind, 0, invoked.id);
      if (key) this.#put(REGISTER_ARGUMENT, key);
      else this.#data(REGISTER_ARGUMENT, 0n);
      const code = core.exports.invoke(order) >>> 0;
      if (code !== 0) throw new Error(`${this.name}: order ${order}: answer ${code.toString(16)}`);
      return this.nameOf(registerAt(REGISTER_RESULT));
    });
  }

  /** A start key to what has a name. */
  startKey(name: string): GateKey {
    return { kind: "start", to: new GateWait(name), databyte: 0 };
  }

  #put(register: number, key: GateKey): void {
    if (key.kind === "data") this.#data(register, key.value);
    else if (key.kind === "misc") {
      this.#data(register, 0n);
      const bytes = this.kernel.core.view.bytes(registerAt(register), 2);
      bytes[KEY_TYPE] = KIND_MISC;
      bytes[KEY_DATABYTE] = MISC[key.name];
    } else if (key.kind === "resume") throw new Error("nobody but the kernel makes resume keys");
    else {
      const databyte = "databyte" in key ? key.databyte : 0;
      this.#write(register, KINDS[key.kind]!, databyte, this.#ids.get(key.to.name)!);
    }
  }

  #write(register: number, kind: number, databyte: number, id: NodeId): void {
    const { view } = this.kernel.core;
    const at = registerAt(register);
    view.setU64(at, BigInt(kind | (databyte << 8)) | (BigInt(indexOf(id)) << 32n));
    view.setU64(at + KEY_ALLOCATION, BigInt(allocationOf(id)));
  }

  #data(register: number, value: bigint): void {
    const { view } = this.kernel.core;
    const at = registerAt(register);
    view.setU64(at, 0n);
    view.setU64(at + KEY_LOW, BigInt.asUintN(64, value));
    const high = Number(value >> 64n);
    const bytes = view.bytes(at + KEY_HIGH, 3);
    bytes.set([(high >> 16) & 255, (high >> 8) & 255, high & 255]);
  }

  /** An unprepared key in words, as nameOf of the model says it. */
  nameOf(at: number): string {
    const { view } = this.kernel.core;
    const kind = view.u8(at + KEY_TYPE);
    const databyte = view.u8(at + KEY_DATABYTE);
    if (kind === KIND_DATA) {
      const [a, b, c] = view.bytes(at + KEY_HIGH, 3);
      const high = BigInt((a! << 16) | (b! << 8) | c!);
      return `data ${(high << 64n) | view.u64(at + KEY_LOW)}`;
    }
    if (kind === KIND_MISC) return MISC_NAMES.get(databyte) ?? `misc ${databyte}`;
    const node =
      this.#names.get(view.u32(at + KEY_SUBJECT)) ?? `node ${view.u32(at + KEY_SUBJECT)}`;
    if (kind === KIND_RESUME) return `${HOWS.get(databyte)} ${node}`;
    const name = KIND_NAMES.get(kind) ?? `kind ${kind}`;
    return `${name} ${node}${databyte ? `/${databyte}` : ""}`;
  }

  // --- What can be seen -------------------------------------------------------------------------

  #nodeAt(id: NodeId): number {
    return this.kernel.core.view.control(CONTROL_NODE_BASE) + indexOf(id) * NODE_SIZE;
  }

  state(domain: number): string {
    const { core } = this.kernel;
    return core.alone(() => {
      const record = core.view.u32(this.#nodeAt(this.domains[domain]!.id) + NODE_RECORD);
      const state = core.view.u8(record + RECORD_STATE);
      // Asleep at a wait object.
      const isWaiting = state === STATE_WAITING && this.#hookOf(domain) === 0;
      return isWaiting ? "waiting" : (STATES.get(state) ?? `state ${state}`);
    });
  }

  /** The type of what is in slot 13: 0 where it hangs nowhere. */
  #hookOf(domain: number): number {
    const at = this.#nodeAt(this.domains[domain]!.id) + NODE_KEYS + HOOK_SLOT * KEY_SIZE;
    return this.kernel.core.view.u8(at + KEY_TYPE);
  }

  /** What is in a page, each byte a character. */
  page(name: string): string {
    const { view } = this.kernel.core;
    const frame = view.u32(this.#nodeAt(this.#ids.get(name)!) + NODE_RECORD);
    return latin1(view.bytes(frame, 4096));
  }

  /** Who hangs on a domain's stall queue, the first first. */
  stallers(domain: number): string[] {
    const { core } = this.kernel;
    const { view } = core;
    return core.alone(() => {
      const node = this.#nodeAt(this.domains[domain]!.id);
      const names: string[] = [];
      for (let at = view.u32(node + NODE_RIGHT); at !== node; at = view.u32(at + KEY_RIGHT)) {
        if ((view.u8(at + KEY_TYPE) & 31) !== KIND_HOOK) break;
        const owner = at - NODE_KEYS - HOOK_SLOT * KEY_SIZE;
        const index = (owner - view.control(CONTROL_NODE_BASE)) / NODE_SIZE;
        names.push(this.#names.get(index) ?? `node ${index}`);
      }
      return names;
    });
  }
}

function registerAt(register: number): number {
  return CONTROL + CONTROL_REGISTERS + register * KEY_SIZE;
}

// Storms: random puppets that talk to each other on several simulated processors, in turns that are drawn,
// with a judge who knows by the trace what each was to receive, and with processors that die in the
// midst of a jump.

import { OK } from "../assembly/codes.js";
import {
  CONTROL,
  CONTROL_NODE_BASE,
  CONTROL_REGISTERS,
  CONTROL_TRACED,
  KEY_ALLOCATION,
  KEY_LOW,
  KEY_SIZE,
  KEY_SUBJECT,
  KIND_DATA,
  KIND_DOMAIN,
  KIND_METER,
  KIND_MISC,
  KIND_NODE,
  KIND_RESUME,
  KIND_START,
  MISC_RETURNER,
  NODE_RECORD,
  NODE_SIZE,
  PAGE_SIZE,
  PROGRAM_RISCV,
  RECORD_STATE,
  REGISTER_ARGUMENT,
  REGISTER_INVOKED,
  REGISTER_RESULT,
  STATE_AVAILABLE,
  STATE_CALLING,
  STATE_PARKED,
  STATE_READY,
  STATE_WAITING,
} from "../assembly/layout.js";
import {
  JOURNAL,
  JOURNAL_COUNTDOWN,
  PHASE_INSIDE,
  PHASE_RESTING,
  PROCESSOR_SIZE,
  PROCESSORS,
} from "../assembly/processor-layout.js";
import {
  MACHINE_PC,
  MACHINE_REGISTERS,
  MARK_EXEC,
  MARK_READ,
  MARK_WRITE,
} from "../assembly/riscv/layout.js";
import type { Stage } from "./gate-cast.js";
import { differences, GateJudge } from "./gate-judge.js";
import { type GateDomain, GateJoin, type GateKey, nameOf } from "./gate-parts.js";
import { CODE, LOG, Puppet, SCRIPT, Seen, type Step } from "./puppet.js";
import { randomOf, Simulated, type SimulatedExports } from "./simulated.js";

const GET_KEY = 16;
const SWAP_KEY = 48;
const SWAP_SLOT = 16;
const KEEPER_SLOT = 2;
/** Stores of a change before which a processor dies at the latest. */
const LATE = 400;
const PATIENCE = 100_000;
/** A counter's value, which the judge does not know. */
const UNKNOWN = "data -1";

const KINDS: Readonly<Record<string, number>> = {
  start: KIND_START,
  domain: KIND_DOMAIN,
  node: KIND_NODE,
  meter: KIND_METER,
};

export class Storm implements Stage {
  readonly simulated: Simulated;
  readonly judge = new GateJudge();
  readonly domains: { model: GateDomain; seen: Seen; node: number }[] = [];
  readonly joins: GateJoin[] = [];
  /** How many processors died. */
  deaths = 0;
  readonly #random: (below: number) => number;
  readonly #nodes = new Map<object, number>();
  /** In how many turns one is doomed; 0: never. */
  readonly #deadly: number;
  #image = 0;

  constructor(seed: number, processors: number, deadly: number) {
    this.#random = randomOf(seed);
    this.#deadly = deadly;
    const quantum = 20 + this.#random(300);
    const advance = BigInt(1 + this.#random(2000));
    this.simulated = new Simulated({ processors, nodes: 96, frames: 256, quantum, advance });
    this.simulated.view.setControl(CONTROL_TRACED, 1);
    this.#nodes.set(this.judge.model.meters[0]!, 1);
    this.judge.model.meters[0]!.counter = -1n;
  }

  // --- Making -----------------------------------------------------------------------------------

  /** A meter under the prime one; what its counter is, the judge does not know. */
  meter(cycles: bigint): number {
    const { model } = this.judge;
    const meter = model.createMeter(model.meters[0]!, -1n);
    this.#nodes.set(meter, this.simulated.meter(1, cycles));
    return model.meters.length - 1;
  }

  domain(meter: number, steps: readonly Step[]): number {
    const { exports, view } = this.simulated;
    const puppet = new Puppet(steps, 2);
    const under = this.judge.model.meters[meter]!;
    exports.become(0);
    this.#image ||= exports.imageCreate(CODE, PAGE_SIZE) >>> 0;
    const logPage = LOG / PAGE_SIZE;
    const machine = exports.machineCreate(this.#image, logPage + puppet.logPages) >>> 0;
    const scriptPages = puppet.script.length / PAGE_SIZE;
    const plain = MARK_READ | MARK_WRITE;
    const marks: [first: number, count: number, marks: number][] = [
      [CODE / PAGE_SIZE, 1, MARK_READ | MARK_EXEC],
      [SCRIPT / PAGE_SIZE, scriptPages, plain],
      [logPage, puppet.logPages, plain],
    ];
    for (const mark of marks) {
      if (exports.machineMap(machine, ...mark) !== OK) throw new Error("too few frames");
    }
    const at = (address: number) => exports.machineTranslate(machine, address, 0) >>> 0;
    const bytes = new Uint8Array(new Uint32Array(puppet.code).buffer);
    view.bytes(at(CODE), bytes.length).set(bytes);
    for (let page = 0; page < scriptPages; page++) {
      const part = puppet.script.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
      view.bytes(at(SCRIPT + page * PAGE_SIZE), PAGE_SIZE).set(part);
    }
    view.setU32(machine + MACHINE_PC, CODE);
    const superior = this.#nodes.get(under)!;
    const node = this.#make(() =>
      exports.domainCreate(superior, exports.nodeAllocation(superior), PROGRAM_RISCV, machine, 0),
    );
    const read = (address: number, length: number) => {
      const found = new Uint8Array(length);
      for (let n = 0; n < length; n++) found[n] = view.u8(at(address + n));
      return found;
    };
    const register = (number: number) => view.u32(machine + MACHINE_REGISTERS + 4 * number);
    const model = this.judge.model.createDomain(under, steps);
    this.#nodes.set(model, node);
    this.judge.know(node, model);
    this.domains.push({ model, seen: new Seen(puppet, { read, register }), node });
    return this.domains.length - 1;
  }

  join(): number {
    const { exports } = this.simulated;
    const node = this.#make(() => exports.joinCreate());
    const join = new GateJoin(`join${this.joins.length}`);
    this.joins.push(join);
    this.#nodes.set(join, node);
    this.judge.know(node, join);
    return this.joins.length - 1;
  }

  #make(make: () => number): number {
    this.simulated.enter();
    const index = make();
    this.simulated.leave();
    if (index === 0) throw new Error("no node");
    return index;
  }

  setKey(domain: number, slot: number, key: GateKey): void {
    const { model } = this.domains[domain]!;
    this.#order("domain", model, SWAP_KEY + slot, key);
    model.keys[slot] = key;
  }

  setKeeper(meter: number, key: GateKey): void {
    const model = this.judge.model.meters[meter]!;
    this.#order("node", model, SWAP_SLOT + KEEPER_SLOT, key);
    model.keeper = key;
  }

  #order(kind: string, to: object, order: number, key: GateKey): void {
    const code = this.simulated.host(({ invoke }) => {
      this.#write(REGISTER_INVOKED, { kind, to } as GateKey);
      this.#write(REGISTER_ARGUMENT, key);
      return invoke(order);
    });
    if (code !== OK) throw new Error(`order ${order}: answer ${code >>> 0}`);
  }

  #write(register: number, key: GateKey): void {
    const { view, exports } = this.simulated;
    const at = registerAt(register);
    view.setU64(at, 0n);
    view.setU64(at + KEY_LOW, 0n);
    if (key.kind === "data") {
      view.setU64(at, BigInt(KIND_DATA));
      view.setU64(at + KEY_LOW, key.value);
    } else if (key.kind === "misc") view.setU64(at, BigInt(KIND_MISC | (MISC_RETURNER << 8)));
    else {
      const node = this.#nodes.get(key.to)!;
      const databyte = "databyte" in key ? key.databyte : 0;
      view.setU64(at, BigInt(KINDS[key.kind]! | (databyte << 8)) | (BigInt(node) << 32n));
      view.setU64(at + KEY_ALLOCATION, BigInt(exports.nodeAllocation(node)));
    }
  }

  start(): void {
    for (const { model, node } of this.domains) {
      this.simulated.start(node);
      this.judge.model.start(model);
    }
    this.simulated.go();
  }

  // --- What an operator does --------------------------------------------------------------------

  /** Sets a counter. */
  set(meter: number, cycles: bigint): void {
    const node = this.#nodes.get(this.judge.model.meters[meter]!)!;
    const { exports, view } = this.simulated;
    this.simulated.host(() => {
      view.amount = cycles;
      return exports.meterSet(node, exports.nodeAllocation(node));
    });
  }

  /** Stops a domain, which gets to know if it waited for something, and starts it again. */
  restart(domain: number): void {
    const { model, seen, node } = this.domains[domain]!;
    if (model.rescinded) return;
    this.#alone(({ domainStop, domainStart, nodeAllocation }) => {
      const state = this.#stateOf(node);
      const waits = state === STATE_AVAILABLE || state === STATE_CALLING;
      if (waits) this.judge.predict(model, seen.count, true);
      const status = domainStop(node, nodeAllocation(node));
      if (status !== OK) return status;
      this.judge.model.stop(model);
      this.judge.model.start(model);
      return domainStart(node, nodeAllocation(node));
    });
  }

  rescind(domain: number): void {
    const { model, node } = this.domains[domain]!;
    if (model.rescinded) return;
    this.#alone(({ nodeFree, nodeAllocation }) => {
      const status = nodeFree(node, nodeAllocation(node));
      if (status === OK) this.judge.model.rescind(model);
      return status;
    });
  }

  /** An act after all that the trace says, and before all else. */
  #alone(act: (exports: SimulatedExports) => number): void {
    const status = this.simulated.host((exports) => {
      for (const event of this.simulated.view.takeEvents(-1)) this.judge.judge(event);
      return act(exports);
    });
    if (status !== OK) throw new Error(`an act of the host: status ${status}`);
  }

  // --- Running ----------------------------------------------------------------------------------

  /** A turn of a processor that is drawn, which may be its last. */
  turn(): void {
    const processor = 1 + this.#random(this.simulated.processors);
    const isInside = this.simulated.phase(processor) === PHASE_INSIDE;
    const isDoomed = this.#deadly > 0 && isInside && this.#random(this.#deadly) === 0;
    const countdown = PROCESSORS + processor * PROCESSOR_SIZE + JOURNAL + JOURNAL_COUNTDOWN;
    if (isDoomed) this.simulated.view.setU32(countdown, 1 + this.#random(LATE));
    try {
      this.simulated.turn(processor);
    } catch (error) {
      const isDead = error instanceof WebAssembly.RuntimeError;
      if (!isDead || !isDoomed || this.simulated.view.u32(countdown) !== 0) throw error;
      this.#bury(processor);
    }
    this.simulated.view.setU32(countdown, 0);
  }

  #bury(processor: number): void {
    this.deaths++;
    const { exports } = this.simulated;
    for (let patience = PATIENCE; patience > 0; patience--) {
      exports.become(0);
      if (exports.recover(processor) === OK) return;
      this.simulated.turn(this.simulated.holder - 1);
    }
    throw new Error(`processor ${processor} is never buried`);
  }

  /** All come to rest; nobody dies any more. */
  calm(): void {
    this.simulated.halt();
    const phases = () =>
      Array.from({ length: this.simulated.processors }, (_, n) => this.simulated.phase(n + 1));
    for (let turns = 0; phases().some((phase) => phase !== PHASE_RESTING); turns++) {
      if (turns > PATIENCE) throw new Error("not all come to rest");
      this.simulated.turn(1 + (turns % this.simulated.processors));
    }
    this.listen();
  }

  /** What a domain has that the judge does not know it to have: nothing, if nothing was lost or doubled. */
  wrong({ model, seen, node }: Storm["domains"][number]): string[] {
    if (model.rescinded) return [];
    const state = this.#stateOf(node);
    const isBlocked = state !== STATE_READY && state !== STATE_WAITING && state !== STATE_PARKED;
    const predicted = this.judge.predict(model, seen.count, isBlocked);
    const wrong = differences(predicted, seen);
    const isWaiting = model.state === "available" || model.state === "waiting";
    if (isBlocked !== isWaiting) wrong.push(`in state ${state}, expected ${model.state}`);
    else if (isBlocked && model.why !== "kept") {
      // Whose keeper was called may have one step more or less behind it.
      model.keys.forEach((key, slot) => {
        const found = this.#nameAt(node, slot);
        const expected = nameOf(key);
        if (expected !== UNKNOWN && found !== expected) {
          wrong.push(`slot ${slot}: found ${found}, expected ${expected}`);
        }
      });
    }
    return wrong.map((text) => `${model.name}: ${text}`);
  }

  #stateOf(node: number): number {
    const { view } = this.simulated;
    const at = view.control(CONTROL_NODE_BASE) + node * NODE_SIZE;
    return view.u8(view.u32(at + NODE_RECORD) + RECORD_STATE);
  }

  /** A general key in words, as the model says it. */
  #nameAt(node: number, slot: number): string {
    const { view, exports } = this.simulated;
    this.simulated.host(({ invoke }) => {
      const at = registerAt(REGISTER_INVOKED);
      view.setU64(at, BigInt(KIND_DOMAIN) | (BigInt(node) << 32n));
      view.setU64(at + KEY_ALLOCATION, BigInt(exports.nodeAllocation(node)));
      return invoke(GET_KEY + slot);
    });
    const at = registerAt(REGISTER_RESULT);
    const kind = view.u8(at);
    const databyte = view.u8(at + 1);
    if (kind === KIND_DATA) return `data ${view.u64(at + KEY_LOW)}`;
    if (kind === KIND_MISC) return "returner";
    const name = this.#nameOfNode(view.u32(at + KEY_SUBJECT));
    if (kind === KIND_RESUME) return `${["restart", "return", "fault"][databyte]} ${name}`;
    const word = Object.entries(KINDS).find(([, number]) => number === kind)?.[0];
    return `${word} ${name}${databyte === 0 ? "" : `/${databyte}`}`;
  }

  #nameOfNode(node: number): string {
    const [named] = [...this.#nodes].find(([, index]) => index === node) ?? [{ name: "?" }];
    return (named as { name: string }).name;
  }

  listen(): void {
    for (const event of this.simulated.takeEvents()) this.judge.judge(event);
    // Those may rest who had no room for more.
    this.simulated.host(({ rouse }) => rouse() ?? OK);
  }
}

function registerAt(register: number): number {
  return CONTROL + CONTROL_REGISTERS + register * KEY_SIZE;
}

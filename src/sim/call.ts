// Calls of the kernel by the host, each with what the model expects of it and what it does there. A call may be
// asked again and again until no processor keeps it waiting (STATUS_BUSY).

import {
  ANSWER_BUSY,
  OK,
  ORDER_CLEAR,
  ORDER_SWAP,
  STATUS_BUSY,
  STATUS_NO_NODES,
  STATUS_NOT_ALLOWED,
  STATUS_NOT_METER,
  STATUS_OVERFLOW,
  STATUS_RESCINDED,
  STATUS_SPENT,
  STATUS_WRONG_STATE,
} from "../../assembly/codes.js";
import {
  CONTROL_CODE,
  METER_COUNTER_SLOT,
  METER_KEEPER_SLOT,
  METER_SUPERIOR_SLOT,
  PRIME_INDEX,
} from "../../assembly/layout.js";
import { idOf } from "../id.js";
import { type Key, ZERO_KEY } from "../key.js";
import type { KernelExports } from "../wasm.js";
import { SimFailure } from "./failure.js";
import type { Judge } from "./judge.js";
import type { Machine } from "./machine.js";
import { DOMAIN, ENDED, type Handle, LARGEST, type Model, NO_METER } from "./model.js";
import type { Plan } from "./plan.js";

export interface Call {
  readonly words: () => string;
  /** False where it must be made again. @throws {SimFailure} */
  readonly make: () => boolean;
}

export class Calls {
  /** Handles of nodes that were rescinded. */
  readonly stale: Handle[] = [];
  /** Claims that were not met at once. */
  waits = 0;
  readonly #machine: Machine;
  readonly #exports: KernelExports;
  readonly #model: Model;
  readonly #judge: Judge;

  constructor(machine: Machine, model: Model, judge: Judge) {
    this.#machine = machine;
    this.#judge = judge;
    this.#exports = machine.exports;
    this.#model = model;
  }

  /** `then` runs where the kernel answers OK, as `expected` must say that it does. */
  #call(
    words: () => string,
    call: () => number,
    expected: () => number,
    then: () => void = () => {},
  ): Call {
    const make = () => {
      const status = call();
      // What a processor has run and not said is settled in the call.
      this.#judge.look();
      if (status === STATUS_BUSY || status === ANSWER_BUSY) {
        this.waits++;
        return false;
      }
      const right = expected();
      if (status !== right) {
        throw new SimFailure("answer", words(), `status ${status}`, `status ${right}`);
      }
      if (status === OK) then();
      return true;
    };
    return { words, make };
  }

  #live(handle: Handle, status: () => number = () => OK): () => number {
    return () => (this.#model.isLive(handle) ? status() : STATUS_RESCINDED);
  }

  /** Of what stands in its slots as they are. */
  #meter(meter: Handle, status: () => number = () => OK): () => number {
    return this.#live(meter, () => (this.#model.bad[meter.index] ? STATUS_NOT_METER : status()));
  }

  #equal(words: () => string, expected: bigint): void {
    const found = this.#machine.view.amount;
    if (found !== expected) throw new SimFailure("counter", words(), `${found}`, `${expected}`);
  }

  // --- Making -----------------------------------------------------------------------------------

  #create(
    words: () => string,
    above: Handle | null,
    call: () => number,
    then: (handle: Handle) => void,
  ): Call {
    const make = () => {
      const index = call();
      const model = this.#model;
      const isLive = above === null || model.isLive(above);
      const room = model.inUse < model.nodes - 1 ? OK : STATUS_NO_NODES;
      const right = isLive ? room : STATUS_RESCINDED;
      const status = index === 0 ? this.#machine.view.control(CONTROL_CODE) : OK;
      if (status !== right) {
        throw new SimFailure("answer", words(), `status ${status}`, `status ${right}`);
      }
      if (status === OK) then({ index, allocation: this.#exports.nodeAllocation(index) });
      return true;
    };
    return { words, make };
  }

  createMeter(
    superior: Handle,
    cycles: bigint,
    keeper: number,
    then: (handle: Handle) => void = () => {},
  ): Call {
    const { index, allocation } = superior;
    return this.#create(
      () => `makes a meter of ${cycles} cycles under ${index}`,
      superior,
      () => {
        this.#machine.view.amount = cycles;
        return this.#exports.meterCreate(index, allocation, keeper);
      },
      (handle) => {
        this.#model.createMeter(handle, index, cycles, keeper);
        then(handle);
      },
    );
  }

  createNode(then: (handle: Handle) => void): Call {
    return this.#create(
      () => "makes a node of sixteen DK(0)",
      null,
      () => this.#exports.nodeCreate(),
      (handle) => {
        this.#model.createMeter(handle, NO_METER, 0n, 0);
        then(handle);
      },
    );
  }

  createDomain(meter: Handle, plan: Plan, then: (handle: Handle) => void): Call {
    const { index, allocation } = meter;
    return this.#create(
      () => `makes a domain under meter ${index}: ${plan.words}`,
      meter,
      () => {
        const program = this.#machine.write(plan);
        return this.#exports.domainCreate(index, allocation, plan.kind, program, plan.seed);
      },
      (handle) => {
        this.#model.createDomain(handle, index, plan.total);
        this.#judge.told[handle.index] = 0;
        then(handle);
      },
    );
  }

  rescind(node: Handle): Call {
    const { index, allocation } = node;
    const model = this.#model;
    return this.#call(
      () => `rescinds node ${index}`,
      () => this.#exports.nodeFree(index, allocation),
      this.#live(node, () => (index === PRIME_INDEX ? STATUS_NOT_ALLOWED : OK)),
      () => {
        if (model.kind[index] === DOMAIN) model.rescindDomain(index);
        else model.rescindMeter(index);
        this.stale.push(node);
        if (this.stale.length > 16) this.stale.shift();
      },
    );
  }

  /** Lets all processors run, for so many cycles at most. */
  go(cycles: number): Call {
    const words = Number.isFinite(cycles) ? `lets all run for ${cycles} cycles` : "lets all run";
    return this.#call(
      () => words,
      () => {
        this.#machine.go(cycles);
        return OK;
      },
      () => OK,
    );
  }

  halt(): Call {
    return this.#call(
      () => "halts all",
      () => {
        this.#machine.halt();
        return OK;
      },
      () => OK,
    );
  }

  // --- Counters ---------------------------------------------------------------------------------

  /** `then` is told what the counter held. */
  set(meter: Handle, cycles: bigint, then: (old: bigint) => void = () => {}): Call {
    const { index, allocation } = meter;
    const words = () => `sets meter ${index} to ${cycles}`;
    return this.#call(
      words,
      () => {
        this.#machine.view.amount = cycles;
        return this.#exports.meterSet(index, allocation);
      },
      this.#meter(meter),
      () => {
        const old = this.#model.counter(index);
        this.#equal(() => `${words()}, which held`, old);
        this.#model.put(index, cycles);
        then(old);
      },
    );
  }

  add(meter: Handle, cycles: bigint): Call {
    const { index, allocation } = meter;
    const sum = () => this.#model.counter(index) + cycles;
    return this.#call(
      () => `adds ${cycles} to meter ${index}`,
      () => {
        this.#machine.view.amount = cycles;
        return this.#exports.meterAdd(index, allocation);
      },
      this.#meter(meter, () => (sum() > LARGEST ? STATUS_OVERFLOW : OK)),
      () => this.#model.put(index, sum()),
    );
  }

  peek(meter: Handle): Call {
    const { index, allocation } = meter;
    const words = () => `peeks at the counter of meter ${index}`;
    return this.#call(
      words,
      () => this.#exports.meterPeek(index, allocation),
      this.#meter(meter),
      () => this.#equal(words, this.#model.counter(index)),
    );
  }

  unprepare(meter: Handle): Call {
    const { index, allocation } = meter;
    return this.#call(
      () => `unprepares meter ${index}`,
      () => this.#exports.meterUnprepare(index, allocation),
      this.#live(meter),
    );
  }

  recall(meter: Handle): Call {
    const { index, allocation } = meter;
    return this.#call(
      () => `recalls the caches below meter ${index}`,
      () => this.#exports.meterRecall(index, allocation),
      this.#live(meter),
    );
  }

  consumed(meter: Handle): Call {
    const { index, allocation } = meter;
    const words = () => `reads what was consumed below meter ${index}`;
    return this.#call(
      words,
      () => this.#exports.meterConsumed(index, allocation),
      this.#live(meter),
      () => this.#equal(words, BigInt(this.#model.consumed[index]!)),
    );
  }

  granted(meter: Handle): Call {
    const { index, allocation } = meter;
    const words = () => `reads what was granted to meter ${index}`;
    return this.#call(
      words,
      () => this.#exports.meterGranted(index, allocation),
      this.#live(meter),
      () => this.#equal(words, BigInt.asUintN(64, this.#model.granted(index))),
    );
  }

  // --- Slots ------------------------------------------------------------------------------------

  #swap(words: () => string, node: Handle, slot: number, key: () => Key, then: () => void): Call {
    const isLive = () => this.#model.isLive(node);
    return this.#call(
      () => words(),
      () => (isLive() ? this.#invoke(node, ORDER_SWAP + slot, key()) : STATUS_RESCINDED),
      this.#live(node),
      then,
    );
  }

  #invoke({ index, allocation }: Handle, order: number, argument: Key): number {
    const { view } = this.#machine;
    view.setInvoked({ kind: "node", id: idOf(index, allocation), databyte: 0 });
    view.setArgument(argument);
    return this.#exports.invoke(order) >>> 0;
  }

  /** A meter key to a node, or to nothing where it was rescinded. */
  #meterKey({ index, allocation }: Handle): Key {
    return { kind: "meter", id: idOf(index, allocation), databyte: 0 };
  }

  setKeeper(meter: Handle, keeper: number): Call {
    const { index } = meter;
    return this.#swap(
      () => `gives meter ${index} keeper ${keeper || "none"}`,
      meter,
      METER_KEEPER_SLOT,
      () => (keeper === 0 ? ZERO_KEY : { kind: "host", number: keeper }),
      () => this.#model.setKeeper(index, keeper),
    );
  }

  /** `superior` may be a domain's root, or stale: bad chains both. */
  setSuperior(meter: Handle, superior: Handle): Call {
    const { index } = meter;
    return this.#swap(
      () => `hangs meter ${index} under node ${superior.index}`,
      meter,
      METER_SUPERIOR_SLOT,
      () => this.#meterKey(superior),
      () => this.#model.setSuperior(index, this.#linkTo(superior)),
    );
  }

  setMeter(domain: Handle, meter: Handle): Call {
    const { index } = domain;
    return this.#swap(
      () => `runs domain ${index} under meter ${meter.index}`,
      domain,
      METER_SUPERIOR_SLOT,
      () => this.#meterKey(meter),
      () => this.#model.setMeter(index, this.#linkTo(meter)),
    );
  }

  #linkTo(node: Handle): number {
    return this.#model.isLive(node) ? node.index : NO_METER;
  }

  swapCounter(meter: Handle, cycles: bigint): Call {
    const { index } = meter;
    return this.#swap(
      () => `swaps ${cycles} into slot 3 of meter ${index}`,
      meter,
      METER_COUNTER_SLOT,
      () => ({ kind: "data", value: cycles }),
      () => {
        this.#model.mend(index, METER_COUNTER_SLOT);
        this.#model.put(index, cycles);
      },
    );
  }

  /** Puts what must not be there into a slot: a node key, in slot 3 a number that is too large. */
  spoil(meter: Handle, slot: number): Call {
    const { index } = meter;
    const isCounter = slot === METER_COUNTER_SLOT;
    const prime = { index: PRIME_INDEX, allocation: 0 };
    return this.#swap(
      () => `puts what must not be there into slot ${slot} of meter ${index}`,
      meter,
      slot,
      () =>
        isCounter
          ? { kind: "data", value: 1n << 64n }
          : { kind: "node", id: idOf(prime.index, prime.allocation), databyte: 0 },
      () => {
        this.#model.spoil(index, slot);
        if (isCounter) this.#model.wakeParked(index);
      },
    );
  }

  mend(meter: Handle, slot: number): Call {
    const { index } = meter;
    return this.#swap(
      () => `puts DK(0) into slot ${slot} of meter ${index}`,
      meter,
      slot,
      () => ZERO_KEY,
      () => this.#model.mend(index, slot),
    );
  }

  clear(node: Handle): Call {
    const { index } = node;
    return this.#call(
      () => `clears node ${index}`,
      () =>
        this.#model.isLive(node) ? this.#invoke(node, ORDER_CLEAR, ZERO_KEY) : STATUS_RESCINDED,
      this.#live(node),
      () => this.#model.clear(index),
    );
  }

  // --- Domains ----------------------------------------------------------------------------------

  #domain(words: () => string, domain: Handle, name: DomainCall, then: () => void): Call {
    const { index, allocation } = domain;
    const model = this.#model;
    return this.#call(
      words,
      () => this.#exports[name](index, allocation),
      this.#live(domain, () => (model.state[index] === ENDED ? STATUS_WRONG_STATE : OK)),
      then,
    );
  }

  start(domain: Handle): Call {
    const { index } = domain;
    const words = () => `starts domain ${index}`;
    return this.#domain(words, domain, "domainStart", () => this.#model.start(index));
  }

  /** Stops it, or ends it for good. */
  stop(domain: Handle, state: number): Call {
    const { index } = domain;
    const isEnd = state === ENDED;
    return this.#domain(
      () => `${isEnd ? "ends" : "stops"} domain ${index}`,
      domain,
      isEnd ? "domainEnd" : "domainStop",
      () => this.#model.stop(index, state),
    );
  }

  evict(domain: Handle): Call {
    const { index, allocation } = domain;
    return this.#call(
      () => `takes the record of domain ${index}`,
      () => this.#exports.domainUnprepare(index, allocation),
      this.#live(domain),
    );
  }

  /** What a keeper answers; the kernel refuses what comes too late. */
  answer(domain: Handle, call: number, declines: boolean): Call {
    const { index, allocation } = domain;
    const model = this.#model;
    const name = declines ? "domainDecline" : "domainRestart";
    let isDone = false;
    // The event that it is parked comes before the answer of the call.
    const decline = (parked: number) => {
      isDone ||= parked === index && model.decline(index, call);
    };
    return this.#call(
      () => `${declines ? "declines for" : "restarts"} domain ${index}`,
      () => {
        isDone = false;
        this.#judge.declining = declines ? decline : undefined;
        const status = this.#exports[name](index, allocation, call);
        this.#judge.look();
        this.#judge.declining = undefined;
        return status;
      },
      this.#live(domain, () => (isDone || model.call[index] === call ? OK : STATUS_SPENT)),
      () => {
        if (!declines) model.restart(index, call);
        else if (!isDone) decline(index);
      },
    );
  }
}

type DomainCall = "domainStart" | "domainStop" | "domainEnd";

// A call of the kernel by the host, with what the model expects of it and what it does there. It
// may be made again and again until no processor keeps it waiting (STATUS_BUSY).

import {
  ANSWER_BUSY,
  OK,
  ORDER_SWAP,
  STATUS_BUSY,
  STATUS_NO_NODES,
  STATUS_NOT_METER,
  STATUS_RESCINDED,
} from "../../assembly/codes.js";
import { CONTROL_CODE } from "../../assembly/layout.js";
import { idOf } from "../id.js";
import type { Key } from "../key.js";
import type { KernelExports } from "../wasm.js";
import { SimFailure } from "./failure.js";
import type { Judge } from "./judge.js";
import type { Machine } from "./machine.js";
import { type Handle, type Model, NO_METER } from "./model.js";

export interface Call {
  readonly words: () => string;
  /** False where it must be made again. @throws {SimFailure} */
  readonly make: () => boolean;
}

/** What all calls need; they say in protected members what is right. */
export abstract class Caller {
  /** Claims that were not met at once. */
  waits = 0;
  protected readonly exports: KernelExports;

  constructor(
    protected readonly machine: Machine,
    protected readonly model: Model,
    protected readonly judge: Judge,
  ) {
    this.exports = machine.exports;
  }

  /** `then` runs where the kernel answers OK, as `expected` must say that it does. */
  protected call(
    words: () => string,
    call: () => number,
    expected: () => number,
    then: () => void = () => {},
  ): Call {
    const make = () => {
      const status = call();
      // What a processor has run and not said is settled in the call.
      this.judge.look();
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

  protected live(handle: Handle, status: () => number = () => OK): () => number {
    return () => (this.model.isLive(handle) ? status() : STATUS_RESCINDED);
  }

  /** Of what stands in its slots as they are. */
  protected wellFormed(meter: Handle, status: () => number = () => OK): () => number {
    return this.live(meter, () => (this.model.bad[meter.index] ? STATUS_NOT_METER : status()));
  }

  protected equal(words: () => string, expected: bigint): void {
    const found = this.machine.view.amount;
    if (found !== expected) throw new SimFailure("counter", words(), `${found}`, `${expected}`);
  }

  protected create(
    words: () => string,
    above: Handle | null,
    call: () => number,
    then: (handle: Handle) => void,
  ): Call {
    const make = () => {
      const index = call();
      const model = this.model;
      const isLive = above === null || model.isLive(above);
      const room = model.inUse < model.nodes - 1 ? OK : STATUS_NO_NODES;
      const right = isLive ? room : STATUS_RESCINDED;
      const status = index === 0 ? this.machine.view.control(CONTROL_CODE) : OK;
      if (status !== right) {
        throw new SimFailure("answer", words(), `status ${status}`, `status ${right}`);
      }
      if (status === OK) then({ index, allocation: this.exports.nodeAllocation(index) });
      return true;
    };
    return { words, make };
  }

  protected swap(
    words: () => string,
    node: Handle,
    slot: number,
    key: () => Key,
    then: () => void,
  ): Call {
    const isLive = () => this.model.isLive(node);
    return this.call(
      () => words(),
      () => (isLive() ? this.invoke(node, ORDER_SWAP + slot, key()) : STATUS_RESCINDED),
      this.live(node),
      then,
    );
  }

  protected invoke({ index, allocation }: Handle, order: number, argument: Key): number {
    const { view } = this.machine;
    view.setInvoked({ kind: "node", id: idOf(index, allocation), databyte: 0 });
    view.setArgument(argument);
    return this.exports.invoke(order) >>> 0;
  }

  /** What slot 1 means once it holds a meter key to that node. */
  protected linkTo(node: Handle): number {
    return this.model.isLive(node) ? node.index : NO_METER;
  }
}

/** A meter key to a node, or to nothing where it was rescinded. */
export function meterKey({ index, allocation }: Handle): Key {
  return { kind: "meter", id: idOf(index, allocation), databyte: 0 };
}

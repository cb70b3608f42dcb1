// Calls that make nodes and rescind them.

import { OK, STATUS_NOT_ALLOWED } from "../../assembly/codes.js";
import { PRIME_INDEX } from "../../assembly/layout.js";
import { type Call, Caller } from "./caller.js";
import { DOMAIN, type Handle, NO_METER } from "./model.js";
import type { Plan } from "./plan.js";

const STALE = 16;

export class NodeCalls extends Caller {
  /** Handles of nodes that were rescinded, the last few. */
  readonly stale: Handle[] = [];

  createMeter(
    superior: Handle,
    cycles: bigint,
    keeper: number,
    then: (handle: Handle) => void = () => {},
  ): Call {
    const { index, allocation } = superior;
    return this.create(
      () => `makes a meter of ${cycles} cycles under ${index}`,
      superior,
      () => {
        this.machine.view.amount = cycles;
        return this.exports.meterCreate(index, allocation, keeper);
      },
      (handle) => {
        this.model.createMeter(handle, index, cycles, keeper);
        then(handle);
      },
    );
  }

  createNode(then: (handle: Handle) => void): Call {
    return this.create(
      () => "makes a node of sixteen DK(0)",
      null,
      () => this.exports.nodeCreate(),
      (handle) => {
        this.model.createMeter(handle, NO_METER, 0n, 0);
        then(handle);
      },
    );
  }

  createDomain(meter: Handle, plan: Plan, then: (handle: Handle) => void): Call {
    const { index, allocation } = meter;
    return this.create(
      () => `makes a domain under meter ${index}: ${plan.words}`,
      meter,
      () => {
        const program = this.machine.write(plan);
        return this.exports.domainCreate(index, allocation, plan.kind, program, plan.seed);
      },
      (handle) => {
        this.model.createDomain(handle, index, plan.total);
        this.judge.told[handle.index] = 0;
        then(handle);
      },
    );
  }

  rescind(node: Handle): Call {
    const { index, allocation } = node;
    const model = this.model;
    return this.call(
      () => `rescinds node ${index}`,
      () => this.exports.nodeFree(index, allocation),
      this.live(node, () => (index === PRIME_INDEX ? STATUS_NOT_ALLOWED : OK)),
      () => {
        if (model.kind[index] === DOMAIN) model.rescindDomain(index);
        else model.rescindMeter(index);
        this.stale.push(node);
        if (this.stale.length > STALE) this.stale.shift();
      },
    );
  }
}

// Calls that read and change meters: their counters and their slots.

import { OK, ORDER_CLEAR, STATUS_OVERFLOW, STATUS_RESCINDED } from "../../assembly/codes.js";
import {
  METER_COUNTER_SLOT,
  METER_KEEPER_SLOT,
  METER_SUPERIOR_SLOT,
  PRIME_INDEX,
} from "../../assembly/layout.js";
import { idOf } from "../id.js";
import { ZERO_KEY } from "../key.js";
import { type Call, Caller, meterKey } from "./caller.js";
import { type Handle, LARGEST } from "./model.js";

export class MeterCalls extends Caller {
  /** `then` is told what the counter held. */
  set(meter: Handle, cycles: bigint, then: (old: bigint) => void = () => {}): Call {
    const { index, allocation } = meter;
    const words = () => `sets meter ${index} to ${cycles}`;
    return this.call(
      words,
      () => {
        this.machine.view.amount = cycles;
        return this.exports.meterSet(index, allocation);
      },
      this.wellFormed(meter),
      () => {
        const old = this.model.counter(index);
        this.equal(() => `${words()}, which held`, old);
        this.model.put(index, cycles);
        then(old);
      },
    );
  }

  add(meter: Handle, cycles: bigint): Call {
    const { index, allocation } = meter;
    const sum = () => this.model.counter(index) + cycles;
    return this.call(
      () => `adds ${cycles} to meter ${index}`,
      () => {
        this.machine.view.amount = cycles;
        return this.exports.meterAdd(index, allocation);
      },
      this.wellFormed(meter, () => (sum() > LARGEST ? STATUS_OVERFLOW : OK)),
      () => this.model.put(index, sum()),
    );
  }

  peek(meter: Handle): Call {
    const { index, allocation } = meter;
    const words = () => `peeks at the counter of meter ${index}`;
    return this.call(
      words,
      () => this.exports.meterPeek(index, allocation),
      this.wellFormed(meter),
      () => this.equal(words, this.model.counter(index)),
    );
  }

  unprepare(meter: Handle): Call {
    const { index, allocation } = meter;
    return this.call(
      () => `unprepares meter ${index}`,
      () => this.exports.meterUnprepare(index, allocation),
      this.live(meter),
    );
  }

  recall(meter: Handle): Call {
    const { index, allocation } = meter;
    return this.call(
      () => `recalls the caches below meter ${index}`,
      () => this.exports.meterRecall(index, allocation),
      this.live(meter),
    );
  }

  consumed(meter: Handle): Call {
    const { index, allocation } = meter;
    const words = () => `reads what was consumed below meter ${index}`;
    return this.call(
      words,
      () => this.exports.meterConsumed(index, allocation),
      this.live(meter),
      () => this.equal(words, BigInt(this.model.consumed[index]!)),
    );
  }

  granted(meter: Handle): Call {
    const { index, allocation } = meter;
    const words = () => `reads what was granted to meter ${index}`;
    return this.call(
      words,
      () => this.exports.meterGranted(index, allocation),
      this.live(meter),
      () => this.equal(words, BigInt.asUintN(64, this.model.granted(index))),
    );
  }

  setKeeper(meter: Handle, keeper: number): Call {
    const { index } = meter;
    return this.swap(
      () => `gives meter ${index} keeper ${keeper || "none"}`,
      meter,
      METER_KEEPER_SLOT,
      () => (keeper === 0 ? ZERO_KEY : { kind: "host", number: keeper }),
      () => this.model.setKeeper(index, keeper),
    );
  }

  /** `superior` may be a domain's root, or stale: bad chains both. */
  setSuperior(meter: Handle, superior: Handle): Call {
    const { index } = meter;
    return this.swap(
      () => `hangs meter ${index} under node ${superior.index}`,
      meter,
      METER_SUPERIOR_SLOT,
      () => meterKey(superior),
      () => this.model.setSuperior(index, this.linkTo(superior)),
    );
  }

  swapCounter(meter: Handle, cycles: bigint): Call {
    const { index } = meter;
    return this.swap(
      () => `swaps ${cycles} into slot 3 of meter ${index}`,
      meter,
      METER_COUNTER_SLOT,
      () => ({ kind: "data", value: cycles }),
      () => {
        this.model.mend(index, METER_COUNTER_SLOT);
        this.model.put(index, cycles);
      },
    );
  }

  /** Puts what must not be there into a slot: a node key, in slot 3 a number that is too large. */
  spoil(meter: Handle, slot: number): Call {
    const { index } = meter;
    const isCounter = slot === METER_COUNTER_SLOT;
    const prime = { index: PRIME_INDEX, allocation: 0 };
    return this.swap(
      () => `puts what must not be there into slot ${slot} of meter ${index}`,
      meter,
      slot,
      () =>
        isCounter
          ? { kind: "data", value: 1n << 64n }
          : { kind: "node", id: idOf(prime.index, prime.allocation), databyte: 0 },
      () => {
        this.model.spoil(index, slot);
        if (isCounter) this.model.wakeParked(index);
      },
    );
  }

  mend(meter: Handle, slot: number): Call {
    const { index } = meter;
    return this.swap(
      () => `puts DK(0) into slot ${slot} of meter ${index}`,
      meter,
      slot,
      () => ZERO_KEY,
      () => this.model.mend(index, slot),
    );
  }

  clear(node: Handle): Call {
    const { index } = node;
    return this.call(
      () => `clears node ${index}`,
      () => (this.model.isLive(node) ? this.invoke(node, ORDER_CLEAR, ZERO_KEY) : STATUS_RESCINDED),
      this.live(node),
      () => this.model.clear(index),
    );
  }
}

// A lab with puppets in it: domains that hold keys, and do what a test says.

import { CONTROL_NODES_USED } from "../assembly/layout.js";
import type {
  Domain,
  DomainOptions,
  KernelOptions,
  Key,
  KeyLike,
  Meter,
  MeterKey,
} from "../src/index.js";
import { Lab } from "./lab.js";
import { play, type Seen, type Step } from "./puppet.js";

export interface Puppeteer {
  readonly name?: string;
  readonly meter?: Meter | MeterKey;
  /** Its general keys, by slot. */
  readonly keys?: Readonly<Record<number, KeyLike>>;
  readonly isStopped?: boolean;
  readonly pages?: DomainOptions["pages"];
}

export interface Actor {
  readonly domain: Domain;
  readonly seen: Seen;
}

export class Cast extends Lab {
  constructor(options: KernelOptions = {}) {
    super({ frames: 1024, ...options });
  }

  get nodesUsed(): number {
    return this.kernel.core.view.control(CONTROL_NODES_USED);
  }

  /** Runs on until something holds: one processor may be late while others use up the time. */
  runUntil(holds: () => boolean): void {
    for (let rounds = 0; !holds(); rounds++) {
      if (rounds === 100_000) throw new Error(`after ${rounds} rounds it does not hold: ${holds}`);
      this.run(1000);
    }
  }

  /** A puppet that is started, unless it is to be stopped. */
  play(steps: readonly Step[], options: Puppeteer = {}): Actor {
    const { name, meter = this.prime, keys = {}, isStopped = false, pages = [] } = options;
    const actor = play(this.kernel, meter, steps, {
      pages,
      ...(name === undefined ? {} : { name }),
    });
    for (const [slot, key] of Object.entries(keys)) actor.domain.keys.set(Number(slot), key);
    if (!isStopped) actor.domain.start();
    return actor;
  }
}

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export const data = (value: number | bigint): Key => ({ kind: "data", value: BigInt(value) });

// Calls of keepers that are of the host: what one is told, and what its answer does. Internal.

import { OK, ORDER_KEEPER, ORDER_STORAGE, ORDER_TRAP } from "../assembly/codes.js";
import {
  DOMAIN_KEEPER_SLOT,
  METER_KEEPER_SLOT,
  RESOURCE_STORAGE,
  RESUME_FAULT,
  RESUME_RESTART,
} from "../assembly/layout.js";
import type { Alarms } from "./alarm.js";
import type { Core } from "./core.js";
import type { Domain } from "./domain.js";
import { OptionError } from "./errors.js";
import type { KeeperOutcome } from "./event.js";
import type { HostHandler } from "./host-object.js";
import { allocationOf, indexOf } from "./id.js";
import type { Keeper, KeeperAnswer, KeeperMessage, Resource } from "./keeper.js";
import { type Key, type ResumeKey, ZERO_KEY } from "./key.js";
import { delivery } from "./message.js";
import type { Meter } from "./meter.js";
import { cycles, show } from "./options.js";

/** The kernel numbers the calls made for a domain; only the latest can be answered. */
interface Call {
  readonly domain: Domain;
  readonly number: number;
}

/** What a call is about. */
interface Shortage {
  readonly meter: Meter;
  readonly resource: Resource;
  readonly time: bigint;
}

const U32 = 2 ** 32;
/** Units of KeyKOS's clock, 2^−12 µs, in a cycle (§7). */
const TIME_UNITS = 256n;

export class KeeperCalls {
  readonly #core: Core;
  readonly #alarms: Alarms;

  constructor(core: Core, alarms: Alarms) {
    this.#core = core;
    this.#alarms = alarms;
    alarms.onSet = () => core.acted();
  }

  /** Calls the keeper of a dry meter for a domain, and does as it answers. */
  make(call: Call, shortage: Shortage): void {
    const { meter, resource, time } = shortage;
    // A listener may have been faster than the call.
    if (!this.#isOut(call)) return;
    if (!this.#core.isLive(meter.id)) {
      this.#restart(call);
      return;
    }
    const key = meter.node.fetch(METER_KEEPER_SLOT);
    if (key.kind !== "host") {
      // Another has been put there meanwhile: the domain finds out.
      this.#restart(call);
      return;
    }
    meter.keeperCalls++;
    const entry = this.#core.hosts.get(key.number);
    const outcome =
      entry?.kind === "object"
        ? this.#askObject(entry.handler, call, shortage)
        : this.#ask(entry?.kind === "keeper" ? entry.keeper : deny, call, shortage);
    this.#core.emitter.emit("keeper", { meter, domain: call.domain, resource, time, outcome });
  }

  /** Calls the keeper of a domain that has trapped, if it is a host object. */
  trapped(call: Call, time: bigint): void {
    if (!this.#isOut(call)) return;
    const { domain } = call;
    const key = domain.node.fetch(DOMAIN_KEEPER_SLOT);
    if (key.kind !== "host") {
      this.#restart(call);
      return;
    }
    const entry = this.#core.hosts.get(key.number);
    const giveUp = () => {
      if (this.#decline(call)) this.#core.tellTrap(domain);
    };
    if (entry?.kind !== "object") {
      giveUp();
      return;
    }
    const { code, address } = domain.pendingTrap;
    const string = trapString(code, address, domain.machine?.pc ?? 0);
    const fault = this.#resumeKey(call, RESUME_FAULT);
    const order = (ORDER_TRAP + code) >>> 0;
    const message = delivery(order, string, ZERO_KEY, ZERO_KEY, domain.domainKey, fault);
    this.#core.objects.ask(
      entry.handler,
      { ...message, domain, time },
      {
        settle: (answer) => this.#core.post.answer(fault, answer),
        fail: giveUp,
        isOut: () => this.#isOut(call),
      },
    );
  }

  #ask(keeper: Keeper, call: Call, shortage: Shortage): KeeperOutcome {
    const { answers, emitter } = this.#core;
    const { domain } = call;
    const { meter, time } = shortage;
    return answers.put<KeeperAnswer, KeeperOutcome>({
      ask: () => keeper(this.#messageOf(call, shortage)),
      settle: (answer) => this.#settle(call, answer),
      fail: (error) => {
        this.#decline(call);
        emitter.report("keeperError", { meter, domain, time, error });
        return "error";
      },
      isOut: () => this.#isOut(call),
    });
  }

  #askObject(handler: HostHandler, call: Call, shortage: Shortage): KeeperOutcome {
    const { meter, resource, time } = shortage;
    const order = resource === "cpu" ? ORDER_KEEPER : ORDER_STORAGE;
    const string = timeString(time);
    const service: Key = { kind: "node", id: meter.id, databyte: 0 };
    const restart = this.#resumeKey(call, RESUME_RESTART);
    const message = delivery(order, string, ZERO_KEY, ZERO_KEY, service, restart);
    return this.#core.objects.ask<KeeperOutcome>(
      handler,
      { ...message, domain: call.domain, time },
      {
        settle: () => {
          this.#restart(call);
          return "restart";
        },
        fail: () => {
          this.#decline(call);
          return "error";
        },
        isOut: () => this.#isOut(call),
      },
    );
  }

  #messageOf(call: Call, shortage: Shortage): KeeperMessage {
    return {
      ...shortage,
      domain: call.domain,
      restart: () => this.#restart(call),
      decline: () => this.#decline(call),
      until: (time) => this.#alarms.promise(cycles("until", time)),
    };
  }

  /** The key by which the domain goes on, as another domain in the keeper's place would get it. */
  #resumeKey({ domain, number }: Call, databyte: number): ResumeKey {
    const calls = this.#core.view.calls(indexOf(domain.id));
    // Of this call: with several processors the domain may have gone on since, and wait for another.
    const call = calls - (calls % U32) + number;
    return { kind: "resume", id: domain.id, databyte, call };
  }

  /** What an arrow function happens to return means nothing; a word does. @throws {OptionError} */
  #settle(call: Call, answer: KeeperAnswer): "restart" | "decline" {
    if (typeof answer === "string" && answer !== "decline") {
      throw new OptionError(`keeper: answered ${show(answer)}, expected nothing or "decline"`);
    }
    if (answer === "decline") this.#decline(call);
    else this.#restart(call);
    return answer === "decline" ? "decline" : "restart";
  }

  #restart({ domain, number }: Call): boolean {
    const { exports } = this.#core;
    const { id } = domain;
    const isDone = exports.domainRestart(indexOf(id), allocationOf(id), number) === OK;
    this.#core.acted();
    return isDone;
  }

  #decline({ domain, number }: Call): boolean {
    const { exports } = this.#core;
    const { id } = domain;
    const isDone = exports.domainDecline(indexOf(id), allocationOf(id), number) === OK;
    this.#core.acted();
    return isDone;
  }

  #isOut({ domain, number }: Call): boolean {
    return this.#core.waits(domain, number);
  }
}

/** As the kernel numbers it. */
export function resourceOf(number: number): Resource {
  return number === RESOURCE_STORAGE ? "storage" : "cpu";
}

/** Stands for a keeper that is no more. */
const deny: Keeper = () => "decline";

/** As KeyKOS writes it: 8 bytes, big-endian. */
function timeString(time: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, time * TIME_UNITS);
  return bytes;
}

/** What a domain has trapped with, and where: three words, big-endian. */
function trapString(code: number, address: number, pc: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  [code, address, pc].forEach((word, i) => {
    view.setUint32(4 * i, word);
  });
  return bytes;
}

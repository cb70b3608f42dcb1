// Host objects: functions of the host that domains invoke as they invoke each other.

import {
  ANSWER_DATA,
  ANSWER_FAILED,
  ANSWER_INVALID_ORDER,
  OK,
  ORDER_KT,
} from "../assembly/codes.js";
import type { Core } from "./core.js";
import type { Domain } from "./domain.js";
import { allocationOf, indexOf } from "./id.js";
import type { Key } from "./key.js";
import { type Delivery, delivery, deliveryOf, type Message } from "./message.js";

/** What a host object is told: the message, from whom, and when. */
export interface HostMessage extends Delivery {
  /** Who invoked it, ran dry or has trapped; null where that was the host. */
  readonly domain: Domain | null;
  /** Cycles since the kernel was made. */
  readonly time: bigint;
}

/**
 * Called for each message to a host object; what it returns, or its promise resolves to, is the answer: it goes
 * to key 4, if that still is a key to somebody who waits. A thrown error is told as "objectError" (and
 * thrown by the run, if nobody listens), and answered with 0x80000004.
 *
 * In slot 2 of a meter it is the keeper and gets the message of §7: order 0xffffffff, the time (8 bytes,
 * big-endian, in 2^−12 µs), key 3 the service key of the dry meter, key 4 a restart key to the domain; its answer
 * lets the domain look again. As the keeper of a domain it gets order 0x80000000 + the trap code; the
 * code, the address and the pc, each 4 bytes, big-endian; key 3 the domain key, key 4 a fault key. Order 0 in its
 * answer lets the domain try again, any other lets it trap with that code. An error that it throws parks
 * the domain, or leaves it trapped.
 */
export type HostHandler = (message: HostMessage) => HostAnswer | PromiseLike<HostAnswer>;
// biome-ignore lint/suspicious/noConfusingVoidType: an object that has nothing to say returns nothing
export type HostAnswer = void | undefined | Message;

/** What becomes of a host object's answer. */
interface Reply<Outcome> {
  settle(answer: Delivery): Outcome;
  fail(): Outcome;
  isOut(): boolean;
}

/** @internal */
export class HostObjects {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** A domain has invoked a host key, and nobody has taken the message yet. */
  take(domain: Domain, call: number): void {
    const core = this.#core;
    const { id, machine } = domain;
    const taken = core.alone(() => {
      // The kernel may give them to the next message as soon as it is rid of this one.
      const { order, string } = machine!.message;
      const status = core.exports.gateTake(indexOf(id), allocationOf(id), call);
      return status === OK ? { order, string, ...core.view.taken } : undefined;
    });
    if (!taken) return;
    core.acted();
    const { invoked, ...message } = taken;
    this.deliver(invoked, message, domain);
  }

  /** Gives a message to whatever a host key stands for. */
  deliver(key: Key, message: Delivery, domain: Domain | null): void {
    const { hosts, post } = this.#core;
    const entry = key.kind === "host" ? hosts.get(key.number) : undefined;
    const client = message.keys[3];
    if (entry?.kind === "end") entry.take(message);
    else if (entry?.kind === "object") {
      const { order, string, keys } = message;
      const { time } = this.#core;
      this.ask(
        entry.handler,
        { order, string, keys, domain, time },
        {
          settle: (answer) => post.answer(client, answer),
          fail: () => post.answer(client, delivery(ANSWER_FAILED)),
          isOut: () => client.kind !== "resume" || this.#core.awaits(client.id, client.call),
        },
      );
    } else if (entry) post.answer(client, delivery(ANSWER_INVALID_ORDER));
    else post.answer(client, answerOfZero(message.order));
  }

  /** Asks a host object. */
  ask<Outcome>(
    handler: HostHandler,
    message: HostMessage,
    reply: Reply<Outcome>,
  ): Outcome | "later" {
    const { domain, time } = message;
    return this.#core.answers.put({
      ask: () => handler(message),
      settle: (answer: HostAnswer) =>
        reply.settle(
          deliveryOf(this.#core, "host object's answer", answer === undefined ? {} : answer),
        ),
      fail: (error) => {
        const outcome = reply.fail();
        this.#core.emitter.report("objectError", { domain, time, error });
        return outcome;
      },
      isOut: () => reply.isOut(),
    });
  }
}

/** What DK(0) answers, as which every key acts that is void. */
function answerOfZero(order: number): Delivery {
  if (order === ORDER_KT) return delivery(ANSWER_DATA);
  return order === 0 ? delivery(0, new Uint8Array(11)) : delivery(ANSWER_INVALID_ORDER);
}

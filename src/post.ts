// The post: messages of the host to gates, in the order in which it sends them, and the answers. Internal.

import { OK, STATUS_STALLED } from "../assembly/codes.js";
import type { Core } from "./core.js";
import { type PrimemeterError, RescindedError, StateError } from "./errors.js";
import { indexOf, type NodeId } from "./id.js";
import type { Key } from "./key.js";
import { type KeyLike, keyOf } from "./key-like.js";
import { type Delivery, delivery, deliveryOf, MESSAGE_KEYS, type Message } from "./message.js";

/** A message that its gate has not taken yet. */
interface Letter {
  readonly key: Key;
  readonly message: Delivery;
  readonly done: Promised<void>;
}

/** A call that has not been answered. */
interface Call {
  readonly callee: NodeId | undefined;
  readonly done: Promised<Delivery>;
}

interface Promised<Value> {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: unknown): void;
}

export class Post {
  readonly #core: Core;
  /** What waits for a busy domain to be available, in order; by its id. */
  readonly #letters = new Map<NodeId, Letter[]>();
  /** By the number of the host key that is key 4. */
  readonly #calls = new Map<number, Call>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** As `kernel.send`. */
  send(like: KeyLike, message: Message): Promise<void> {
    const done = promised<void>();
    try {
      const key = keyOf(this.#core, like, "send: key");
      this.#put({ key, message: deliveryOf(this.#core, "send", message), done });
    } catch (error) {
      done.reject(error);
    }
    return done.promise;
  }

  /** As `kernel.call`. */
  call(like: KeyLike, message: Message): Promise<Delivery> {
    const { hosts } = this.#core;
    const done = promised<Delivery>();
    const number = hosts.end((answer) => {
      this.#calls.delete(number);
      done.resolve(answer);
      this.#core.answers.awaken();
    });
    const fail = (error: unknown) => {
      hosts.forget(number);
      this.#calls.delete(number);
      done.reject(error);
    };
    try {
      const key = keyOf(this.#core, like, "call: key");
      const own: Key = { kind: "host", number };
      const letter = deliveryOf(this.#core, "call", message, MESSAGE_KEYS - 1, own);
      const callee = isGate(key) ? key.id : undefined;
      this.#calls.set(number, { callee, done: { ...done, reject: fail } });
      const sent = promised<void>();
      sent.promise.catch(fail);
      this.#put({ key, message: letter, done: sent });
    } catch (error) {
      fail(error);
    }
    return done.promise;
  }

  /** Answers whoever a key 4 is to; a void one, or another, is to nobody. */
  answer(client: Key, message: Delivery): void {
    if (client.kind === "resume") this.#deliver(client, message);
    else if (client.kind === "host" && this.#calls.has(client.number)) {
      this.#core.objects.deliver(client, message, null);
    }
  }

  /** Whether it has anything for a domain that was busy. */
  get isWaiting(): boolean {
    return this.#letters.size > 0;
  }

  /** It is worth trying a domain again. */
  available(id: NodeId): void {
    const letters = this.#letters.get(id);
    if (!letters) return;
    for (let letter = letters[0]; letter; letter = letters[0]) {
      const status = this.#deliver(letter.key, letter.message);
      if (status === STATUS_STALLED) return;
      letters.shift();
      this.#settle(letter, status);
    }
    this.#letters.delete(id);
  }

  /** Nobody will ever take what was sent to a node, nor answer what it was asked. */
  gone(id: NodeId, error: PrimemeterError): void {
    for (const { done } of this.#letters.get(id) ?? []) done.reject(error);
    this.#letters.delete(id);
    for (const { callee, done } of [...this.#calls.values()]) if (callee === id) done.reject(error);
    this.#core.answers.awaken();
  }

  /** The kernel is no more. Whoever does not await what they sent is not bothered. */
  end(): void {
    const error = new StateError("the kernel is disposed of");
    const open = [...this.#calls.values(), ...[...this.#letters.values()].flat()];
    this.#letters.clear();
    this.#calls.clear();
    for (const { done } of open) {
      done.promise.catch(() => {});
      done.reject(error);
    }
  }

  #put(letter: Letter): void {
    const { key, message, done } = letter;
    if (key.kind === "start" && !this.#isObject(key.id)) {
      const letters = this.#letters.get(key.id);
      if (letters) letters.push(letter);
      else {
        this.#letters.set(key.id, [letter]);
        this.available(key.id);
      }
    } else if (key.kind === "resume") this.#settle(letter, this.#deliver(key, message));
    else {
      if (key.kind === "host") this.#core.objects.deliver(key, message, null);
      else this.#invoke(key, message);
      done.resolve();
    }
  }

  /** Whether a start key is to an object of the kernel: a live node, but no domain. */
  #isObject(id: NodeId): boolean {
    const { domains } = this.#core;
    return this.#core.isLive(id) && domains.get(indexOf(id))?.id !== id;
  }

  /** A key of the kernel's own, done at once. */
  #invoke(key: Key, message: Delivery): void {
    const { order, string, keys } = message;
    const answer = this.#core.invoke(key, order, keys[0], string, keys);
    this.answer(keys[3], delivery(answer.code, answer.string, ...answer.keys));
  }

  #deliver(key: Key, message: Delivery): number {
    const core = this.#core;
    const status = core.alone(() => {
      core.view.setMessage(key, message);
      return core.exports.gateSend(message.order);
    });
    core.acted();
    return status;
  }

  #settle({ key, done }: Letter, status: number): void {
    if (status === OK) done.resolve();
    else done.reject(this.#refusal(key));
    this.#core.answers.awaken();
  }

  /** Why a gate takes nothing, now and ever. */
  #refusal(key: Key): PrimemeterError {
    if (!isGate(key) || !this.#core.isLive(key.id)) return new RescindedError("the key's node");
    if (key.kind === "start") {
      const { name = "" } = this.#core.domains.get(indexOf(key.id)) ?? {};
      const expected = "expected one that can be available for messages";
      return new StateError(`domain ${name} has ended, or runs no ELF program; ${expected}`);
    }
    return new StateError("the resume key was used, or its domain waits for it no longer");
  }
}

function isGate(key: Key): key is Key & { kind: "start" | "resume" } {
  return key.kind === "start" || key.kind === "resume";
}

function promised<Value>(): Promised<Value> {
  let resolve: (value: Value) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

// What the host keys of a kernel stand for, by number: keepers, host objects, and the ends of calls that the
// host has made. Internal.

import { OptionError } from "./errors.js";
import type { HostHandler } from "./host-object.js";
import type { Keeper } from "./keeper.js";
import { type Key, ZERO_KEY } from "./key.js";
import type { KeyLike } from "./key-like.js";
import type { Delivery } from "./message.js";
import { callable, show } from "./options.js";

export type HostEntry =
  | { readonly kind: "keeper"; readonly keeper: Keeper }
  | { readonly kind: "object"; readonly handler: HostHandler }
  /** Takes one message, and is no more. */
  | { readonly kind: "end"; readonly take: (message: Delivery) => void };

/** The kernel takes the number of a keeper that it puts in slot 2 as one of 32 bits: others come after. */
const FIRST_END = 2 ** 32;

export class Hosts {
  readonly #entries = new Map<number, HostEntry>();
  /** Those that were given out: any slot may hold them. */
  readonly #shared = new Set<number>();
  #next = 1;
  #nextEnd = FIRST_END;

  get(number: number): HostEntry | undefined {
    return this.#entries.get(number);
  }

  /** How many there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** The keeper behind a key, if there is one. */
  keeperOf(key: Key): Keeper | undefined {
    const entry = key.kind === "host" ? this.get(key.number) : undefined;
    return entry?.kind === "keeper" ? entry.keeper : undefined;
  }

  /** The key that makes something the keeper of a meter; functions get a number. @throws {OptionError} */
  keyOf(keeper: Keeper | KeyLike | null, keyOf: (like: KeyLike) => Key): Key {
    if (keeper === null) return ZERO_KEY;
    if (typeof keeper === "function") return { kind: "host", number: this.keeper(keeper, false) };
    if (typeof keeper === "object") return keyOf(keeper);
    throw new OptionError(`keeper: found ${show(keeper)}, expected a function or a key`);
  }

  /** Gives a keeper a number: one of its own, or one for as many as like it. @throws {OptionError} */
  keeper(keeper: Keeper, isShared: boolean): number {
    callable("keeper", keeper);
    return this.#add({ kind: "keeper", keeper }, isShared);
  }

  /** @throws {OptionError} */
  object(handler: HostHandler): number {
    callable("hostObject: handler", handler);
    return this.#add({ kind: "object", handler }, true);
  }

  /** The end of a call: a number that is good once. */
  end(take: (message: Delivery) => void): number {
    const number = this.#nextEnd++;
    this.#entries.set(number, {
      kind: "end",
      take: (message) => {
        this.forget(number);
        take(message);
      },
    });
    return number;
  }

  forget(number: number): void {
    this.#entries.delete(number);
  }

  /** A meter has done with what was in its slot 2: a keeper of its own is forgotten. */
  release(key: Key): void {
    if (key.kind !== "host" || this.#shared.has(key.number)) return;
    if (this.get(key.number)?.kind === "keeper") this.forget(key.number);
  }

  clear(): void {
    this.#entries.clear();
  }

  #add(entry: HostEntry, isShared: boolean): number {
    const number = this.#next++;
    this.#entries.set(number, entry);
    if (isShared) this.#shared.add(number);
    return number;
  }
}

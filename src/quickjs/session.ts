// What is said between the host and one copy of QuickJS, until that ends. Internal.
//
// Turn invariant: what the host asks comes in turns, one after the other, each until no promise's job is left. Only a
// function of the host that a script has called comes between, at once, by `callNow`.

import { OptionError, StateError } from "../errors.js";
import { decode, decodeList, encode, encodeList, encodeThrown } from "./data.js";
import type { Exposed } from "./exposed.js";
import type { Instance, Steps } from "./instance.js";
import { Port, type PreludeIds } from "./port.js";

/** A value that is there, or what waits for it; in an object, for a promise in a promise would be waited for. */
type Outcome = { readonly value: unknown } | { readonly later: Promise<unknown> };

interface Waiting {
  readonly what: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const WORD = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

export class Session {
  readonly instance: Instance;
  readonly #exposed: Exposed;
  readonly #port: Port;
  /** How many globals the plugin has been told of. */
  #defined = 0;
  /** Who waits for a promise of the script's, by its number. */
  readonly #waiting = new Map<number, Waiting>();
  /** Promises of the host that the script waits for. */
  #promised = 0;
  #lastPromise = 0;
  /** Turns that have not ended, and the end of the last one. */
  #turns = 0;
  #last: Promise<void> = Promise.resolve();

  /** @throws {ExhaustedError} */
  constructor(instance: Instance, exposed: Exposed, ids: PreludeIds) {
    this.instance = instance;
    this.#exposed = exposed;
    this.#port = new Port(instance, (id, text) => this.#answer(id, text), ids);
    instance.ending.onEnd = (error) => this.#rejectAll(() => error);
  }

  async eval(code: string, file: string, isModule: boolean): Promise<unknown> {
    return this.#turn("eval", () => this.#port.eval(code, file, isModule));
  }

  async call(name: string, given: readonly unknown[]): Promise<unknown> {
    const asked = this.#asked("call", name, given);
    return this.#turn(`call ${name}`, asked);
  }

  callNow(name: string, given: readonly unknown[]): unknown {
    const { instance } = this;
    const asked = this.#asked("callNow", name, given);
    instance.ending.check();
    instance.runNow(this.#define());
    const text = instance.runNow(asked());
    if (text.startsWith("p")) {
      throw new StateError(`callNow: ${name} answered with a promise, expected a value; use call`);
    }
    return decode(text);
  }

  /** Calls a function of the script. @throws {OptionError} */
  #asked(what: string, name: string, given: readonly unknown[]): () => Steps<string> {
    if (typeof name !== "string") throw new OptionError(`${what}: expected the name of a function`);
    const list = encodeList(given, `${what} ${name}`);
    const { ending } = this.instance;
    const port = this.#port;
    return function* () {
      const text = yield* port.ask("call", name, WORD.test(name) ? "word" : "", list);
      if (!text.startsWith("m")) return text;
      const found = `found no function ${JSON.stringify(name)} in plugin ${ending.name}`;
      throw new OptionError(`${what}: ${found}; it is ${text.slice(1)}`);
    };
  }

  async #turn(what: string, steps: () => Steps<string>): Promise<unknown> {
    const { instance } = this;
    const before = this.#last;
    let leave = () => {};
    this.#last = new Promise((resolve) => {
      leave = resolve;
    });
    this.#turns++;
    let outcome: Outcome;
    try {
      await before;
      instance.ending.check();
      await instance.run(this.#define());
      try {
        outcome = await instance.run(this.#outcome(what, steps));
      } finally {
        if (!instance.ending.error) await instance.run(this.#port.jobs());
      }
    } finally {
      this.#turns--;
      this.#stall();
      leave();
    }
    return "later" in outcome ? outcome.later : outcome.value;
  }

  *#outcome(what: string, steps: () => Steps<string>): Steps<Outcome> {
    const text = yield* steps();
    if (!text.startsWith("p")) return { value: decode(text) };
    const id = Number(text.slice(1));
    const later = new Promise((resolve, reject) => {
      this.#waiting.set(id, { what, resolve, reject });
    });
    // The turn may end by an error before anybody waits for it.
    later.catch(() => {});
    return { later };
  }

  /** Tells the plugin of globals that are new. */
  *#define(): Steps<void> {
    const { globals } = this.#exposed;
    while (this.#defined < globals.length) {
      const { name, ids } = globals[this.#defined++]!;
      decode(yield* this.#port.ask("define", name, ids));
    }
  }

  /** A script calls a function of the host, or a promise of its is settled. */
  #answer(id: number, text: string): string | undefined {
    if (id < 0) {
      this.#settle(-id, text);
      return "u";
    }
    let answer: string;
    try {
      const result = this.#exposed.call(id, decodeList(text));
      answer = isPromise(result) ? this.#promise(result) : encode(result, "what it returned");
    } catch (error) {
      answer = encodeThrown(error);
    }
    // It may have called the plugin, and that have ended.
    return this.instance.ending.error ? undefined : answer;
  }

  #promise(result: PromiseLike<unknown>): string {
    const id = String(++this.#lastPromise);
    this.#promised++;
    const settle = (text: string) => {
      this.#promised--;
      // Where the plugin has ended, nobody waits for it any more.
      this.#turn("settle", () => this.#port.ask("settle", id, text)).catch(() => {});
    };
    Promise.resolve(result)
      .then((value) => encode(value, "what it promised"))
      .then(settle, (error) => settle(encodeThrown(error)));
    return `p${id}`;
  }

  #settle(id: number, text: string): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    try {
      waiting?.resolve(decode(text));
    } catch (error) {
      waiting?.reject(error);
    }
  }

  /** Where nothing is under way that could settle a promise, whoever waits for one would for ever. */
  #stall(): void {
    if (this.#turns > 0 || this.#promised > 0) return;
    this.#rejectAll(
      ({ what }) =>
        new StateError(
          `${what}: its promise is pending, and nothing is under way that could settle it`,
        ),
    );
  }

  #rejectAll(errorFor: (waiting: Waiting) => Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(errorFor(waiting));
    this.#waiting.clear();
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  const isObject = typeof value === "object" && value !== null;
  return isObject && typeof (value as { then?: unknown }).then === "function";
}

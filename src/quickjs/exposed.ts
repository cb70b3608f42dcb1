// What the host gives a plugin to call. Internal.

import { OptionError } from "../errors.js";
import { show } from "../options.js";

/**
 * A function of the host that scripts call. Plain data comes and goes; what it throws is thrown to the script, which
 * sees its name and message; of a promise, the script gets one of its own.
 */
export type HostFunction = (...given: never[]) => unknown;
export type HostFunctions = Readonly<Record<string, HostFunction>>;

/**
 * By whatever name, each has a number. It outlives the plugin's memory: what is loaded anew has the same.
 *
 * @internal
 */
export class Exposed {
  readonly #functions: HostFunction[] = [];
  /** What each global is: a number, or numbers by name. In the order in which they came. */
  readonly globals: { readonly name: string; readonly ids: string }[] = [];

  /** @throws {OptionError} Then nothing is exposed. */
  add(name: string, value: HostFunction | HostFunctions): void {
    if (typeof name !== "string" || name === "") {
      throw new OptionError(`expose: found ${show(name)}, expected a name`);
    }
    const given: unknown = value;
    if (typeof given === "function") {
      this.globals.push({ name, ids: JSON.stringify(this.number(value as HostFunction)) });
      return;
    }
    const members = typeof given === "object" && given !== null ? Object.entries(given) : [];
    if (members.length === 0 || members.some(([, member]) => typeof member !== "function")) {
      throw new OptionError(
        `expose ${name}: found ${show(value)}, expected a function, or an object of functions`,
      );
    }
    const ids = members.map(([member, act]) => [member, this.number(act)]);
    this.globals.push({ name, ids: JSON.stringify(Object.fromEntries(ids)) });
  }

  number(act: HostFunction): number {
    return this.#functions.push(act) - 1;
  }

  /** @throws What the function throws. */
  call(id: number, given: readonly unknown[]): unknown {
    const act = this.#functions[id];
    if (!act) throw new OptionError(`found no function ${id} of the host`);
    return (act as (...given: unknown[]) => unknown)(...given);
  }
}

// What crosses between a guest's worker and the host's thread: numbers, bigints, and errors by their class and
// message. Internal.

import { OptionError } from "../errors.js";
import { show } from "../options.js";
import { MOST_VALUES, strange, type Value } from "./mailbox.js";
import type { FailedMessage } from "./worker-program.js";

/** Arguments of the guest's functions. @throws {OptionError} */
export function argumentsOf(what: string, args: readonly unknown[]): Value[] {
  if (args.length > MOST_VALUES) {
    throw new OptionError(
      `${what}: found ${args.length} arguments, expected ${MOST_VALUES} at most`,
    );
  }
  return args.map((arg, i) => {
    const value = crossing(arg);
    if (value !== strange) return value;
    throw new OptionError(
      `${what}: argument ${i + 1}: found ${show(arg)}, expected a number or a bigint: nothing else crosses to a worker`,
    );
  });
}

/** What a function of the host has answered; what can't cross matters only where it is a result. */
export function resultOf(answer: unknown): { values: Value[]; isList: boolean } {
  if (!Array.isArray(answer)) return { values: [crossing(answer)], isList: false };
  return { values: answer.slice(0, MOST_VALUES).map(crossing), isList: true };
}

function crossing(value: unknown): Value {
  if (typeof value === "number" || typeof value === "bigint" || value === undefined) return value;
  return typeof value === "boolean" ? Number(value) : strange;
}

const CLASSES: Readonly<Record<string, new (message: string) => Error>> = {
  ...{ EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError },
  CompileError: WebAssembly.CompileError,
  LinkError: WebAssembly.LinkError,
  RuntimeError: WebAssembly.RuntimeError,
};

/** TypeScript does not know it. */
interface Exceptions {
  Tag: new (type: { parameters: string[] }) => object;
  Exception: new (tag: object, payload: unknown[]) => Error;
}

/** The error that a worker tells of; an exception of the guest's comes without its values. */
export function errorOf({ name, message, stack }: FailedMessage): unknown {
  if (name === "Exception") {
    const { Tag, Exception } = WebAssembly as unknown as Exceptions;
    return new Exception(new Tag({ parameters: [] }), []);
  }
  const known = Object.hasOwn(CLASSES, name) ? CLASSES[name]! : Error;
  const error = new known(message);
  if (error.name !== name) error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

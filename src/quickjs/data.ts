// Plain data as text, to and from a plugin; its half is in prelude.ts. A letter, and what it says:
// j JSON; u undefined; n a number that JSON has not; b a bigint; p the id of a promise; e an error; m no function,
// but something of that type. Lists of arguments: j JSON; t a list of texts like these.

import { OptionError } from "../errors.js";
import { show } from "../options.js";
import { ScriptError } from "./script-error.js";

/** @throws {OptionError} for what is no plain data; `what` names it. */
export function encode(value: unknown, what: string): string {
  switch (typeof value) {
    case "undefined":
      return "u";
    case "bigint":
      return `b${value}`;
    case "number":
      return isJson(value) ? `j${value}` : `n${Object.is(value, -0) ? "-0" : value}`;
    case "function":
    case "symbol":
      throw new OptionError(`${what}: found ${show(value)}, expected plain data`);
  }
  return json(value, what);
}

export function encodeList(values: readonly unknown[], what: string): string {
  if (values.every(isJson)) return json(values, what);
  return `t${JSON.stringify(values.map((value) => encode(value, what)))}`;
}

/** What was encoded, but for promises. @throws {ScriptError} for an error. */
export function decode(text: string): unknown {
  const rest = text.slice(1);
  switch (text[0]) {
    case "j":
      return JSON.parse(rest);
    case "n":
      return Number(rest);
    case "b":
      return BigInt(rest);
    case "e":
      throw errorOf(JSON.parse(rest));
    default:
      return undefined;
  }
}

export function decodeList(text: string): unknown[] {
  const list: unknown[] = JSON.parse(text.slice(1));
  return text[0] === "t" ? list.map((each) => decode(String(each))) : list;
}

/** What a function of the host has thrown: its name and message are told, its stack is not the plugin's business. */
export function encodeThrown(thrown: unknown): string {
  if (thrown instanceof ScriptError) {
    const { name, message } = thrown.script;
    return `e${JSON.stringify({ name, message })}`;
  }
  const isError = thrown instanceof Error;
  const [name, message] = isError ? [thrown.name, thrown.message] : ["Error", String(thrown)];
  return `e${JSON.stringify({ name: String(name), message: String(message) })}`;
}

interface Told {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly value: string;
}

function errorOf({ name, message, stack, value }: Told): ScriptError {
  return new ScriptError({ name, message, stack }, decode(value));
}

function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "string" || typeof value === "boolean" || typeof value === "object";
}

function json(value: unknown, what: string): string {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? "u" : `j${text}`;
  } catch (error) {
    throw new OptionError(`${what}: expected plain data, but ${(error as Error).message}`);
  }
}

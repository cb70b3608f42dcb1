// How the host asks a plugin: steps of calls of QuickJS, each of which is metered, and may have to wait. Internal.

import type { QuickJSHandle } from "quickjs-emscripten-core";
import { CapacityError, OptionError } from "../errors.js";
import { encodeThrown } from "./data.js";
import type { Instance, Steps } from "./instance.js";
import { ACTS, type Act, PRELUDE } from "./prelude.js";
import { ScriptError } from "./script-error.js";

/** Answers what a plugin asks of function `id`, which gave it `text`; undefined where the plugin has ended meanwhile. */
export type Answer = (id: number, text: string) => string | undefined;

/** Of functions that the plugin is to have from its beginning; below 0 for none. */
export interface PreludeIds {
  readonly clock: number;
  readonly random: number;
}

const MODULE = 1;
const ANY_NUMBER_OF_JOBS = -1;
const POINTER_BYTES = 4;
/** What else a text takes that is copied. */
const SPARE_BYTES = 256;

export class Port {
  readonly #instance: Instance;
  readonly #context: number;
  readonly #runtime: number;
  readonly #undefined: number;
  readonly #acts: Readonly<Record<Act, number>>;

  /** Runs the prelude. @throws {ExhaustedError} */
  constructor(instance: Instance, answer: Answer, { clock, random }: PreludeIds) {
    this.#instance = instance;
    const { context, runtime } = instance;
    this.#context = pointerOf(context, "ctx");
    this.#runtime = pointerOf(runtime, "rt");
    this.#undefined = context.undefined.value;
    const host = context.newFunction("host", (id: QuickJSHandle, given: QuickJSHandle) => {
      try {
        const text = answer(context.getNumber(id), context.getString(given));
        return text === undefined ? undefined : context.newString(this.#fitting(text));
      } catch (error) {
        // Who has ended is told nothing any more.
        if (instance.ending.error) return undefined;
        throw error;
      }
    });
    const open = context.unwrapResult(context.evalCode(PRELUDE, "primemeter", { type: "global" }));
    const ids = [clock, random].map((id) => context.newNumber(id));
    const acts = context.unwrapResult(context.callFunction(open, context.undefined, host, ...ids));
    const pointers = ACTS.map((act) => [act, Number(context.getProp(acts, act).value)]);
    this.#acts = Object.fromEntries(pointers) as Record<Act, number>;
    for (const handle of [host, open, ...ids, acts]) handle.dispose();
  }

  /** A text for which there is room; else an error that says so. quickjs-emscripten does not look. */
  #fitting(text: string): string {
    const instance = this.#instance;
    try {
      instance.runNow(this.#tryRoom(instance.glue.lengthBytesUTF8(text) + SPARE_BYTES));
      return text;
    } catch (error) {
      if (error instanceof CapacityError && !instance.ending.error) return encodeThrown(error);
      throw error;
    }
  }

  *#tryRoom(bytes: number): Steps<void> {
    yield ["free", yield* this.#room(bytes)];
  }

  /** Runs code; what comes of it, as text. */
  *eval(code: string, file: string, isModule: boolean): Steps<string> {
    const name = yield* this.#chars(file);
    const chars = yield* this.#chars(code);
    const { glue } = this.#instance;
    const length = glue.lengthBytesUTF8(code);
    const flags = isModule ? MODULE : 0;
    const value = yield ["QTS_Eval", this.#context, chars, length, name, 0, flags];
    yield ["free", chars];
    yield ["free", name];
    const error = yield ["QTS_ResolveException", this.#context, value];
    const act = error ? "fail" : isModule ? "adopt" : "take";
    const text = yield* this.#call(act, [error || value]);
    if (error) yield* this.#drop(error);
    yield* this.#drop(value);
    return text;
  }

  /** Calls a function of the prelude. */
  *ask(act: Act, ...texts: string[]): Steps<string> {
    const values: number[] = [];
    for (const text of texts) {
      const chars = yield* this.#chars(text);
      const value = yield ["QTS_NewString", this.#context, chars];
      yield ["free", chars];
      const error = yield ["QTS_ResolveException", this.#context, value];
      if (error) yield* this.#refuse(error);
      values.push(value);
    }
    const answer = yield* this.#call(act, values);
    for (const value of values) yield* this.#drop(value);
    return answer;
  }

  /** Runs what promises have waiting, until nothing is. */
  *jobs(): Steps<void> {
    while (yield ["QTS_IsJobPending", this.#runtime]) {
      const cell = yield* this.#room(POINTER_BYTES);
      this.#write(cell, [0]);
      const value = yield ["QTS_ExecutePendingJob", this.#runtime, ANY_NUMBER_OF_JOBS, cell];
      // A job that fails, for want of memory say, has nobody to tell it.
      yield ["QTS_FreeValuePointerRuntime", this.#runtime, value];
      yield ["free", cell];
    }
  }

  *#call(act: Act, values: readonly number[]): Steps<string> {
    const given = yield* this.#room(POINTER_BYTES * values.length);
    this.#write(given, values);
    const [context, self] = [this.#context, this.#undefined];
    const value = yield ["QTS_Call", context, this.#acts[act], self, values.length, given];
    yield ["free", given];
    const error = yield ["QTS_ResolveException", context, value];
    if (error) yield* this.#refuse(error);
    const text = yield* this.#textOf(value);
    if (text === undefined) throw new ScriptError(OUT_OF_MEMORY);
    yield* this.#drop(value);
    return text;
  }

  /** The prelude itself has failed: no memory is left, or no stack. */
  *#refuse(error: number): Steps<never> {
    const text = yield* this.#textOf(error);
    yield* this.#drop(error);
    if (!text || text === "null") throw new ScriptError(OUT_OF_MEMORY);
    const [name = "", ...message] = text.split(": ");
    throw new ScriptError({ name, message: message.join(": "), stack: "" });
  }

  *#textOf(value: number): Steps<string | undefined> {
    const chars = yield ["QTS_GetString", this.#context, value];
    if (chars === 0) return undefined;
    const text = this.#instance.glue.UTF8ToString(chars);
    yield ["QTS_FreeCString", this.#context, chars];
    return text;
  }

  *#drop(value: number): Steps<void> {
    yield ["QTS_FreeValuePointer", this.#context, value];
  }

  *#chars(text: string): Steps<number> {
    const { glue } = this.#instance;
    const bytes = glue.lengthBytesUTF8(text) + 1;
    const at = yield* this.#room(bytes);
    glue.stringToUTF8(text, at, bytes);
    return at;
  }

  *#room(bytes: number): Steps<number> {
    const at = yield ["malloc", bytes];
    if (at !== 0) return at;
    const what = `plugin ${this.#instance.ending.name}: no room for ${bytes} bytes`;
    throw new CapacityError("NO_MEMORY", `${what}; create it with more \`memory\``);
  }

  #write(at: number, values: readonly number[]): void {
    const view = new DataView(this.#instance.glue.HEAPU8.buffer);
    for (const [i, value] of values.entries()) view.setUint32(at + i * POINTER_BYTES, value, true);
  }
}

const OUT_OF_MEMORY = { name: "InternalError", message: "out of memory", stack: "" };

/** Where QuickJS has what a handle of quickjs-emscripten stands for, which its types keep to themselves. */
function pointerOf(of: object, name: "ctx" | "rt"): number {
  const { value } = (of as Record<typeof name, { value?: unknown } | undefined>)[name] ?? {};
  if (typeof value === "number") return value;
  throw new OptionError("quickjs-emscripten-core: found another version, expected 0.32");
}

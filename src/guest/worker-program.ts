// What a guest's worker runs. Internal.

import {
  ASKING,
  AWAY,
  BIGINT,
  BYTES,
  CALL,
  CHUNK,
  COMMAND,
  COUNT,
  END_CALL,
  HELD,
  IDLE,
  LEFT,
  MOST_CHUNK,
  NONE,
  NOTHING,
  NUMBER,
  OUTSIDE,
  RAN,
  READ,
  RUNNING,
  STATE,
  SUBJECT,
  TAKEN,
  THROW,
  VALUES,
  WANTED,
  WRITE,
} from "./mailbox.js";

/** What a worker is handed. */
export interface GuestWorkerData {
  readonly module: WebAssembly.Module;
  readonly buffer: SharedArrayBuffer;
  /** Of the instrumenter's: the export that is the counter, and the import that refills. */
  readonly counter: string;
  readonly refill: { readonly module: string; readonly field: string };
  /** Imports that are functions of the host. */
  readonly hosts: readonly (readonly [module: string, field: string])[];
  /** The address of the module that makes the other imports. */
  readonly own: string | undefined;
}

/** What a worker says; it is answered by the mailbox. */
export type GuestMessage =
  /** It waits to be granted more. */
  | { readonly kind: "ask" }
  /** It waits for a function of the host. */
  | { readonly kind: "host"; readonly index: number; readonly args: (number | bigint)[] }
  /** What it was told to do is done. */
  | { readonly kind: "done"; readonly value: unknown }
  | FailedMessage;

export interface FailedMessage {
  readonly kind: "failed";
  /** Which error of the host's functions it is, if it is one. */
  readonly thrown?: number;
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** Frames of the stack that are sure to be there wherever the worker keeps its accounts. */
const STACK_FRAMES = 400;

/**
 * The program of a guest's worker, as text, for the reasons of WORKER_SOURCE (src/worker-source.ts).
 *
 * Nothing but the mailbox wakes a worker that waits; one that is idle waits in its event loop, for a message that it
 * is to look there, so that functions of its own may use that loop. What is thrown across the guest's frames may be
 * caught by the guest, so its end is a trap, and \`ending\` keeps what it was.
 */
export const GUEST_WORKER_SOURCE = `"use strict";
class Thrown extends Error {
  constructor(id) {
    super("thrown by a function of the host");
    this.id = id;
  }
}

function serve(data, post) {
  const { module, buffer, hosts } = data;
  const words = new Int32Array(buffer);
  const longs = new BigInt64Array(buffer);
  const floats = new Float64Array(buffer);
  const bytes = new Uint8Array(buffer);
  let functions, counter, memory;
  /** What the counter was set to; what it is less has run, and is not in RAN yet. */
  let chunk = 0n;
  let depth = 0;
  let ending;

  const haveStack = (frames) => (frames === 0 ? 0 : 1 + haveStack(frames - 1));
  const publish = () => {
    const ran = chunk - counter.value;
    longs[${RAN}] += ran;
    longs[${LEFT}] -= ran;
    counter.value = chunk = longs[${CHUNK}] = 0n;
  };
  const take = () => {
    const left = longs[${LEFT}];
    chunk = left > ${MOST_CHUNK}n ? ${MOST_CHUNK}n : left > 0n ? left : 0n;
    counter.value = longs[${CHUNK}] = chunk;
  };
  const leave = (state) => {
    if (Atomics.load(words, ${STATE}) !== ${RUNNING}) enter();
    publish();
    Atomics.store(words, ${STATE}, state);
    Atomics.notify(words, ${STATE});
  };
  const enter = () => {
    while (Atomics.compareExchange(words, ${STATE}, ${AWAY}, ${RUNNING}) === ${HELD}) {
      Atomics.wait(words, ${STATE}, ${HELD});
    }
    publish();
    take();
  };
  const ask = () => {
    do {
      leave(${ASKING});
      post({ kind: "ask" });
      if (wait() === ${END_CALL}) ending = { error: new Error("ended by the host") };
      enter();
    } while (words[${TAKEN}] !== 0 && !ending);
  };
  /** Where the grant was taken back meanwhile the guest runs not one instruction. */
  const goOn = () => {
    enter();
    if (words[${TAKEN}] !== 0 && !ending) ask();
  };

  const valuesOf = (name) =>
    Array.from({ length: words[${COUNT}] }, (_, i) => {
      const at = ${VALUES} + 2 * i;
      const kind = words[2 * at];
      if (kind === ${NUMBER}) return floats[at + 1];
      if (kind === ${BIGINT}) return longs[at + 1];
      return kind === ${NOTHING} ? undefined : strange(name);
    });
  /** Where the function has no result, nobody looks at it. */
  const strange = (name) => {
    const refuse = () => {
      const expected = "expected a number or a bigint";
      throw new TypeError("a result of " + name + " can't cross to a worker: " + expected);
    };
    return { [Symbol.toPrimitive]: refuse, [Symbol.iterator]: refuse };
  };
  const mustCross = (what, values) => {
    for (const value of values) {
      if (typeof value === "number" || typeof value === "bigint" || value === undefined) continue;
      const found = value === null ? "null" : typeof value;
      const expected = ", expected a number or a bigint";
      throw new TypeError(what + " can't leave its worker: found " + found + expected);
    }
  };

  /** Does what it is told until it may go on; what it was told then. */
  const wait = () => {
    for (;;) {
      Atomics.wait(words, ${COMMAND}, ${NONE});
      const command = Atomics.exchange(words, ${COMMAND}, ${NONE});
      if (!obey(command)) return command;
    }
  };
  const obey = (command) => {
    if (command === ${CALL}) call(words[${SUBJECT}], valuesOf("the host"));
    else if (command === ${READ}) answer(read);
    else if (command === ${WRITE}) answer(write);
    else return false;
    return true;
  };
  const answer = (act) => {
    try {
      const value = act();
      post({ kind: "done", value }, value instanceof Uint8Array ? [value.buffer] : []);
    } catch (error) {
      fail(error);
    }
  };
  const fail = (error) => {
    const { Exception } = WebAssembly;
    const isException = typeof Exception === "function" && error instanceof Exception;
    const thrown = error instanceof Thrown ? error.id : undefined;
    const name = isException ? "Exception" : String(error?.name ?? "Error");
    const message = String(error instanceof Error || isException ? error.message : error);
    post({ kind: "failed", thrown, name, message, stack: error?.stack });
  };
  const place = (what, address, length) => {
    const all = memory.buffer.byteLength;
    if (address + length <= all) return;
    const found = ": found " + length + " bytes at " + address;
    throw new RangeError(what + found + ", expected them within the " + all + " of its memory");
  };
  const read = () => {
    const [address, length] = valuesOf();
    place("read", address, length);
    return new Uint8Array(memory.buffer).slice(address, address + length);
  };
  const write = () => {
    const [address, length, all] = valuesOf();
    place("write", address, all);
    new Uint8Array(memory.buffer).set(bytes.subarray(${BYTES}, ${BYTES} + length), address);
  };

  const call = (index, values) => {
    depth++;
    let end;
    try {
      goOn();
      if (ending) throw ending.error;
      const value = functions[index](...values);
      mustCross("a result", Array.isArray(value) ? value : [value]);
      end = () => post({ kind: "done", value });
    } catch (error) {
      const why = ending ?? { error };
      end = () => fail(why.error);
    }
    if (--depth === 0) ending = undefined;
    leave(depth === 0 ? ${IDLE} : ${OUTSIDE});
    end();
  };
  /** The guest has looked at its counter, which is below 0. Never throws: it might be caught. */
  const look = () => {
    if (ending) return -1n;
    try {
      haveStack(${STACK_FRAMES});
    } catch (error) {
      ending = { error };
      return -1n;
    }
    // A function that is not the guest's may have got hold of one of the guest's, and called it.
    if (Atomics.load(words, ${STATE}) === ${RUNNING}) publish();
    else enter();
    if (Atomics.load(words, ${WANTED}) === 0 && longs[${LEFT}] >= 0n) take();
    else ask();
    return ending ? -1n : chunk;
  };
  const hosted = (index, name) => (...args) => {
    if (ending) throw ending.error;
    haveStack(${STACK_FRAMES});
    mustCross("an argument of " + name, args);
    leave(${OUTSIDE});
    post({ kind: "host", index, args });
    const command = wait();
    const subject = words[${SUBJECT}];
    const values = valuesOf(name);
    goOn();
    if (command === ${THROW}) throw new Thrown(subject);
    return subject === 1 ? values : values[0];
  };
  const owned = (act) => (...args) => {
    haveStack(${STACK_FRAMES});
    leave(${AWAY});
    try {
      return act(...args);
    } finally {
      goOn();
    }
  };

  const imports = async () => {
    const context = {
      get memory() {
        if (memory) return memory;
        throw new Error("the guest's memory is not there before its instance, or not exported");
      },
    };
    const own = data.own && (await import(data.own)).default;
    if (data.own && typeof own !== "function") {
      throw new TypeError("worker.imports: expected a module whose default export is a function");
    }
    const made = own ? await own(context) : {};
    const all = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const index = hosts.findIndex(([module, field]) => module === from && field === name);
      const value = made?.[from]?.[name];
      all[from] ??= {};
      if (index >= 0) all[from][name] = hosted(index, from + "." + name);
      else all[from][name] = typeof value === "function" ? owned(value) : value;
    }
    all[data.refill.module][data.refill.field] = look;
    return all;
  };
  const begin = async () => {
    const { exports } = new WebAssembly.Instance(module, await imports());
    const described = WebAssembly.Module.exports(module);
    functions = described.filter(({ kind }) => kind === "function").map(({ name }) => exports[name]);
    const memories = described.filter(({ kind }) => kind === "memory");
    memory = exports[(memories.find(({ name }) => name === "memory") ?? memories[0])?.name];
    counter = exports[data.counter];
    Atomics.store(words, ${STATE}, ${IDLE});
  };
  begin().then(() => post({ kind: "done" }), fail);
  return () => obey(Atomics.exchange(words, ${COMMAND}, ${NONE}));
}

const beginInNode = ({ parentPort, workerData }) => {
  const post = (message, moved) => parentPort.postMessage(message, moved);
  parentPort.on("message", serve(workerData, post));
};
const begin = ({ data }) => addEventListener("message", serve(data, (...all) => postMessage(...all)));
if (typeof require === "function") beginInNode(require("node:worker_threads"));
else if (typeof addEventListener === "function") addEventListener("message", begin, { once: true });
// As a module, where Node was told by --input-type to take all programs for such.
else import("node:worker_threads").then(beginInNode);
`;

// Threads: the worker threads of Node, and web workers elsewhere. Internal.

import type { MessagePort, Worker as NodeWorker } from "node:worker_threads";
import { StateError } from "./errors.js";

export interface Thread {
  /** Whether it keeps the process alive. */
  hold(isHeld: boolean): void;
  /** What it finds as a message, once its program listens. */
  send(message: unknown): void;
  /** Ends it, wherever it is; neither `onEnd` nor `onMessage` is called any more. */
  end(): void;
  /** Whether it has ended, as far as that can be told while the event loop stands still. */
  readonly isOver: boolean;
}

/** Called once, when a thread has ended that nobody has asked to; with what it threw, or why. */
export type OnEnd = (error: unknown) => void;
/** Called with whatever it posts. */
export type OnMessage = (message: unknown) => void;

type NodeThreads = typeof import("node:worker_threads");

let nodeThreads: NodeThreads | undefined;

/** What is missing where threads can't share a memory, and what would help. */
export function missingForThreads(): string | undefined {
  if (typeof SharedArrayBuffer === "undefined") {
    return (
      "SharedArrayBuffer, which browsers keep for pages that are cross-origin isolated: serve the page with " +
      "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp"
    );
  }
  if (!isNode() && typeof Worker === "undefined") return "Worker, which is not there";
  return undefined;
}

/** Loads what Node before 20.16 hands out asynchronously only. */
export async function loadThreads(): Promise<void> {
  if (!isNode() || builtin()) return;
  // By a name that bundlers for browsers don't follow.
  const name = "node:worker_threads";
  nodeThreads = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as NodeThreads;
}

/** Starts a thread that runs a program, given as text; it finds `data` as the program expects. */
export function startThread(
  source: string,
  data: object,
  onEnd: OnEnd,
  onMessage?: OnMessage,
): Thread {
  if (!isNode()) return new WebThread(source, data, onEnd, onMessage);
  const threads = builtin();
  if (threads) return new NodeThread(threads, source, data, onEnd, onMessage);
  throw new StateError(
    "step: the worker threads of this Node are not loaded yet: use run(), or wait",
  );
}

function isNode(): boolean {
  return typeof process === "object" && typeof process.versions?.node === "string";
}

function builtin(): NodeThreads | undefined {
  nodeThreads ??= process.getBuiltinModule?.("node:worker_threads");
  return nodeThreads;
}

class NodeThread implements Thread {
  readonly #threads: NodeThreads;
  /** Tests terminate it. */
  readonly worker: NodeWorker;
  /** Its other end closes with the thread. */
  readonly #line: MessagePort;
  /** Whether sending says that somebody is there: other runtimes than Node may not. */
  readonly #isTelling: boolean;

  constructor(
    threads: NodeThreads,
    source: string,
    data: object,
    onEnd: OnEnd,
    onMessage: OnMessage | undefined,
  ) {
    const { port1, port2 } = new threads.MessageChannel();
    this.#threads = threads;
    this.#line = port1;
    port1.unref();
    this.worker = new threads.Worker(source, {
      eval: true,
      workerData: { ...data, line: port2 },
      transferList: [port2],
    });
    this.#isTelling = this.#sends();
    if (onMessage) this.worker.on("message", onMessage);
    let why: unknown;
    this.worker.on("error", (error) => {
      why = error;
    });
    this.worker.on("exit", (code) => {
      port1.close();
      onEnd(why ?? new Error(`the worker exited with code ${code}`));
    });
  }

  hold(isHeld: boolean): void {
    if (isHeld) this.worker.ref();
    else this.worker.unref();
  }

  send(message: unknown): void {
    this.worker.postMessage(message);
  }

  end(): void {
    this.worker.removeAllListeners();
    this.worker.on("exit", () => this.#line.close());
    // An error on the way out is nobody's any more, but without a listener it would be thrown.
    this.worker.on("error", () => {});
    void this.worker.terminate();
  }

  /** The exit is an event, which comes too late for who waits for the dead; a closed line is seen at once. */
  get isOver(): boolean {
    this.#threads.receiveMessageOnPort(this.#line);
    return this.#isTelling && !this.#sends();
  }

  #sends(): boolean {
    return (this.#line.postMessage(0) as unknown) === true;
  }
}

class WebThread implements Thread {
  readonly worker: Worker;
  readonly #address: string;
  /** Nobody but the page ends a web worker. */
  readonly isOver = false;

  constructor(source: string, data: object, onEnd: OnEnd, onMessage: OnMessage | undefined) {
    this.#address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    this.worker = new Worker(this.#address);
    this.worker.onerror = (event) => {
      this.end();
      onEnd(event.error ?? new Error(event.message || "the worker could not be started"));
    };
    if (onMessage) this.worker.onmessage = ({ data }) => onMessage(data);
    this.worker.postMessage(data);
  }

  hold(): void {}

  send(message: unknown): void {
    this.worker.postMessage(message);
  }

  end(): void {
    this.worker.onerror = null;
    this.worker.onmessage = null;
    this.worker.terminate();
    URL.revokeObjectURL(this.#address);
  }
}

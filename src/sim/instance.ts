// The wasm instance that all worlds of a simulation are made in, one after the other.

import { Machine, type SimExports } from "./machine.js";
import type { Settings } from "./settings.js";

const PAGE = 65536;

export class Instance {
  readonly #exports: SimExports;
  readonly #memory: WebAssembly.Memory;
  readonly #bytes: Uint8Array;

  constructor(module: WebAssembly.Module, bytes: number) {
    const pages = Math.ceil(bytes / PAGE);
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.#bytes = new Uint8Array(this.#memory.buffer);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#exports = exports as unknown as SimExports;
  }

  /** A kernel from the start. */
  machine(settings: Settings, canary: number): Machine {
    this.#bytes.fill(0);
    return new Machine(this.#exports, this.#memory, settings, canary);
  }
}

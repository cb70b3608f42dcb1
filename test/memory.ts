// A way for tests to reach the memory of a kernel: the library itself never hands it out.

import { createKernel, type Kernel, type KernelOptions } from "../src/index.js";
import { View } from "../src/view.js";

export interface OpenKernel {
  readonly kernel: Kernel;
  readonly view: View;
  /** All of its memory, to be read and written. */
  readonly bytes: Uint8Array;
}

/** A kernel and its memory, which is the one that is made while the kernel is. */
export function openKernel(options: KernelOptions): OpenKernel {
  const { Memory } = WebAssembly;
  let made: WebAssembly.Memory | undefined;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      made = this;
    }
  };
  try {
    const kernel = createKernel(options);
    return { kernel, view: new View(made!), bytes: new Uint8Array(made!.buffer) };
  } finally {
    WebAssembly.Memory = Memory;
  }
}

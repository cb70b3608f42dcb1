// The builds of the kernel that can be simulated, by name.

import { readFileSync } from "node:fs";
import { SHARED_KERNEL_BASE64 } from "../../build/embedded.js";
import { Instance } from "./instance.js";
import { Machine } from "./machine.js";
import { MOST_NODES } from "./settings.js";

/** The build with assertions; the other is the one that the library embeds. */
const DEBUG = new URL("../../build/kernel.shared.debug.wasm", import.meta.url);

export function instanceOf(processors: number, isChecked: boolean): Instance {
  const bytes = isChecked ? readFileSync(DEBUG) : Buffer.from(SHARED_KERNEL_BASE64, "base64");
  return new Instance(new WebAssembly.Module(bytes), Machine.bytes(MOST_NODES, processors));
}

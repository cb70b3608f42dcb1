// Guests in workers of their own, for tests.

import { afterEach } from "vitest";
import type { Kernel, WorkerGuest, WorkerGuestOptions } from "../../src/index.js";
import { instrumented, SPINNER, type Tree, tree } from "./plugin.js";

const kernels: Kernel[] = [];

afterEach(() => {
  for (const kernel of kernels.splice(0)) kernel.dispose();
});

/** A tree whose workers end with the test. */
export function world(options: Parameters<typeof tree>[0] = {}): Tree {
  const made = tree(options);
  kernels.push(made.kernel);
  return made;
}

/** The spinner, or another text, in a worker, under the plugin's meter. */
export async function remote(
  { kernel, plugin }: Tree,
  options: Partial<WorkerGuestOptions> & {
    text?: string;
    act?: (...args: never[]) => unknown;
  } = {},
): Promise<WorkerGuest> {
  const { text = SPINNER, act = () => {}, ...more } = options;
  const imports = { host: { act } };
  const module = await instrumented(text);
  return kernel.loadWasm(module, { meter: plugin, imports, worker: true, ...more });
}

/** All that a guest ran. */
export function ranBy({ domain }: { domain: { consumed: bigint; owed: bigint } }): bigint {
  return domain.consumed + domain.owed;
}

/** Resolves when something holds; it is looked at each turn of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

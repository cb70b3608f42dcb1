// Plugins in JavaScript of a kernel, under the meters that test/wasm/plugin.ts makes.

import { createQuickJS, type QuickJS, type QuickJSOptions } from "../src/quickjs/index.js";
import { type Tree, tree } from "./wasm/plugin.js";

export const PLENTY = 10n ** 12n;

/** A plugin under the plugins' meter of a world of its own, or of a given one. */
export async function plugin(
  options: Partial<QuickJSOptions> = {},
  world: Tree = tree({ cycles: PLENTY }),
): Promise<{ js: QuickJS; world: Tree }> {
  const js = await createQuickJS(world.kernel, { name: "js", meter: world.plugin, ...options });
  return { js, world };
}

/** What comes of a promise that is to fail. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (value) => {
      throw new Error(`expected a failure, found ${String(value)}`);
    },
    (error: Error) => error,
  );
}

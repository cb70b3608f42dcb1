// What can be mapped: a page is a tree of pages by itself, a segment is one of several.

import type { Core } from "./core.js";
import { OptionError, RescindedError } from "./errors.js";
import { Handle } from "./handle.js";
import { show } from "./options.js";

export abstract class Tree extends Handle {
  /** How many pages of an address space it covers. */
  abstract readonly size: number;
  /** A page is of level 0, what holds trees of a level is of a higher one. */
  abstract readonly level: number;

  /** @internal */
  isOf(core: Core): boolean {
    return this.core === core;
  }
}

/** What is to be mapped, or put into a segment. @throws {OptionError} @throws {RescindedError} @internal */
export function liveTree<Kind extends Tree>(
  core: Core,
  what: string,
  tree: Kind,
  expected = "a Page or a Segment",
  kind: abstract new (...args: never[]) => Tree = Tree,
): Kind {
  if (!(tree instanceof kind)) {
    throw new OptionError(`${what}: found ${show(tree)}, expected ${expected} of this kernel`);
  }
  if (!tree.isOf(core)) {
    throw new OptionError(
      `${what}: found one of another kernel, expected ${expected} of this kernel`,
    );
  }
  if (!core.isLive(tree.id)) throw new RescindedError(tree.what);
  return tree;
}

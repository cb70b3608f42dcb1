// What a domain is to have in its address space beside its program: pages, and segments of them.

import { PAGE_SIZE } from "../assembly/layout.js";
import type { Core } from "./core.js";
import { ELF_MEMORY_LIMIT } from "./elf.js";
import { OptionError } from "./errors.js";
import type { Mapping } from "./machine.js";
import { checkNames, show, whole } from "./options.js";
import { Page } from "./page.js";
import { Segment } from "./segment.js";
import { liveTree, type Tree } from "./tree.js";

interface Placed {
  at: number;
  write?: boolean;
}

/** A page, and the address at which a domain is to have it, to read only unless `write` says more. */
export interface PageOptions extends Placed {
  page: Page;
}

/** The same of a segment, which begins at the address. */
export interface MappedSegment extends Placed {
  segment: Segment;
}

/** @throws {OptionError} @throws {RescindedError} @internal */
export function mappingOf(core: Core, what: string, options: PageOptions | MappedSegment): Mapping {
  checkNames(what, options, ["page", "segment", "at", "write"]);
  const { page, segment, at, write } = options as Partial<PageOptions & MappedSegment>;
  if (page !== undefined && segment !== undefined) {
    throw new OptionError(`${what}: found a page and a segment, expected one of them`);
  }
  const tree =
    segment === undefined
      ? liveTree(core, `${what}: page`, page as Page, "a Page", Page)
      : liveTree(core, `${what}: segment`, segment, "a Segment", Segment);
  return placed(what, tree, at as number, write);
}

/** @throws {OptionError} @internal */
export function placed(what: string, { id, size }: Tree, at: number, write = false): Mapping {
  if (typeof write !== "boolean") {
    throw new OptionError(`${what}: write: found ${show(write)}, expected true or false`);
  }
  return { id, size, at: pageNumber(`${what}: at`, at), write };
}

/** The number of the page that begins at an address; page 0 is no one's. @throws {OptionError} @internal */
export function pageNumber(what: string, address: number): number {
  whole(what, address, PAGE_SIZE, ELF_MEMORY_LIMIT - PAGE_SIZE);
  if (address % PAGE_SIZE === 0) return address / PAGE_SIZE;
  throw new OptionError(`${what}: found ${address}, expected a multiple of ${PAGE_SIZE}`);
}

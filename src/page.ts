// Pages: 4,096 bytes that several domains can have in their address spaces.

import { OK } from "../assembly/codes.js";
import { PAGE_SIZE } from "../assembly/layout.js";
import type { Core } from "./core.js";
import { ELF_MEMORY_LIMIT } from "./elf.js";
import { OptionError, RescindedError } from "./errors.js";
import { Handle } from "./handle.js";
import type { NodeId } from "./id.js";
import type { Key } from "./key.js";
import type { Mapping } from "./machine.js";
import { bytesOf } from "./message.js";
import { checkNames, show, whole } from "./options.js";
import { orders } from "./orders.js";

const { readPage, writePage } = orders;

/** A handle of a page; every member but `id` and `name` throws RescindedError once it is rescinded. */
export class Page extends Handle {
  /** @internal */
  constructor(core: Core, id: NodeId, name: string) {
    super(core, id, name, `page ${name}`);
  }

  /** Reads, writes and maps it. */
  get key(): Key {
    this.mustBeLive();
    return { kind: "page", id: this.id, databyte: 0 };
  }

  /** A copy of so many bytes from an offset on, without more arguments of all 4,096. @throws {OptionError} */
  read(offset = 0, length = PAGE_SIZE - offset): Uint8Array {
    whole("read: offset", offset, 0, PAGE_SIZE);
    whole("read: length", length, 0, PAGE_SIZE - offset);
    const { key } = this;
    if (length === 0) return new Uint8Array(0);
    return this.core.invoke(key, readPage + offset).string.slice(0, length);
  }

  /** Writes bytes, a text as UTF-8, from an offset on. @throws {OptionError} where they don't fit. */
  write(offset: number, bytes: Uint8Array | string): void {
    whole("write: offset", offset, 0, PAGE_SIZE);
    const string = bytesOf("write: bytes", bytes, PAGE_SIZE - offset);
    const { key } = this;
    if (string.length === 0) return;
    const { code } = this.core.invoke(key, writePage + offset, undefined, string);
    if (code !== OK) throw new OptionError(`write: the page answered ${code}`);
  }

  /** Takes it out of every address space; every key to it is void from now on. */
  override rescind(): void {
    if (this.core.isLive(this.id)) this.core.mappings.unmap(this.id);
    super.rescind();
  }

  /** @internal */
  isOf(core: Core): boolean {
    return this.core === core;
  }
}

/** A page, and the address at which a domain is to have it, to read only unless `write` says more. */
export interface PageOptions {
  page: Page;
  at: number;
  write?: boolean;
}

/** @throws {OptionError} @throws {RescindedError} @internal */
export function mappingOf(core: Core, what: string, options: PageOptions): Mapping {
  checkNames(what, options, ["page", "at", "write"]);
  const { page, at, write = false } = options;
  if (!(page instanceof Page && page.isOf(core))) {
    const found = page instanceof Page ? "one of another kernel" : show(page);
    throw new OptionError(`${what}: page: found ${found}, expected a Page of this kernel`);
  }
  if (typeof write !== "boolean") {
    throw new OptionError(`${what}: write: found ${show(write)}, expected true or false`);
  }
  if (!core.isLive(page.id)) throw new RescindedError(`page ${page.name}`);
  return { page: page.id, at: pageNumber(`${what}: at`, at), write };
}

/** The number of the page that begins at an address; page 0 is no one's. @throws {OptionError} @internal */
export function pageNumber(what: string, address: number): number {
  whole(what, address, PAGE_SIZE, ELF_MEMORY_LIMIT - PAGE_SIZE);
  if (address % PAGE_SIZE === 0) return address / PAGE_SIZE;
  throw new OptionError(`${what}: found ${address}, expected a multiple of ${PAGE_SIZE}`);
}

// Pages: 4,096 bytes that several domains can have in their address spaces.

import { OK } from "../assembly/codes.js";
import { PAGE_SIZE } from "../assembly/layout.js";
import type { Core } from "./core.js";
import { OptionError } from "./errors.js";
import type { NodeId } from "./id.js";
import type { Key } from "./key.js";
import { bytesOf } from "./message.js";
import { whole } from "./options.js";
import { orders } from "./orders.js";
import { Tree } from "./tree.js";

const { readPage, writePage } = orders;

/**
 * A handle of a page. Rescinding it takes it out of every address space and every segment. Every member but `id`, `name`, `size` and
 * `level` throws RescindedError then.
 */
export class Page extends Tree {
  readonly size = 1;
  readonly level = 0;

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
}

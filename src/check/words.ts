// Page-table words with core residence: which pages they lead to, and what each lets its machine do there
// (assembly/riscv/mapping.ts). As they are met, they are counted for what pages say of their users.

import { PAGE_OWNED, PAGE_USERS } from "../../assembly/residence-layout.js";
import {
  MARK_CODE,
  MARK_COPY,
  MARK_EXEC,
  MARK_FOREIGN,
  MARK_WRITE,
} from "../../assembly/riscv/layout.js";
import type { CoreStore } from "./core-store.js";

const PAGE_BITS = 12;
const MARKS = (1 << PAGE_BITS) - 1;

export class Words {
  /** Words that lead to each page, by its number. */
  readonly users: Uint32Array;
  /** How many words copies were promised to. */
  promised = 0;
  readonly #core: CoreStore;
  readonly #findings: CoreStore["store"]["findings"];

  constructor(core: CoreStore) {
    this.users = new Uint32Array(core.pages);
    this.#core = core;
    this.#findings = core.store.findings;
  }

  /** A word that maps something; `isObject`: whether it is a page object's page. Answers the page's number. */
  meet(name: string, word: number, isObject: (page: number) => boolean): number {
    const page = word >>> PAGE_BITS;
    const marks = word & MARKS;
    if (page === 0 || page >= this.#core.pages || this.#core.page(page, PAGE_USERS) === 0) {
      this.#findings.add("page table", name, `page ${page} of the core map`, "one in use");
      return 0;
    }
    this.users[page]!++;
    if ((marks & MARK_COPY) !== 0) this.promised++;
    if ((marks & MARK_FOREIGN) !== 0) this.#checkForeign(name, page, marks, isObject(page));
    else this.#checkOwn(name, page, marks, isObject(page));
    return page;
  }

  /** A page object's is for data only, and nobody is promised a copy of it. */
  #checkForeign(name: string, page: number, marks: number, isObject: boolean): void {
    if (!isObject) this.#findings.add("page", name, `page ${page}`, "that of a page object");
    if ((marks & (MARK_EXEC | MARK_CODE | MARK_COPY)) !== 0) {
      this.#findings.add("page", `${name}, marks`, marks, "nothing to execute or to copy");
    }
  }

  /** An image's may be stored to by nobody; one of the machine's own has no other word. */
  #checkOwn(name: string, page: number, marks: number, isObject: boolean): void {
    const isImages = this.#core.page8(page, PAGE_OWNED) !== 0;
    if (isObject) {
      this.#findings.add(
        "page table",
        name,
        `page ${page} of a page object`,
        "a word that says so",
      );
    }
    if (isImages && (marks & (MARK_WRITE | MARK_COPY)) === MARK_WRITE) {
      const found = `page ${page} of an image, to be stored to`;
      this.#findings.add("copy on write", name, found, "a copy first");
    }
    if (!isImages && (marks & MARK_COPY) !== 0) {
      this.#findings.add("copy on write", name, `page ${page}, its own`, "no copy of it");
    }
    if (!isImages && this.users[page]! > 1) {
      this.#findings.add("page table", name, `page ${page}, met before`, "one of its own");
    }
  }
}

// The core map: what is known of each page, and who has each core frame.
//
// Core invariant: a page's `frame` is a core frame whose owner it is, or 0; a frame has an owner or is
// on the list of free ones. Outside the kernel lock processors read `open` only, and then `frame`: who
// opens a page has done, and committed, all else (`publish`). A page in core that was translated
// loses its frame only while nobody is outside, and with another `generation`.

import { PAGE_SIZE } from "./layout";
import { Residence } from "./residence";
import {
  CONTENT_DRUM,
  CONTENT_ZERO,
  PAGE_ACCOUNT,
  PAGE_ARRIVES,
  PAGE_CONTENT,
  PAGE_DIRTY,
  PAGE_ENTRY_SIZE,
  PAGE_FIRST,
  PAGE_FRAME,
  PAGE_OPEN,
  PAGE_OWNED,
  PAGE_PAID,
  PAGE_REFERENCED,
  PAGE_TOKEN,
  PAGE_USERS,
} from "./residence-layout";
import { markStored } from "./riscv/memory";
import { stringClear } from "./riscv/string";
import { clearWords } from "./words";

/** Fields as in residence-layout.ts. */
@unmanaged
export class Page {
  frame: usize;
  open: u32;
  paid: u32;
  account: u32;
  first: u32;
  users: u32;
  arrives: u64;
  content: u8;
  dirty: u8;
  referenced: u8;
  owned: u8;
  token: u32;

  @inline static at(number: u32): Page {
    return changetype<Page>(Residence.own.map + <usize>number * PAGE_ENTRY_SIZE);
  }

  /** The page that a frame is taken by, or null. What the list of free ones says may look like one. */
  static inFrame(frame: u32): Page | null {
    const own = Residence.own;
    const number = load<u32>(own.owners + ((<usize>frame) << 2));
    if (number == 0 || number >= own.pages) return null;
    const page = Page.at(number);
    return page.frame == own.core + <usize>frame * PAGE_SIZE ? page : null;
  }

  get number(): u32 {
    return <u32>((changetype<usize>(this) - Residence.own.map) / PAGE_ENTRY_SIZE);
  }

  get slot(): usize {
    return Residence.own.drum + <usize>this.number * PAGE_SIZE;
  }

  /** A page of zeros with one user, or null where none is free, or those that are have been promised. */
  static allocate(isPromised: bool): Page | null {
    const own = Residence.own;
    if (isPromised ? own.freePage == 0 : own.unreserved == 0) return null;
    const page = Page.at(own.freePage);
    own.freePage = <u32>page.frame;
    if (!isPromised) own.unreserved--;
    clearWords(changetype<usize>(page), PAGE_ENTRY_SIZE);
    page.users = 1;
    return page;
  }

  /** Onto the list of free pages; what its slot holds is never read again. */
  release(): void {
    const own = Residence.own;
    clearWords(changetype<usize>(this), PAGE_ENTRY_SIZE);
    this.frame = own.freePage;
    own.freePage = this.number;
    own.unreserved++;
  }

  /** One user less; the last one's is free, and so is its frame. */
  drop(): void {
    if (--this.users != 0) return;
    if (this.frame != 0) this.vacate();
    this.release();
  }

  /** Gives its frame back, as it is. */
  vacate(): void {
    const own = Residence.own;
    const index = <u32>((this.frame - own.core) / PAGE_SIZE);
    store<u32>(own.owners + ((<usize>index) << 2), own.freeFrame);
    own.freeFrame = index + 1;
    this.frame = 0;
    this.open = 0;
    this.account = this.first = 0;
  }

  /** Takes a free frame, as it is; there is one. */
  occupy(): void {
    const own = Residence.own;
    const index = own.freeFrame - 1;
    const owner = own.owners + ((<usize>index) << 2);
    own.freeFrame = load<u32>(owner);
    store<u32>(owner, this.number);
    this.frame = own.core + <usize>index * PAGE_SIZE;
    this.dirty = 0;
    this.referenced = 1;
  }

  /**
   * Where its content is, for the kernel and the host, who fault on nothing: in core, or on the drum. Good until
   * a page is brought in.
   */
  bytes(isStore: bool): usize {
    if (this.frame != 0) {
      if (isStore) markStored(changetype<usize>(this));
      return this.frame;
    }
    const slot = this.slot;
    if (this.content == CONTENT_ZERO) {
      stringClear(slot, PAGE_SIZE);
      this.content = <u8>CONTENT_DRUM;
    }
    return slot;
  }
}

if (
  offsetof<Page>("frame") != PAGE_FRAME ||
  offsetof<Page>("open") != PAGE_OPEN ||
  offsetof<Page>("paid") != PAGE_PAID ||
  offsetof<Page>("account") != PAGE_ACCOUNT ||
  offsetof<Page>("users") != PAGE_USERS ||
  offsetof<Page>("arrives") != PAGE_ARRIVES ||
  offsetof<Page>("content") != PAGE_CONTENT ||
  offsetof<Page>("dirty") != PAGE_DIRTY ||
  offsetof<Page>("referenced") != PAGE_REFERENCED ||
  offsetof<Page>("owned") != PAGE_OWNED ||
  offsetof<Page>("token") != PAGE_TOKEN ||
  offsetof<Page>("first") != PAGE_FIRST ||
  offsetof<Page>() != PAGE_ENTRY_SIZE
) {
  ERROR("pages are not as residence-layout.ts says");
}

/** A page for an image, of zeros until the host fills it; its number, or 0. */
export function corePageCreate(): u32 {
  const page = Page.allocate(false);
  if (!page) return 0;
  page.owned = 1;
  return page.number;
}

/** Where the host is to write what a page begins with. */
export function corePageBytes(number: u32): usize {
  return Page.at(number).bytes(true);
}

/** The image is no more. */
export function corePageDrop(number: u32): void {
  const page = Page.at(number);
  page.owned = 0;
  page.drop();
}

// The core map: each page is free or has users, in core or on the drum, and each core frame has one page or is
// free (assembly/core-map.ts, assembly/page-control.ts).

import { PREPCODE_METER, PREPCODE_NONE } from "../../assembly/layout.js";
import {
  CONTENT_DRUM,
  CONTENT_NEAR,
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
  RESIDENCE_EPOCH,
  RESIDENCE_FREE_FRAME,
  RESIDENCE_FREE_PAGE,
  RESIDENCE_TOKEN,
  RESIDENCE_UNRESERVED,
} from "../../assembly/residence-layout.js";
import type { CoreStore } from "./core-store.js";
import type { Mapped } from "./frames.js";

/** `images`: the pages that images have, where that is known. */
export function checkPages(
  core: CoreStore,
  mapped: Mapped,
  images: ReadonlySet<number> | undefined,
): void {
  const { words, isWhole } = mapped;
  const isFree = freePages(core);
  let free = 0;
  for (let page = 1; page < core.pages; page++) {
    if (isFree[page]) {
      free++;
      checkFree(core, page);
    } else {
      checkOwner(core, page, mapped.objects.has(page), images?.has(page));
      checkUsers(core, page, words.users[page]!, isWhole);
      checkPlace(core, page);
      checkCycle(core, page);
      checkPayers(core, page);
    }
  }
  checkPromises(core, free - words.promised, isWhole);
  checkFrames(core, isFree);
}

/** The pages in the list of free ones. */
function freePages(core: CoreStore): Uint8Array {
  const { findings } = core.store;
  const isFree = new Uint8Array(core.pages);
  let page = core.u32(RESIDENCE_FREE_PAGE);
  while (page !== 0) {
    if (page >= core.pages || isFree[page]) {
      const found = page < core.pages ? `page ${page} twice` : `page ${page}`;
      findings.add("free pages", "list", found, `pages below ${core.pages}, each once`);
      break;
    }
    isFree[page] = 1;
    page = core.page(page, PAGE_FRAME);
  }
  return isFree;
}

/** Free, it says which is the next free one, and nothing else. */
function checkFree(core: CoreStore, page: number): void {
  for (let offset = PAGE_FRAME + 4; offset < PAGE_ENTRY_SIZE; offset += 4) {
    const found = core.page(page, offset);
    if (found === 0) continue;
    core.store.findings.add("free pages", `page ${page}, offset ${offset}`, found, "0: it is free");
    return;
  }
}

/** It is owned if it is a page object's or an image's, and never both's. `isImages`: undefined if nobody knows. */
function checkOwner(
  core: CoreStore,
  page: number,
  isObjects: boolean,
  isImages: boolean | undefined,
): void {
  const { findings } = core.store;
  const name = `page ${page}`;
  const owned = core.page8(page, PAGE_OWNED);
  if (owned > 1) findings.add("owned", name, owned, "0 or 1");
  if (isObjects && isImages) findings.add("owned", name, "an object's and an image's", "one's");
  const isOwned = isObjects || isImages;
  if (isOwned === undefined || isOwned === (owned !== 0)) return;
  findings.add("owned", name, owned, isOwned ? "1: an object's or an image's" : "0: nobody's");
}

/** As many as words lead to it, and its owner. */
function checkUsers(core: CoreStore, page: number, met: number, isWhole: boolean): void {
  const { findings } = core.store;
  const isOwned = core.page8(page, PAGE_OWNED) !== 0;
  const users = core.page(page, PAGE_USERS);
  const least = met + (isOwned ? 1 : 0);
  const name = `page ${page}`;
  if (users === 0) findings.add("free pages", name, "no users, not in the list", "in it");
  else if (users < least || (users > least && isWhole)) {
    const expected = `${least}: ${met} words${isOwned ? " and an owner" : ""}`;
    findings.add("users", name, users, isWhole ? expected : `at least ${expected}`);
  }
}

/** In core, in the frame that is noted as its own; else on the drum, where it is neither open nor stored to. */
function checkPlace(core: CoreStore, page: number): void {
  const { findings } = core.store;
  const name = `page ${page}`;
  const content = core.page8(page, PAGE_CONTENT);
  const dirty = core.page8(page, PAGE_DIRTY);
  const referenced = core.page8(page, PAGE_REFERENCED);
  if (content > CONTENT_NEAR) findings.add("content", name, content, `0 to ${CONTENT_NEAR}`);
  if (dirty > 1) findings.add("dirty", name, dirty, "0 or 1");
  if (referenced > 1) findings.add("referenced", name, referenced, "0 or 1");
  const frame = core.frameOf(page);
  if (frame === -2) {
    findings.add("core", name, `address ${core.page(page, PAGE_FRAME)}`, "a core frame, or none");
  } else if (frame === -1) {
    if (dirty !== 0) findings.add("dirty", name, "stored to", "not stored to: it is not in core");
  } else {
    const owner = core.owner(frame);
    if (owner !== page) findings.add("core", `${name}, core frame ${frame}`, owner, page);
    if (content === CONTENT_NEAR) findings.add("content", name, content, "0 or 1: it is in core");
    if (dirty === 0) checkClean(core, page, frame, content);
  }
}

/** What was not stored to is as where it came from: it goes out of core as it is. */
function checkClean(core: CoreStore, page: number, frame: number, content: number): void {
  const from = content === CONTENT_DRUM ? page : undefined;
  if (content > CONTENT_DRUM || core.isAlike(frame, from)) return;
  const expected = content === CONTENT_ZERO ? "zeros" : "what is on the drum";
  core.store.findings.add("dirty", `page ${page}`, "other bytes, not stored to", expected);
}

/** Open in this lock cycle: in core, there by now, and paid for. */
function checkCycle(core: CoreStore, page: number): void {
  const { findings } = core.store;
  const name = `page ${page}`;
  const epoch = core.u32(RESIDENCE_EPOCH);
  const open = core.page(page, PAGE_OPEN);
  const paid = core.page(page, PAGE_PAID);
  if (open > epoch) findings.add("open", name, open, `at most ${epoch}`);
  if (paid > epoch) findings.add("paid", name, paid, `at most ${epoch}`);
  if (open > paid) findings.add("paid", `${name}, open in ${open}`, paid, `at least ${open}`);
  if (open === 0) return;
  if (core.frameOf(page) === -1) findings.add("open", name, open, "0: it is not in core");
  const arrives = core.page64(page, PAGE_ARRIVES);
  if (arrives > core.now)
    findings.add("arrives", `${name}, open`, arrives, `by now, at ${core.now}`);
}

/** Who paid is a meter that there is, while the page is in core. */
function checkPayers(core: CoreStore, page: number): void {
  const { findings } = core.store;
  for (const [what, offset] of [
    ["account", PAGE_ACCOUNT],
    ["first", PAGE_FIRST],
  ] as const) {
    const node = core.page(page, offset);
    if (node === 0) continue;
    const name = `page ${page}, ${what}`;
    if (!isMeter(core, node)) findings.add("account", name, `node ${node}`, "a meter, or 0");
    if (core.frameOf(page) === -1) findings.add("account", name, node, "0: it is not in core");
  }
  const token = core.page(page, PAGE_TOKEN);
  const last = core.u32(RESIDENCE_TOKEN);
  if (token > last) findings.add("token", `page ${page}`, token, `at most ${last}`);
}

/** What may be a meter: it was one when it paid. */
export function isMeter({ store }: CoreStore, node: number): boolean {
  if (node === 0 || node >= store.nodes || !store.isAllocated(node)) return false;
  const prepcode = store.prepcode(node);
  return prepcode === PREPCODE_METER || prepcode === PREPCODE_NONE;
}

/** A page is left for each copy that was promised. */
function checkPromises(core: CoreStore, most: number, isWhole: boolean): void {
  const { findings } = core.store;
  if (most < 0) findings.add("promises", "free pages", most, "one for each copy on write");
  const found = core.u32(RESIDENCE_UNRESERVED);
  if (found === most || (found < most && !isWhole)) return;
  findings.add("promises", "pages that are not promised", found, most);
}

/** Each core frame has one page, or is in the list of free ones. */
function checkFrames(core: CoreStore, isFreePage: Uint8Array): void {
  const { findings } = core.store;
  const hasPage = new Uint8Array(core.frames);
  for (let page = 1; page < core.pages; page++) {
    const frame = isFreePage[page] ? -1 : core.frameOf(page);
    if (frame >= 0) hasPage[frame] = 1;
  }
  const isFree = new Uint8Array(core.frames);
  let next = core.u32(RESIDENCE_FREE_FRAME);
  while (next !== 0) {
    const frame = next - 1;
    if (frame >= core.frames || isFree[frame] || hasPage[frame]) {
      const what = isFree[frame] ? ", twice" : hasPage[frame] ? ", with a page" : "";
      const expected = `frames below ${core.frames} without a page, each once`;
      findings.add("free core", "list", `core frame ${frame}${what}`, expected);
      return;
    }
    isFree[frame] = 1;
    next = core.owner(frame);
  }
  const lost = isFree.findIndex((free, frame) => !free && !hasPage[frame]);
  if (lost >= 0)
    findings.add("free core", `core frame ${lost}`, "no page, not free", "one of both");
}

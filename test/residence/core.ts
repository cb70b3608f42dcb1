// Page control in the naive model: core frames, the clock, the drum, and who is privileged where frames are few. No
// lock cycles are counted: a page is open or not, and each word has a fault or not.

import type { Grant, ModelDomain, ModelMeter, ModelWord } from "./parts.js";
import { ModelPage } from "./parts.js";

export interface CorePlan {
  readonly core: number;
  readonly latency: number;
  readonly quantum: number;
}

export class ModelCore {
  fetches = 0n;
  writes = 0n;
  evictions = 0n;
  copies = 0n;
  readonly #plan: CorePlan;
  readonly #frames: (ModelPage | null)[];
  readonly #free: number[];
  #hand = 0;
  #busy = 0n;
  #privileged: {
    readonly domain: ModelDomain;
    readonly since: bigint;
    readonly until: bigint;
  } | null = null;
  #grant: Grant | null = null;
  #isStarved = false;

  constructor(plan: CorePlan) {
    this.#plan = plan;
    this.#frames = new Array<null>(plan.core).fill(null);
    this.#free = Array.from({ length: plan.core }, (_, i) => plan.core - 1 - i);
  }

  /** False: no frame is to be had. */
  bringIn(domain: ModelDomain, page: ModelPage, now: bigint): boolean {
    this.#hold(domain, page, now);
    const isFirst = this.#privileged?.domain === domain;
    if (this.#isStarved && !isFirst) return false;
    if (this.#free.length === 0) {
      const victim = this.#choose(domain, now);
      if (!victim) {
        if (isFirst) this.#isStarved = true;
        return false;
      }
      this.evict(victim, now);
    }
    if (isFirst) this.#isStarved = false;
    page.frame = this.#free.pop()!;
    this.#frames[page.frame] = page;
    page.isDirty = false;
    page.isReferenced = true;
    page.wasOpen = false;
    page.arrives = now;
    if (page.place === "drum") {
      this.fetches++;
      page.arrives = this.#transfer(now);
    }
    if (page.place === "near") page.place = "drum";
    return true;
  }

  evict(page: ModelPage, now: bigint): void {
    if (page.isDirty) {
      page.place = "drum";
      page.isDirty = false;
      this.writes++;
      this.#transfer(now);
    }
    this.vacate(page);
    this.evictions++;
  }

  vacate(page: ModelPage): void {
    this.#free.push(page.frame!);
    this.#frames[page.frame!] = null;
    page.frame = null;
    page.isOpen = false;
    page.wasOpen = false;
    page.account = null;
    page.first = null;
    for (const word of page.words) word.isFaulted = true;
  }

  /** A word leads there no more; a page without any, that nobody owns, is no more. */
  drop(word: ModelWord): void {
    const { page } = word;
    page.words.delete(word);
    this.leave(page);
  }

  leave(page: ModelPage): void {
    if (page.words.size === 0 && !page.isOwned && page.frame !== null) this.vacate(page);
  }

  /** Gives a word a page of its own, with a copy of what is shared. */
  copy(word: ModelWord): void {
    const source = word.page;
    const page = new ModelPage(false);
    page.content.set(source.content);
    if (source.frame !== null) page.place = "near";
    else page.place = source.place === "zeros" ? "zeros" : "drum";
    word.page = page;
    word.isCopied = false;
    word.isFaulted = true;
    page.words.add(word);
    source.words.delete(word);
    this.copies++;
  }

  /** Pages in core, by the frames. */
  resident(): ModelPage[] {
    return this.#frames.filter((page) => page !== null);
  }

  /** Takes pages out of core that were last paid for at or below a meter, and not in this lock cycle. */
  withdraw(isBelow: (account: ModelMeter) => boolean, now: bigint): void {
    for (const page of this.resident()) {
      if (page.isPaid || page.arrives > now || !page.account) continue;
      if (isBelow(page.account)) this.evict(page, now);
    }
  }

  forget(domain: ModelDomain): void {
    if (this.#privileged?.domain === domain) this.#depose();
  }

  #transfer(now: bigint): bigint {
    this.#busy = (this.#busy > now ? this.#busy : now) + BigInt(this.#plan.latency);
    return this.#busy;
  }

  #choose(domain: ModelDomain, now: bigint): ModelPage | null {
    const victim = this.#sweep(domain, this.#isPrivileged(now) ? this.#grant : null, now);
    if (victim || this.#privileged?.domain !== domain) return victim;
    return this.#sweep(domain, null, now);
  }

  /** Twice round at most. */
  #sweep(domain: ModelDomain, grant: Grant | null, now: bigint): ModelPage | null {
    for (let left = 2 * this.#plan.core; left > 0; left--) {
      const page = this.#frames[this.#hand]!;
      this.#hand = (this.#hand + 1) % this.#plan.core;
      if (page.arrives > now || domain.held.includes(page)) continue;
      if (!page.wasOpen && now - page.arrives < this.#grace) continue;
      if (grant !== null && page.grant === grant) continue;
      if (!page.isReferenced) return page;
      page.isReferenced = false;
    }
    return null;
  }

  get #grace(): bigint {
    return BigInt(16 * this.#plan.latency + 64 * this.#plan.quantum);
  }

  #hold(domain: ModelDomain, page: ModelPage, now: bigint): void {
    if (domain.heldAt !== domain.retired) domain.held = [];
    domain.heldAt = domain.retired;
    if (!domain.held.includes(page)) domain.held = [page, ...domain.held].slice(0, 4);
    if (!this.#isPrivileged(now)) {
      this.#depose();
      this.#privileged = { domain, since: domain.retired, until: now + this.#grace };
      this.#grant = { to: domain };
      domain.grant = this.#grant;
    }
    if (domain.grant) page.grant = domain.grant;
  }

  #isPrivileged(now: bigint): boolean {
    if (!this.#privileged) return false;
    const { domain, since, until } = this.#privileged;
    if (now >= until || (domain.state !== "ready" && !domain.wake)) return false;
    return domain.retired - since < BigInt(this.#plan.quantum);
  }

  #depose(): void {
    if (!this.#privileged) return;
    this.#privileged.domain.grant = null;
    this.#privileged = null;
    this.#isStarved = false;
  }
}

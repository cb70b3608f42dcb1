// What the naive model of core residence is made of: meters with a counter of storage, pages, the words that lead to
// them, and domains.

import type { Text } from "./script.js";
import { PAGE } from "./script.js";

export const ALL_ONES = (1n << 64n) - 1n;

/** A keeper: refills storage so many times; does nothing; or declines. It always declines for cycles. */
export type Policy =
  | { readonly kind: "refill"; readonly amount: bigint; times: number }
  | { readonly kind: "nothing" }
  | { readonly kind: "decline" };

export class ModelMeter {
  charged = 0n;
  own = 0n;
  faults = 0n;
  isOff = false;
  rescinded = false;
  /** Those parked here. */
  waiters: ModelDomain[] = [];
  /** The keeper while it is off. */
  aside: Policy | null = null;

  constructor(
    readonly name: string,
    public superior: ModelMeter | null,
    public storage: bigint,
    public keeper: Policy | null,
  ) {}
}

/** Who is privileged has one, and what it touches bears it. */
export interface Grant {
  readonly to: ModelDomain;
}

export class ModelPage {
  readonly content = new Uint8Array(PAGE);
  readonly words = new Set<ModelWord>();
  /** Not in core: null. */
  frame: number | null = null;
  arrives = 0n;
  place: "zeros" | "drum" | "near" = "zeros";
  isDirty = false;
  isReferenced = false;
  isOpen = false;
  /** Since it came into core. */
  wasOpen = false;
  isPaid = false;
  wasPaid = false;
  account: ModelMeter | null = null;
  first: ModelMeter | null = null;
  grant: Grant | null = null;
  /** All that was charged for it. */
  charged = 0n;

  /** `isOwned`: an image or an object has it. */
  constructor(public isOwned: boolean) {}
}

export class ModelWord {
  isFaulted: boolean;

  constructor(
    public page: ModelPage,
    readonly isWritable: boolean,
    public isCopied: boolean,
  ) {
    page.words.add(this);
    this.isFaulted = !page.isOpen;
  }
}

/** Pages that a program's file fills, once for all of its domains. */
export interface ModelImage {
  readonly pages: ReadonlyMap<number, ModelPage>;
  users: number;
}

export class ModelDomain {
  state: "stopped" | "ready" | "waiting" | "parked" | "trapped" | "gone" = "stopped";
  wake: { readonly at: bigint; readonly sequence: number } | null = null;
  readonly words = new Map<number, ModelWord>();
  readonly registers = new Int32Array(32);
  pc: number;
  retired = 0n;
  /** What it has touched that was closed. */
  missing: { readonly at: number; readonly isStore: boolean } | null = null;
  trap = 0;
  laps = 0;
  hasCycles = false;
  held: ModelPage[] = [];
  heldAt = 0n;
  grant: Grant | null = null;

  /** `text`: none for the lock process. */
  constructor(
    readonly name: string,
    public meter: ModelMeter | null,
    readonly text: Text | undefined,
    readonly image: ModelImage | undefined,
  ) {
    this.pc = text?.program.entry ?? 0;
  }
}

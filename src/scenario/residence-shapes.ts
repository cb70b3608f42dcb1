import { bounds, oneOf, shares, somewords, whole, words } from "./values.js";

// What scenario files say of core residence. Storage is counted in word-cycles.

/** What the page-locking process is called, as a meter and as a domain. */
export const LOCKER = "page-locker";

const phase = oneOf(["fixed", "random"]).optional();

export const residenceShape = {
  core: whole.optional(),
  pages: whole.optional(),
  latency: whole.optional(),
  period: whole.optional(),
  phase,
  offset: whole.optional(),
  seed: whole.optional(),
  "lock-cost": whole.optional(),
  "fault-cost": whole.optional(),
};

export const storageShape = { storage: words.optional() };
export const storageKeeperShape = { "refill-storage": somewords.optional() };

/** An act on the scan, and what goes with it and with acts on meters. */
export const scanActShape = {
  ...storageShape,
  period: whole.optional(),
  phase,
  offset: whole.optional(),
};

const claim = bounds.optional();
const storageClaimShape = { storage: claim, charged: claim, faults: claim, "core-pages": claim };
const pagingClaimShape = { "lock-cycles": claim, fetches: claim, evictions: claim, copies: claim };
/** Claims that are counts. */
export const RESIDENCE_BOUNDS = [
  ...Object.keys(storageClaimShape),
  ...Object.keys(pagingClaimShape),
];
/** Claims that are percentages. */
export const RESIDENCE_SHARES = ["charged-share"];
export const residenceClaimShape = {
  ...storageClaimShape,
  ...pagingClaimShape,
  "charged-share": shares.optional(),
};

/** What can be claimed of a meter, and of the whole. */
export const STORAGE_CLAIMS = [...Object.keys(storageClaimShape), ...RESIDENCE_SHARES];
export const PAGING_CLAIMS = [...Object.keys(pagingClaimShape), "faults", "core-pages"];

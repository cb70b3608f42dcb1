// Backchain invariant: the prepared keys to a node form a ring through the node's header. Going right
// from the header come the hooks, then the other involved keys, then all that are not involved.

import {
  KEY_LEFT,
  KEY_RIGHT,
  KEY_SUBJECT,
  NODE_LAST_HOOK,
  NODE_LEFT,
  NODE_RIGHT,
  SLOTS,
} from "../../assembly/layout.js";
import type { Store } from "./store.js";

const RANKS = ["a hook", "an involved key", "a key that is not involved"] as const;

export function checkRings(store: Store): void {
  const seen = new Uint8Array(store.nodes * SLOTS);
  for (let index = 1; index < store.nodes; index++) {
    if (store.isAllocated(index)) checkRing(store, index, seen);
  }
  for (let number = SLOTS; number < store.nodes * SLOTS; number++) {
    if (!store.isPrepared(store.key(number)) || seen[number]) continue;
    const to = store.nameOf(store.u32(store.key(number) + KEY_SUBJECT));
    store.findings.add("backchain", store.nameOfKey(number), "in no ring", `in that of ${to}`);
  }
}

/** Goes round once to the right. A key that was seen before ends the walk, so it does end. */
function checkRing(store: Store, index: number, seen: Uint8Array): void {
  const { findings } = store;
  const header = store.node(index);
  const name = `node ${index}`;
  let left = header;
  let at = store.u32(header + NODE_RIGHT);
  let rank = 0;
  let lastHook = 0;
  while (at !== header) {
    const number = store.keyAt(at);
    if (number === 0 || seen[number]) {
      const found = number === 0 ? store.nameOf(at) : `${store.nameOfKey(number)} again`;
      findings.add("backchain", `${name}, right of ${store.nameOf(left)}`, found, "a key not seen");
      return;
    }
    seen[number] = 1;
    checkMember(store, header, at, left);
    const own = store.isHook(at) ? 0 : store.isInvolved(at) ? 1 : 2;
    if (own === 0) lastHook = at;
    if (own < rank) {
      findings.add(
        "backchain order",
        `${name}, ${store.nameOfKey(number)}`,
        `${RANKS[own]} after ${RANKS[rank]}`,
        "hooks, then involved keys, then others",
      );
    }
    rank = Math.max(rank, own);
    left = at;
    at = store.u32(at + KEY_RIGHT);
  }
  const end = store.u32(header + NODE_LEFT);
  if (end !== left) {
    findings.add("backchain", `${name}, left of header`, store.nameOf(end), store.nameOf(left));
  }
  const found = store.u32(header + NODE_LAST_HOOK);
  if (found !== lastHook) {
    findings.add("last hook", name, store.nameOf(found), store.nameOf(lastHook));
  }
}

function checkMember(store: Store, header: number, key: number, left: number): void {
  const { findings } = store;
  const where = `${store.nameOf(header)}, ${store.nameOf(key)}`;
  if (!store.isPrepared(key)) {
    findings.add("backchain", where, "an unprepared key", "a prepared one");
    return;
  }
  const subject = store.u32(key + KEY_SUBJECT);
  if (subject !== header) {
    findings.add("backchain", where, `a key to ${store.nameOf(subject)}`, store.nameOf(header));
  }
  const found = store.u32(key + KEY_LEFT);
  if (found !== left) {
    findings.add("backchain", `${where}, left`, store.nameOf(found), store.nameOf(left));
  }
}

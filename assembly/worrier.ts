// The worrier (§4.5). When a domain becomes available only the first who is stalled on it goes on, so
// that this is bounded work. That one may not call after all, because its meter is dry, say; so the
// domain is noted, and a quantum later, or when nobody is ready, the next one goes on, and so on.
//
// Worry invariant: whoever has others stalled on him and is available, or has ended, is in this list:
// from `control.worried` on by `nextWorry`, with NODE_WORRIED set. Only the first is looked at.

import { control } from "./control";
import { emit } from "./event";
import { Key } from "./key";
import {
  BATCH,
  EVENT_AVAILABLE,
  NODE_AWAITED,
  NODE_WORRIED,
  STATE_AVAILABLE,
  STATE_ENDED,
} from "./layout";
import { Node } from "./node";
import { askHost, count, me } from "./processor";
import { STATISTIC_WORRIES } from "./processor-layout";
import { enqueue } from "./ready";

/** A domain has become available, or has ended: the first who is stalled on it goes on. */
export function release(node: Node): void {
  if (node.lastHook) {
    requeueFirst(node);
    worry(node, me().time);
  }
  if ((node.flags & NODE_AWAITED) != 0) {
    node.flags &= ~(<u8>NODE_AWAITED);
    emit(EVENT_AVAILABLE, node, null, 0, 0);
    control.asked = 1;
    askHost();
  }
}

/** Notes a domain, if others are stalled on it still: from that time on it is a quantum. */
function worry(node: Node, since: u64): void {
  if (node.lastHook == 0 || (node.flags & NODE_WORRIED) != 0) return;
  node.flags |= <u8>NODE_WORRIED;
  // Who has ended will not be called: nobody stands in the way of the others.
  node.due = since + (node.hot.state == STATE_ENDED ? 0 : control.quantum);
  node.nextWorry = 0;
  if (control.worried) changetype<Node>(control.lastWorried).nextWorry = changetype<usize>(node);
  else control.worried = changetype<usize>(node);
  control.lastWorried = changetype<usize>(node);
}

/** When the worrier is to look; 2^64 − 1 with nobody to worry about. */
export function nextWorry(): u64 {
  return control.worried ? changetype<Node>(control.worried).due : u64.MAX_VALUE;
}

/**
 * Sees to the first of the list: lets one go on who is stalled there, or a batch where it has ended. True
 * where such a one has more of them.
 */
export function attend(): bool {
  const node = changetype<Node>(control.worried);
  control.worried = node.nextWorry;
  if (control.worried == 0) control.lastWorried = 0;
  node.flags &= ~(<u8>NODE_WORRIED);
  const state = node.hot.state;
  if (state != STATE_AVAILABLE && state != STATE_ENDED) return false;
  let batch = state == STATE_ENDED ? BATCH : 1;
  for (; batch > 0 && node.lastHook; batch--) {
    requeueFirst(node);
    count(STATISTIC_WORRIES);
  }
  // When he was due, not when somebody looked; but for a quantum that was cut short, with nobody ready.
  worry(node, min(node.due, me().time));
  return state == STATE_ENDED && node.lastHook != 0;
}

/** A node is about to be freed. */
export function forget(node: Node): void {
  if ((node.flags & NODE_WORRIED) == 0) return;
  const gone = changetype<usize>(node);
  let before: usize = 0;
  for (let at = control.worried; at != gone; at = changetype<Node>(at).nextWorry) before = at;
  if (before) changetype<Node>(before).nextWorry = node.nextWorry;
  else control.worried = node.nextWorry;
  if (control.lastWorried == gone) control.lastWorried = before;
  node.flags &= ~(<u8>NODE_WORRIED);
}

function requeueFirst(node: Node): void {
  const hook = changetype<Key>(node.right);
  const domain = Node.owner(hook).hot;
  hook.unhook();
  enqueue(domain);
}

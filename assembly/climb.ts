// Climbing: the way up from a domain to the first prepared meter, or the super key, when its chain is
// prepared (§5.3). Each meter on it is locked, with who and why: meeting one's own lock is a loop,
// meeting another's is a conflict. Several processors give the kernel lock back between two nodes,
// so a long chain holds nobody up. Nothing but locks and swizzled keys is changed on the way.
//
// Lock invariant: a node is locked just while it stands in the path of its holder's climb, and is
// not prepared then. Who holds the kernel lock and must change such a node breaks that climb.

import { isWellFormed } from "./chain";
import {
  CANARY_CLIMB,
  TRAP_LOCKED,
  TRAP_MALFORMED,
  TRAP_NO_METER,
  TRAP_NONE,
  TRAP_TOO_DEEP,
} from "./codes";
import { control } from "./control";
import { Key } from "./key";
import {
  DOMAIN_METER_SLOT,
  KIND_METER,
  LOCK_PREPARING,
  MAX_CHAIN,
  METER_SUPERIOR_SLOT,
  PREPCODE_NONE,
} from "./layout";
import { Node } from "./node";
import { me, Processor } from "./processor";
import {
  PROCESSOR_CLIMB_KEY,
  PROCESSOR_CLIMB_LENGTH,
  PROCESSOR_CLIMB_SUPERIOR,
  PROCESSOR_CLIMBER,
  PROCESSOR_PATH,
} from "./processor-layout";
import { Record } from "./record";

/** What a step comes to, if not to TRAP_NONE at the top or to one of the four traps. */
export const CLIMBS = -1;
export const MET = -2;

@unmanaged
export class Climb {
  /** 0: it was broken, or there is none. */
  domain: usize;
  key: usize;
  length: u32;
  /** At the top: the prepared meter there, 0 for the super key. */
  superior: usize;

  static of(processor: Processor): Climb {
    return changetype<Climb>(changetype<usize>(processor) + PROCESSOR_CLIMBER);
  }

  begin(domain: Record): void {
    this.domain = changetype<usize>(domain);
    this.key = changetype<usize>(domain.node.key(DOMAIN_METER_SLOT));
    this.length = 0;
    this.superior = 0;
  }

  /** The meter at a place of the path, 0 being the domain's. */
  meter(place: u32): Node {
    return changetype<Node>(<usize>load<u32>(this.place(place)));
  }

  /** Goes up by one node. */
  step(): i32 {
    const key = changetype<Key>(this.key);
    if (key.kind != KIND_METER) return TRAP_NO_METER;
    if (key.isSuper) return TRAP_NONE;
    if (!key.prepare()) return TRAP_NO_METER;
    const node = key.node;
    if (node.isMeter) {
      if (node.hot.level > MAX_CHAIN - <i32>this.length) return TRAP_TOO_DEEP;
      this.superior = node.record;
      return TRAP_NONE;
    }
    if (this.length == MAX_CHAIN) return TRAP_TOO_DEEP;
    const mine = <u8>(me().index + 1);
    if (isDefined(SHARED)) if (node.lock != 0 && node.lock != mine && !isPlanted()) return MET;
    // A domain's root, or what belongs to one, can't be taken out of its role.
    if (node.lock != 0 || node.prepcode != PREPCODE_NONE) return TRAP_LOCKED;
    if (!isWellFormed(node)) return TRAP_MALFORMED;
    node.lock = mine;
    node.reason = <u8>LOCK_PREPARING;
    store<u32>(this.place(this.length++), <u32>changetype<usize>(node));
    this.key = changetype<usize>(node.key(METER_SUPERIOR_SLOT));
    return CLIMBS;
  }

  /** Unlocks the uppermost meter of the path, and answers it. */
  unlock(): Node {
    const node = this.meter(--this.length);
    node.lock = 0;
    node.reason = 0;
    return node;
  }

  /** Gives all locks back; the climb is over. */
  giveBack(): void {
    while (this.length > 0) this.unlock();
    this.domain = 0;
  }

  private place(place: u32): usize {
    return changetype<usize>(this) + (PROCESSOR_PATH - PROCESSOR_CLIMBER) + (place << 2);
  }
}

/** Debug build: the fault that the simulator must find. */
function isPlanted(): bool {
  return isDefined(CHECKED) ? control.canary == CANARY_CLIMB : false;
}

/** A node is about to change, or to go: whoever holds its lock begins his climb anew. */
export function breakClimb(node: Node): void {
  if (isDefined(SHARED)) if (node.lock) Climb.of(Processor.at(node.lock - 1)).giveBack();
}

/** A domain is about to leave its chain, or its queue. */
export function abandonClimb(domain: Record): void {
  if (isDefined(SHARED)) {
    const climb = Climb.of(Processor.at(domain.processor));
    if (climb.domain == changetype<usize>(domain)) climb.giveBack();
  }
}

if (
  PROCESSOR_CLIMBER + <i32>offsetof<Climb>("domain") != PROCESSOR_CLIMBER ||
  PROCESSOR_CLIMBER + <i32>offsetof<Climb>("key") != PROCESSOR_CLIMB_KEY ||
  PROCESSOR_CLIMBER + <i32>offsetof<Climb>("length") != PROCESSOR_CLIMB_LENGTH ||
  PROCESSOR_CLIMBER + <i32>offsetof<Climb>("superior") != PROCESSOR_CLIMB_SUPERIOR
) {
  ERROR("climbs are not as layout.ts says");
}

// Preparing the chain of meters above a domain, and undoing it (§5.3, §5.10).
//
// Chain invariant: a prepared meter's slot 1 is involved, and is the super key or designates a
// prepared meter of one level less. Its counter is in its record, not in slot 3.

import { auditChain, auditNode, auditRing } from "./audit";
import { abandonClimb, CLIMBS, Climb } from "./climb";
import { TRAP_NONE } from "./codes";
import { journalBegin, journalFilled } from "./journal";
import {
  DOMAIN_METER_SLOT,
  FLAG_STALE,
  KEY_INVOLVED,
  KEY_INVOLVED_R,
  KEY_INVOLVED_W,
  METER_CHARGESET_SLOT,
  METER_COUNTER_SLOT,
  METER_DATA_SLOTS,
  METER_FORMAT_SLOT,
  METER_INVOLVED_R_SLOTS,
  METER_INVOLVED_W_SLOTS,
  METER_SUPERIOR_SLOT,
  PREPCODE_METER,
  PREPCODE_NONE,
  RECORD_METER,
  SLOTS,
} from "./layout";
import { Node } from "./node";
import { count, me, subtotals } from "./processor";
import {
  STATISTIC_PREPARES,
  STATISTIC_RECALLED,
  STATISTIC_UNPREPARES,
  STATISTIC_VISITS,
} from "./processor-layout";
import { Record } from "./record";

/** Whether every slot is as a meter's must be (§2.2); the body of a DK(0) is read whole (R8). */
export function isWellFormed(node: Node): bool {
  for (let slot = 0; slot < SLOTS; slot++) {
    if ((METER_DATA_SLOTS & (1 << slot)) != 0 && node.key(slot).type != 0) return false;
  }
  const format = node.key(METER_FORMAT_SLOT);
  const chargeSet = node.key(METER_CHARGESET_SLOT);
  return (
    (format.low | format.high) == 0 &&
    (chargeSet.low | chargeSet.high) == 0 &&
    node.key(METER_COUNTER_SLOT).high == 0
  );
}

/**
 * Prepares every meter above a domain and hangs the domain under the nearest. Answers TRAP_NONE or
 * one of the four trap codes; then no meter is prepared that was not before (§5.3).
 */
export function prepareChain(domain: Record): i32 {
  const climb = Climb.of(me());
  climb.begin(domain);
  let came = climb.step();
  while (came == CLIMBS) came = climb.step();
  if (came == TRAP_NONE) descend(climb);
  else climb.giveBack();
  return came;
}

/** Coming down, every superior is prepared before its inferior; nothing can fail any more. */
export function descend(climb: Climb): void {
  const domain = changetype<Record>(climb.domain);
  let superior = climb.superior;
  while (climb.length > 0) superior = prepareMeter(climb.unlock(), superior);
  climb.giveBack();
  domain.attach(superior);
  involveSuperior(domain.node);
  if (isDefined(CHECKED)) {
    auditChain(domain);
    if (superior) auditRing(changetype<Record>(superior).node);
  }
}

/** Moves the counter to a hot record and marks the slots; answers the record's address. */
function prepareMeter(node: Node, superior: usize): usize {
  const record = Record.allocate(RECORD_METER, node);
  record.state = superior ? <u8>(changetype<Record>(superior).level + 1) : 1;
  record.amount = node.key(METER_COUNTER_SLOT).low;
  record.consumed = node.consumed;
  record.attach(superior);
  for (let slot = 0; slot < SLOTS; slot++) {
    const key = node.key(slot);
    if ((METER_INVOLVED_R_SLOTS & (1 << slot)) != 0)
      key.type |= <u8>(KEY_INVOLVED_R | KEY_INVOLVED_W);
    else if (slot != METER_SUPERIOR_SLOT && (METER_INVOLVED_W_SLOTS & (1 << slot)) != 0) {
      key.type |= <u8>KEY_INVOLVED_W;
    }
  }
  involveSuperior(node);
  node.prepcode = <u8>PREPCODE_METER;
  count(STATISTIC_PREPARES);
  return changetype<usize>(record);
}

function involveSuperior(node: Node): void {
  const key = node.key(METER_SUPERIOR_SLOT);
  if (key.isSuper) key.type |= <u8>KEY_INVOLVED_W;
  else key.involve();
}

function uninvolveSuperior(node: Node): void {
  const key = node.key(METER_SUPERIOR_SLOT);
  if (key.prepared) key.uninvolve();
  else key.type &= ~(<u8>KEY_INVOLVED);
}

/** Writes the counter back; the meter has no inferiors any more. */
function unprepareMeter(record: Record): void {
  const node = record.node;
  record.detach();
  uninvolveSuperior(node);
  for (let slot = 0; slot < SLOTS; slot++) {
    if (slot != METER_SUPERIOR_SLOT) node.key(slot).type &= ~(<u8>KEY_INVOLVED);
  }
  node.key(METER_COUNTER_SLOT).low = record.amount;
  node.consumed = record.consumed;
  node.prepcode = <u8>PREPCODE_NONE;
  record.free();
  count(STATISTIC_UNPREPARES);
}

/** What a subtree gives back to the meters above it. */
@unmanaged
class Subtotal {
  cache: u64;
  consumed: u64;

  @inline static of(level: i32): Subtotal {
    return changetype<Subtotal>(subtotals() + (level << 4));
  }

  clear(): void {
    this.cache = 0;
    this.consumed = 0;
  }

  add(cache: u64, consumed: u64): void {
    this.cache += cache;
    this.consumed += consumed;
  }

  /** Credits a meter: the cache to its counter, the consumption to its ledger. */
  credit(meter: Record): void {
    meter.amount += this.cache;
    meter.consumed += this.consumed;
  }
}

/**
 * Such a walk may be too long for one change: this ends the change where the walk is, at `meter`, and
 * begins another. All that was collected so far is credited, to every meter that is prepared still.
 */
function creditSoFar(meter: Record, top: Record): void {
  let cache: u64 = 0;
  let consumed: u64 = 0;
  for (let record = meter; ; record = changetype<Record>(record.superior)) {
    const subtotal = Subtotal.of(record.level);
    cache += subtotal.cache;
    consumed += subtotal.consumed;
    subtotal.clear();
    record.amount += cache;
    record.consumed += consumed;
    if (record == top) break;
  }
  for (let above = top.superior; above; above = changetype<Record>(above).superior) {
    changetype<Record>(above).amount += cache;
    changetype<Record>(above).consumed += consumed;
  }
  journalBegin();
}

/**
 * Unprepares a meter and every meter below it. All caches below come back to every meter above their
 * domains; the domains stay prepared, with zero cache, and find their chain again when dispatched.
 */
export function unprepare(top: Record): void {
  let meter = top;
  Subtotal.of(meter.level).clear();
  while (true) {
    if (isDefined(SHARED)) if (journalFilled()) creditSoFar(meter, top);
    const inferior = changetype<Record>(meter.first);
    const subtotal = Subtotal.of(meter.level);
    if (meter.first == 0) {
      const superior = meter.superior;
      subtotal.credit(meter);
      const isTop = meter == top;
      unprepareMeter(meter);
      if (isTop) {
        for (let above = superior; above; above = changetype<Record>(above).superior) {
          subtotal.credit(changetype<Record>(above));
        }
        if (isDefined(CHECKED)) {
          auditNode(top.node); // its record is free, but names it still
          if (superior) auditNode(changetype<Record>(superior).node);
        }
        return;
      }
      meter = changetype<Record>(superior);
      Subtotal.of(meter.level).add(subtotal.cache, subtotal.consumed);
    } else if (inferior.isMeter) {
      meter = inferior;
      Subtotal.of(meter.level).clear();
    } else {
      count(STATISTIC_VISITS);
      count(STATISTIC_RECALLED, inferior.amount);
      subtotal.add(inferior.amount, inferior.consumed);
      detachDomain(inferior);
    }
  }
}

/** Returns the cache of a domain to its chain, settles what it consumed, and leaves the chain. */
export function leaveChain(domain: Record): void {
  abandonClimb(domain);
  if (!isAttached(domain)) return;
  for (let above = domain.superior; above; above = changetype<Record>(above).superior) {
    const meter = changetype<Record>(above);
    meter.amount += domain.amount;
    meter.consumed += domain.consumed;
  }
  count(STATISTIC_RECALLED, domain.amount);
  detachDomain(domain);
  if (isDefined(CHECKED)) {
    auditChain(domain);
    const superior = domain.node.superior();
    if (superior) auditNode(superior);
  }
}

/** Whether slot 1 of the domain is involved: its chain is prepared. */
export function isAttached(domain: Record): bool {
  return domain.node.key(DOMAIN_METER_SLOT).involved;
}

function detachDomain(domain: Record): void {
  domain.node.consumed += domain.consumed;
  domain.consumed = 0;
  domain.amount = 0;
  domain.flags &= ~(<u8>FLAG_STALE);
  domain.detach();
  uninvolveSuperior(domain.node);
}

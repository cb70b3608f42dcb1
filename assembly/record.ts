// Hot records: 64 bytes, a cache line, for each prepared meter and each domain.
//
// The prepared meters and the domains under them form a tree. The inferiors of a meter are a list:
// `next` ends with 0, `previous` of the first is the last.
// Dry invariants: (1) a dry record has no cache at or below it; (2) the superior of a record that is
// not dry is not dry; (3) in every list those that are not dry come first. So a walk over all caches
// below a meter ends at the first dry inferior.

import { control } from "./control";
import {
  FLAG_DRY,
  PANIC_RECORDS,
  RECORD_AMOUNT,
  RECORD_BURST_LEFT,
  RECORD_BURSTS,
  RECORD_CONSUMED,
  RECORD_FIRST,
  RECORD_FLAGS,
  RECORD_FREE,
  RECORD_KIND,
  RECORD_LEVEL,
  RECORD_METER,
  RECORD_NEXT,
  RECORD_NODE,
  RECORD_PREVIOUS,
  RECORD_PROGRAM,
  RECORD_PROGRAM_KIND,
  RECORD_RANDOM,
  RECORD_READY_NEXT,
  RECORD_READY_PREVIOUS,
  RECORD_SHORT,
  RECORD_SIZE,
  RECORD_STATE,
  RECORD_SUPERIOR,
} from "./layout";
import { Node } from "./node";
import { panic } from "./panic";
import { clearWords } from "./words";

/** Fields as in layout.ts; where two names share an offset, meter and domain differ. */
@unmanaged
export class Record {
  amount: u64;
  consumed: u64;
  superior: usize;
  nodeAddress: usize;
  next: usize;
  previous: usize;
  kind: u8;
  /** Meter: its level. */
  state: u8;
  flags: u8;
  programKind: u8;
  /** Meter: its first inferior. */
  readyNext: usize;
  readyPrevious: usize;
  program: usize;
  burstLeft: u32;
  random: u32;
  bursts: u32;
  short: u32;

  get level(): i32 {
    return this.state;
  }

  get first(): usize {
    return this.readyNext;
  }

  set first(value: usize) {
    this.readyNext = value;
  }

  get node(): Node {
    return changetype<Node>(this.nodeAddress);
  }

  get isMeter(): bool {
    return this.kind == RECORD_METER;
  }

  get dry(): bool {
    return (this.flags & FLAG_DRY) != 0;
  }

  /** A cleared record for a node. There are as many as nodes, so one is always free. */
  static allocate(kind: i32, node: Node): Record {
    const at = control.freeRecord;
    if (at == 0) panic(PANIC_RECORDS);
    const record = changetype<Record>(at);
    control.freeRecord = record.next;
    clearWords(at, RECORD_SIZE);
    record.kind = <u8>kind;
    record.nodeAddress = changetype<usize>(node);
    node.record = at;
    return record;
  }

  free(): void {
    this.node.record = 0;
    this.kind = <u8>RECORD_FREE;
    this.next = control.freeRecord;
    control.freeRecord = changetype<usize>(this);
  }

  /** Becomes the last inferior of `superior` (0: the super key, which keeps no list), dry. */
  attach(superior: usize): void {
    this.superior = superior;
    this.flags |= <u8>FLAG_DRY;
    if (superior) this.linkLast(changetype<Record>(superior));
  }

  detach(): void {
    if (this.superior) this.unlink(changetype<Record>(this.superior));
    this.superior = 0;
  }

  /** Says that there is a cache here: this record and all superiors are not dry any more. */
  wet(): void {
    let record = changetype<Record>(changetype<usize>(this));
    while (record.dry) {
      record.flags &= ~(<u8>FLAG_DRY);
      if (record.superior == 0) return;
      const superior = changetype<Record>(record.superior);
      record.unlink(superior);
      record.linkFirst(superior);
      record = superior;
    }
  }

  /** Says that there is no cache at or below this record. */
  dryOut(): void {
    if (this.dry) return;
    this.flags |= <u8>FLAG_DRY;
    if (this.superior == 0) return;
    const superior = changetype<Record>(this.superior);
    this.unlink(superior);
    this.linkLast(superior);
  }

  private linkFirst(superior: Record): void {
    const first = superior.first;
    this.next = first;
    if (first) {
      this.previous = changetype<Record>(first).previous;
      changetype<Record>(first).previous = changetype<usize>(this);
    } else {
      this.previous = changetype<usize>(this);
    }
    superior.first = changetype<usize>(this);
  }

  private linkLast(superior: Record): void {
    const first = superior.first;
    this.next = 0;
    if (first) {
      const last = changetype<Record>(first).previous;
      changetype<Record>(last).next = changetype<usize>(this);
      this.previous = last;
      changetype<Record>(first).previous = changetype<usize>(this);
    } else {
      this.previous = changetype<usize>(this);
      superior.first = changetype<usize>(this);
    }
  }

  private unlink(superior: Record): void {
    const first = superior.first;
    if (first == changetype<usize>(this)) {
      superior.first = this.next;
      if (this.next) changetype<Record>(this.next).previous = this.previous;
      return;
    }
    changetype<Record>(this.previous).next = this.next;
    if (this.next) changetype<Record>(this.next).previous = this.previous;
    else changetype<Record>(first).previous = this.previous;
  }
}

if (
  offsetof<Record>("amount") != RECORD_AMOUNT ||
  offsetof<Record>("consumed") != RECORD_CONSUMED ||
  offsetof<Record>("superior") != RECORD_SUPERIOR ||
  offsetof<Record>("nodeAddress") != RECORD_NODE ||
  offsetof<Record>("next") != RECORD_NEXT ||
  offsetof<Record>("previous") != RECORD_PREVIOUS ||
  offsetof<Record>("kind") != RECORD_KIND ||
  offsetof<Record>("state") != RECORD_STATE ||
  offsetof<Record>("state") != RECORD_LEVEL ||
  offsetof<Record>("flags") != RECORD_FLAGS ||
  offsetof<Record>("programKind") != RECORD_PROGRAM_KIND ||
  offsetof<Record>("readyNext") != RECORD_READY_NEXT ||
  offsetof<Record>("readyNext") != RECORD_FIRST ||
  offsetof<Record>("readyPrevious") != RECORD_READY_PREVIOUS ||
  offsetof<Record>("program") != RECORD_PROGRAM ||
  offsetof<Record>("burstLeft") != RECORD_BURST_LEFT ||
  offsetof<Record>("random") != RECORD_RANDOM ||
  offsetof<Record>("bursts") != RECORD_BURSTS ||
  offsetof<Record>("short") != RECORD_SHORT ||
  offsetof<Record>() != RECORD_SIZE
) {
  ERROR("hot records are not as layout.ts says");
}

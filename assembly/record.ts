// Hot records: 64 bytes, a cache line, for each prepared meter and each domain.
//
// The prepared meters and the domains under them form a tree. The inferiors of a meter are a list:
// `next` ends with 0, `previous` of the first is the last.
// Dry invariants: (1) a dry record has no cache at or below it; (2) the superior of a record that is
// not dry is not dry; (3) in every list those that are not dry come first. So a walk over all caches
// below a meter ends at the first dry inferior.
// Placement (several processors): domains' records lie in whole pages of the processor that each was
// made for, meters' in pages of their own: two processors storing into one page wait for each other.

import { PANIC_RECORDS } from "./codes";
import { control } from "./control";
import {
  FLAG_DRY,
  POOL_BYTES,
  RECORD_AMOUNT,
  RECORD_BURST_LEFT,
  RECORD_BURSTS,
  RECORD_CONSUMED,
  RECORD_DEBT,
  RECORD_FIRST,
  RECORD_FLAGS,
  RECORD_FREE,
  RECORD_KIND,
  RECORD_LAPS,
  RECORD_LEVEL,
  RECORD_METER,
  RECORD_NEXT,
  RECORD_NODE,
  RECORD_PREVIOUS,
  RECORD_PROCESSOR,
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
import { Processor } from "./processor";
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
  short: u16;
  processor: u8;
  /** Domain: fruitless keeper calls in a row. */
  laps: u8;

  get level(): i32 {
    return this.state;
  }

  get first(): usize {
    return this.readyNext;
  }

  set first(value: usize) {
    this.readyNext = value;
  }

  /** Hosted. */
  get debt(): u64 {
    return load<u64>(changetype<usize>(this), RECORD_DEBT);
  }

  set debt(cycles: u64) {
    store<u64>(changetype<usize>(this), cycles, RECORD_DEBT);
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

  /**
   * A cleared record for a node; a domain's is in a page of its processor. There are as many as
   * nodes, so one is always free.
   */
  static allocate(kind: i32, node: Node, processor: u32 = 0): Record {
    if (isDefined(SHARED)) if (Record.freeOf(processor) == 0) Record.provide(processor);
    const at = Record.freeOf(processor);
    if (at == 0) panic(PANIC_RECORDS);
    const record = changetype<Record>(at);
    Record.setFreeOf(processor, record.next);
    if (processor != 0) Processor.at(processor).domains++;
    clearWords(at, RECORD_SIZE);
    record.processor = <u8>processor;
    record.kind = <u8>kind;
    record.nodeAddress = changetype<usize>(node);
    node.record = at;
    return record;
  }

  free(): void {
    this.node.record = 0;
    this.kind = <u8>RECORD_FREE;
    this.next = Record.freeOf(this.processor);
    Record.setFreeOf(this.processor, changetype<usize>(this));
    if (this.processor != 0) Processor.at(this.processor).domains--;
  }

  /** A domain is another processor's from now on. */
  moveTo(processor: u32): void {
    if (this.processor == processor) return;
    Processor.at(this.processor).domains--;
    Processor.at(processor).domains++;
    this.processor = <u8>processor;
  }

  /** The first free record for domains of a processor; 0: for meters, and for all in one pool. */
  private static freeOf(processor: u32): usize {
    return processor == 0 ? control.freeRecord : Processor.at(processor).freeRecord;
  }

  private static setFreeOf(processor: u32, at: usize): void {
    if (processor == 0) control.freeRecord = at;
    else Processor.at(processor).freeRecord = at;
  }

  /** A pool is empty: gives it a page that no pool has, or else what another pool has free. */
  private static provide(processor: u32): void {
    const end = control.recordBase + <usize>control.nodes * RECORD_SIZE;
    let at = control.nextRecord;
    if (at < end) {
      const stop = min(end, (at | (POOL_BYTES - 1)) + 1);
      control.nextRecord = stop;
      Record.setFreeOf(processor, at);
      for (; at < stop; at += RECORD_SIZE) {
        changetype<Record>(at).next = at + RECORD_SIZE < stop ? at + RECORD_SIZE : 0;
      }
      return;
    }
    for (let other: u32 = 0; other <= control.processors; other++) {
      const free = Record.freeOf(other);
      if (free == 0) continue;
      Record.setFreeOf(other, changetype<Record>(free).next);
      changetype<Record>(free).next = 0;
      Record.setFreeOf(processor, free);
      return;
    }
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
  offsetof<Record>("processor") != RECORD_PROCESSOR ||
  offsetof<Record>("laps") != RECORD_LAPS ||
  offsetof<Record>() != RECORD_SIZE
) {
  ERROR("hot records are not as layout.ts says");
}

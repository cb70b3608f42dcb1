// Nodes: a header and 16 keys, in cold memory. Free ones form a list; index 0 is none.
//
// Allocation invariant: a key reaches a node only while both hold the same allocation count. Freeing
// a node turns its prepared keys into DK(0) and counts up, so that unprepared ones find nothing; a
// node whose count is used up is retired.

import { control } from "./control";
import { Key } from "./key";
import {
  DOMAIN_HOOK_SLOT,
  DOMAIN_KEYS_SLOT,
  JOIN_WAITING,
  KEY_SIZE,
  KIND_METER,
  MAX_ALLOCATION,
  METER_SUPERIOR_SLOT,
  NODE_ALLOCATED,
  NODE_ALLOCATION,
  NODE_CALLS,
  NODE_CALLS_HIGH,
  NODE_CONSUMED,
  NODE_DUE,
  NODE_FLAGS,
  NODE_GRANTED,
  NODE_KEYS,
  NODE_LAST_HOOK,
  NODE_LEFT,
  NODE_LOCK,
  NODE_NEXT_WORRY,
  NODE_PARTNER,
  NODE_PREPCODE,
  NODE_REASON,
  NODE_RECORD,
  NODE_RETIRED,
  NODE_RIGHT,
  NODE_SIZE,
  PREPCODE_DOMAIN,
  PREPCODE_JOIN,
  PREPCODE_METER,
  PREPCODE_NONE,
  PREPCODE_WAIT,
  PROGRAM_RISCV,
  SLOTS,
  STATE_CALLING,
  STATE_ENDED,
  STATE_KEPT,
  STATE_WAITING,
} from "./layout";
import { Record } from "./record";
import { clearWords } from "./words";

@unmanaged
export class Node {
  /** Its hot record while prepared; the index of the next free node while free. */
  record: usize;
  prepcode: u8;
  /** The holder's index + 1 while its chain is being prepared: meeting one's own is a loop. */
  lock: u8;
  flags: u8;
  reason: u8;
  right: usize;
  left: usize;
  allocation: u32;
  /** Counts what this domain has waited for: a resume key is good for the latest only. Page: mappings. */
  calls: u32;
  /** All that was ever put into the counter, less what was taken out of it (mod 2^64). */
  granted: u64;
  /** Cycles consumed here (domain) or below (meter), as far as settled. */
  consumed: u64;
  partner: usize;
  lastHook: usize;
  /** In the worrier's list. */
  nextWorry: usize;
  /** The upper 16 bits of `calls`. */
  callsHigh: u16;
  spare: u16;
  due: u64;

  @inline static at(index: u32): Node {
    return changetype<Node>(control.nodeBase + <usize>index * NODE_SIZE);
  }

  get index(): u32 {
    return <u32>((changetype<usize>(this) - control.nodeBase) / NODE_SIZE);
  }

  get isAllocated(): bool {
    return (this.flags & NODE_ALLOCATED) != 0;
  }

  get isMeter(): bool {
    return this.prepcode == PREPCODE_METER;
  }

  get isDomain(): bool {
    return this.prepcode == PREPCODE_DOMAIN;
  }

  get hot(): Record {
    return changetype<Record>(this.record);
  }

  /** Whatever resume key there is to it is void from now on, in all its copies. */
  newCall(): void {
    if (++this.calls == 0) this.callsHigh++;
  }

  /** Domain: the node with its general keys; it has one if it runs a machine. */
  get keys(): Node {
    return Node.at(this.key(DOMAIN_KEYS_SLOT).subject);
  }

  /** Whether it can be sent messages: a domain with a machine that has not ended. */
  get isGate(): bool {
    return this.isDomain && this.hot.programKind == PROGRAM_RISCV && this.hot.state != STATE_ENDED;
  }

  /** Whether a resume key of its latest call would still be waited for. */
  get awaits(): bool {
    if (this.prepcode == PREPCODE_JOIN) return this.partner == JOIN_WAITING;
    if (!this.isDomain) return false;
    const state = this.hot.state;
    if (state == STATE_CALLING || state == STATE_KEPT) return true;
    return state == STATE_WAITING && this.partner != 0 && changetype<Node>(this.partner).isKept;
  }

  /** Of a domain's partner: whether it waits there for a keeper. */
  private get isKept(): bool {
    return this.prepcode != PREPCODE_WAIT;
  }

  key(slot: i32): Key {
    return changetype<Key>(changetype<usize>(this) + NODE_KEYS + slot * KEY_SIZE);
  }

  /** The node whose slot holds `key`. */
  static owner(key: Key): Node {
    return Node.at(<u32>((changetype<usize>(key) - control.nodeBase) / NODE_SIZE));
  }

  /** A node of sixteen DK(0), or null when none is free. */
  static allocate(): Node | null {
    const index = control.freeNode;
    if (index == 0) return null;
    const node = Node.at(index);
    control.freeNode = <u32>node.record;
    control.nodesUsed++;
    const allocation = node.allocation;
    clearWords(changetype<usize>(node), NODE_SIZE);
    node.allocation = allocation;
    node.flags = <u8>NODE_ALLOCATED;
    node.right = node.left = changetype<usize>(node);
    return node;
  }

  /** Gives back a node that is not prepared; every key to it is DK(0) from now on. */
  free(): void {
    for (let slot = 0; slot < SLOTS; slot++) this.key(slot).unprepare();
    while (this.right != changetype<usize>(this)) {
      const key = changetype<Key>(this.right);
      key.unprepare();
      key.zero();
    }
    control.nodesUsed--;
    this.prepcode = <u8>PREPCODE_NONE;
    if (this.allocation == MAX_ALLOCATION) {
      this.flags = <u8>NODE_RETIRED;
      return;
    }
    this.allocation++;
    this.flags = 0;
    this.record = control.freeNode;
    control.freeNode = this.index;
  }

  /** Sets a slot that is not involved; keeps the ledger of what was granted to slot 3. */
  put(slot: i32, value: Key): void {
    const key = this.key(slot);
    if (slot == 3) this.granted += Node.counterIn(value) - Node.counterIn(key);
    key.unprepare();
    key.copy(value);
  }

  /** The superior by slot 1 as it stands, prepared or not; null at the super key or a bad one. */
  superior(): Node | null {
    const key = this.key(METER_SUPERIOR_SLOT);
    if (key.kind != KIND_METER) return null;
    return key.prepared ? key.node : Key.find(key.subject, key.allocation);
  }

  /** Domain: why it hangs on a stall queue, or null where it doesn't. */
  get hooked(): Key | null {
    const key = this.key(DOMAIN_HOOK_SLOT);
    return this.isDomain && key.prepared ? key : null;
  }

  /** A data key's number where it can be a counter, else 0. */
  private static counterIn(key: Key): u64 {
    return key.kind == 0 && key.high == 0 ? key.low : 0;
  }
}

if (
  offsetof<Node>("record") != NODE_RECORD ||
  offsetof<Node>("prepcode") != NODE_PREPCODE ||
  offsetof<Node>("lock") != NODE_LOCK ||
  offsetof<Node>("flags") != NODE_FLAGS ||
  offsetof<Node>("reason") != NODE_REASON ||
  offsetof<Node>("right") != NODE_RIGHT ||
  offsetof<Node>("left") != NODE_LEFT ||
  offsetof<Node>("allocation") != NODE_ALLOCATION ||
  offsetof<Node>("calls") != NODE_CALLS ||
  offsetof<Node>("granted") != NODE_GRANTED ||
  offsetof<Node>("consumed") != NODE_CONSUMED ||
  offsetof<Node>("partner") != NODE_PARTNER ||
  offsetof<Node>("lastHook") != NODE_LAST_HOOK ||
  offsetof<Node>("nextWorry") != NODE_NEXT_WORRY ||
  offsetof<Node>("callsHigh") != NODE_CALLS_HIGH ||
  offsetof<Node>("due") != NODE_DUE ||
  <i32>offsetof<Node>() > NODE_KEYS ||
  NODE_KEYS + SLOTS * KEY_SIZE != NODE_SIZE
) {
  ERROR("nodes are not as layout.ts says");
}

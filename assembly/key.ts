// Keys: 16 bytes in a slot. A prepared key hangs in the backchain of its node.
//
// Backchain invariant: the prepared keys to a node form a ring through the node's header. Going right
// from the header come the hooks (in the order in which their domains stalled), then the other
// involved keys, then all that are not involved. `lastHook` of the node is the last of the hooks.

import { auditRing } from "./audit";
import { control } from "./control";
import {
  KEY_ALLOCATION,
  KEY_CALLS,
  KEY_CALLS_HIGH,
  KEY_HIGH,
  KEY_INVOLVED,
  KEY_INVOLVED_R,
  KEY_INVOLVED_W,
  KEY_KIND,
  KEY_LEFT,
  KEY_LOW,
  KEY_PREPARED,
  KEY_RIGHT,
  KEY_SIZE,
  KEY_SUBJECT,
  KIND_DATA,
  KIND_DOMAIN,
  KIND_FETCH,
  KIND_HOOK,
  KIND_HOST,
  KIND_METER,
  KIND_MISC,
  KIND_NODE,
  KIND_PAGE,
  KIND_RESUME,
  KIND_SEGMENT,
  KIND_SENSE,
  KIND_START,
  NODE_LEFT,
  NODE_RIGHT,
  SUPER_INDEX,
} from "./layout";
import { Node } from "./node";
import { copyWords } from "./words";

@unmanaged
export class Key {
  type: u8;
  databyte: u8;
  /** Of a resume key: the upper bits of its call count. */
  callsHigh: u16;
  subject: u32;
  right: usize;
  left: usize;

  get kind(): i32 {
    return this.type & KEY_KIND;
  }

  get prepared(): bool {
    return (this.type & KEY_PREPARED) != 0;
  }

  get involved(): bool {
    return (this.type & KEY_INVOLVED) != 0;
  }

  /** The node of a prepared key. */
  get node(): Node {
    return changetype<Node>(<usize>this.subject);
  }

  /** Of an unprepared key. */
  get allocation(): u32 {
    return <u32>this.right;
  }

  /** The number in a data key, as far as 64 bits hold it. */
  get low(): u64 {
    return load<u64>(changetype<usize>(this), KEY_LOW);
  }

  set low(value: u64) {
    store<u64>(changetype<usize>(this), value, KEY_LOW);
  }

  /** The 24 bits of a data key above its low 64. */
  get high(): u32 {
    return this.subject >>> 8;
  }

  /** The super meter key is an unprepared meter key to node 0, which is no node. */
  get isSuper(): bool {
    return this.kind == KIND_METER && !this.prepared && this.subject == SUPER_INDEX;
  }

  /** Makes it DK(0). It must not be prepared. */
  zero(): void {
    store<u64>(changetype<usize>(this), 0);
    store<u64>(changetype<usize>(this), 0, 8);
  }

  setData(value: u64): void {
    this.zero();
    this.low = value;
  }

  /** Makes it a data key of a big-endian number of up to eleven bytes. It must not be prepared. */
  setBody(from: usize, bytes: u32): void {
    this.zero();
    let high: u32 = 0;
    let low: u64 = 0;
    for (let end = from + bytes; from < end; from++) {
      high = (high << 8) | <u32>(low >>> 56);
      low = (low << 8) | load<u8>(from);
    }
    this.subject = bswap<u32>(high & 0xffffff);
    this.low = low;
  }

  /** Writes a data key's number, eleven bytes, big-endian. */
  putBody(to: usize): void {
    const high = bswap<u32>(this.subject);
    store<u8>(to, <u8>(high >> 16));
    store<u8>(to + 1, <u8>(high >> 8));
    store<u8>(to + 2, <u8>high);
    store<u64>(to + 3, bswap<u64>(this.low));
  }

  setNode(kind: i32, node: Node): void {
    this.zero();
    this.type = <u8>kind;
    this.subject = node.index;
    store<u32>(changetype<usize>(this), node.allocation, KEY_ALLOCATION);
  }

  /** A resume key for the call that a domain or a join waits for now. */
  setResume(kind: i32, node: Node): void {
    this.setNode(KIND_RESUME, node);
    this.databyte = <u8>kind;
    this.callsHigh = node.callsHigh;
    this.left = <usize>node.calls;
  }

  /** Copies what `from` means, as an unprepared key, over this one, which must not be prepared. */
  copy(from: Key): void {
    if (from.prepared) {
      const databyte = from.databyte;
      this.setNode(from.kind, from.node);
      this.databyte = databyte;
    } else {
      copyWords(changetype<usize>(this), changetype<usize>(from), KEY_SIZE);
      this.type = <u8>from.kind;
    }
  }

  /** Whether the kind is one that names a node. */
  static designates(kind: i32): bool {
    return (
      kind == KIND_NODE ||
      kind == KIND_METER ||
      kind == KIND_FETCH ||
      kind == KIND_SENSE ||
      kind == KIND_SEGMENT ||
      kind == KIND_START ||
      kind == KIND_RESUME ||
      kind == KIND_DOMAIN ||
      kind == KIND_PAGE ||
      kind == KIND_HOOK
    );
  }

  /** The node that an unprepared key names, or null where it was rescinded since or never was. */
  static find(index: u32, allocation: u32): Node | null {
    if (index == SUPER_INDEX || index >= control.nodes) return null;
    const node = Node.at(index);
    return node.isAllocated && node.allocation == allocation ? node : null;
  }

  /** Whether an unprepared key names what is no more: a node rescinded, or a call that is answered. */
  get isVoid(): bool {
    if (!Key.designates(this.kind) || this.isSuper) return false;
    const node = Key.find(this.subject, this.allocation);
    if (!node) return true;
    if (this.kind != KIND_RESUME) return false;
    return <u32>this.left != node.calls || this.callsHigh != node.callsHigh || !node.awaits;
  }

  /** Whether both mean the same, prepared or not; data keys by their number. */
  static same(a: Key, b: Key): bool {
    if (a.kind != b.kind || a.databyte != b.databyte) return false;
    if (!a.prepared && !b.prepared) {
      return a.subject == b.subject && a.low == b.low && a.callsHigh == b.callsHigh;
    }
    const keyed = a.prepared ? a : b;
    const other = a.prepared ? b : a;
    if (other.prepared) return keyed.subject == other.subject;
    return other.subject == keyed.node.index && other.allocation == keyed.node.allocation;
  }

  /**
   * Links an unprepared key into the backchain of its node, at the far end. A key whose node was
   * rescinded becomes DK(0), and the answer is false.
   */
  prepare(): bool {
    if (this.prepared) return true;
    const node = Key.find(this.subject, this.allocation);
    if (!node) {
      this.zero();
      return false;
    }
    this.type |= <u8>KEY_PREPARED;
    this.subject = <u32>changetype<usize>(node);
    this.link(node.left, changetype<usize>(node));
    return true;
  }

  /** Takes it out of the backchain: it is an unprepared key again. It must not be involved. */
  unprepare(): void {
    if (!this.prepared) return;
    const node = this.node;
    this.unlink();
    this.type &= ~(<u8>KEY_PREPARED);
    this.subject = node.index;
    store<u32>(changetype<usize>(this), node.allocation, KEY_ALLOCATION);
    this.left = 0;
  }

  /** Marks a prepared key as involved for writing and moves it before those that are not. */
  involve(): void {
    const node = this.node;
    this.unlink();
    this.type |= <u8>KEY_INVOLVED_W;
    const after = node.lastHook ? node.lastHook : changetype<usize>(node);
    this.link(after, changetype<Key>(after).right);
  }

  /** Undoes `involve`: the key stays prepared, at the far end. */
  uninvolve(): void {
    const node = this.node;
    this.unlink();
    this.type &= ~(<u8>KEY_INVOLVED);
    this.link(node.left, changetype<usize>(node));
  }

  /** Makes an empty slot a hook, last in the stall queue of `node`. */
  hook(node: Node, why: i32): void {
    this.type = <u8>(KIND_HOOK | KEY_PREPARED | KEY_INVOLVED_R | KEY_INVOLVED_W);
    this.databyte = <u8>why;
    this.subject = <u32>changetype<usize>(node);
    const after = node.lastHook ? node.lastHook : changetype<usize>(node);
    this.link(after, changetype<Key>(after).right);
    node.lastHook = changetype<usize>(this);
  }

  /** Takes a hook off its stall queue: the slot is DK(0) again. */
  unhook(): void {
    const node = this.node;
    if (node.lastHook == changetype<usize>(this)) {
      const before = this.left;
      const isHook = before != changetype<usize>(node) && changetype<Key>(before).kind == KIND_HOOK;
      node.lastHook = isHook ? before : 0;
    }
    this.unlink();
    this.zero();
    if (isDefined(CHECKED)) auditRing(node);
  }

  private link(left: usize, right: usize): void {
    this.left = left;
    this.right = right;
    changetype<Key>(left).right = changetype<usize>(this);
    changetype<Key>(right).left = changetype<usize>(this);
  }

  private unlink(): void {
    changetype<Key>(this.left).right = this.right;
    changetype<Key>(this.right).left = this.left;
  }

  /** Whether a kind may stand in a slot by the host's or a guest's wish; hooks are the kernel's own. */
  static storable(kind: i32): bool {
    if (kind == KIND_DATA || kind == KIND_HOST || kind == KIND_MISC) return true;
    return Key.designates(kind) && kind != KIND_HOOK;
  }
}

// A header stands in the ring like a key: its links lie at the same offsets.
if (
  offsetof<Key>("subject") != KEY_SUBJECT ||
  offsetof<Key>("callsHigh") != KEY_CALLS_HIGH ||
  offsetof<Key>("left") != KEY_CALLS ||
  offsetof<Key>("subject") + 1 != KEY_HIGH ||
  offsetof<Key>("right") != KEY_RIGHT ||
  offsetof<Key>("left") != KEY_LEFT ||
  NODE_RIGHT != KEY_RIGHT ||
  NODE_LEFT != KEY_LEFT ||
  offsetof<Key>() != KEY_SIZE
) {
  ERROR("keys are not as layout.ts says");
}

// Regions of a body, and where in them their blocks are paid.
//
// A region is a part of a body that is entered at its first block only, and goes forward only. It begins at the
// entry, at the head of a loop, behind a call, behind a block that leaves the function if it is told to, where
// branches from several regions meet, and where the longest way through the region so far is of LONG_WAY cycles.
// Whoever traps has paid for the longest way through the region, from its first block on: if the region may trap,
// its first block stores the counter that low; the local has it as it is.
//
// A block pays for those that come after it in any case: what the shortest way through the rest costs. Where one
// pays beforehand, all that it goes on with, and all that these are gone on with from, must be paid beforehand as
// much: they are a class. What is left to pay is never less than 0, and where the region ends all is even.

import {
  BLOCK_POINT,
  type Body,
  FALLS,
  GUARDS,
  LEAVES,
  LOOP_POINT,
  PAUSES,
  type Plan,
  TAKEN_POINT,
  TRAPS,
} from "./plan.js";

const LONG_WAY = 1000;
/** Instead of the block that a region begins with: nobody has come here yet; several have. */
const NONE = -1;
const SEVERAL = -2;

export class Regions {
  readonly #plan: Plan;
  /** The blocks of a body, and how many; all below is by their order. */
  #blocks = new Int32Array(256);
  #count = 0;
  /** By point, from the first of the body on. */
  #orders = new Int32Array(256);
  /** Where in `#next` those are that a block goes on with: forward, and heads of loops. */
  #from = new Int32Array(257);
  #next = new Int32Array(256);
  #region = new Int32Array(256);
  /** The longest way from the beginning of the region: before the block, later from behind it to the end. */
  #way = new Float64Array(256);
  #traps = new Uint8Array(256);
  /** Another one of its class, which comes before it; itself, of the first. */
  #class = new Int32Array(256);
  /** By class: what all of it is paid beforehand. */
  #prepaid = new Float64Array(256);

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Says of each block what it pays, and how low the global must be. */
  settle(body: Body): void {
    this.#find(body);
    this.#link(body);
    this.#cut();
    this.#measure();
    this.#prepay();
    this.#pay();
  }

  #find({ first, last }: Body): void {
    const plan = this.#plan;
    if (last - first > this.#blocks.length) this.#grow(2 * (last - first));
    let count = 0;
    for (let index = first; index < last; index++) {
      const kind = plan.kind(index);
      if (kind > LOOP_POINT && kind !== TAKEN_POINT) continue;
      this.#orders[index - first] = count;
      this.#blocks[count] = index;
      this.#region[count] = NONE;
      this.#way[count] = 0;
      this.#class[count] = count;
      this.#prepaid[count] = Number.POSITIVE_INFINITY;
      count++;
    }
    this.#count = count;
  }

  #link({ first, last }: Body): void {
    const plan = this.#plan;
    const count = this.#count;
    // A block goes on with the one behind it at most, and with those that it branches to.
    const most = count + plan.branch(last) - plan.branch(first);
    if (most > this.#next.length) this.#next = new Int32Array(2 * most);
    let length = 0;
    for (let at = 0; at < count; at++) {
      this.#from[at] = length;
      const behind = at + 1 < count ? this.#blocks[at + 1]! : last;
      const falls = at + 1 < count && (plan.flags(behind) & FALLS) !== 0;
      if (falls) this.#next[length++] = at + 1;
      const end = plan.branch(behind);
      for (let branch = plan.branch(this.#blocks[at]!); branch < end; branch++) {
        this.#next[length++] = this.#orders[plan.target(branch) - first]!;
      }
    }
    this.#from[count] = length;
  }

  /** Finds out where regions begin, and what is of one class. */
  #cut(): void {
    const plan = this.#plan;
    for (let at = 0; at < this.#count; at++) {
      const index = this.#blocks[at]!;
      const known = this.#region[at]!;
      const begins = plan.kind(index) !== BLOCK_POINT || known < 0 || this.#way[at]! >= LONG_WAY;
      const region = begins ? at : known;
      this.#region[at] = region;
      const way = (begins ? 0 : this.#way[at]!) + plan.value(index);
      const leaves = (plan.flags(index) & LEAVES) !== 0;
      let mate = NONE;
      for (let edge = this.#from[at]!; edge < this.#from[at + 1]!; edge++) {
        const next = this.#next[edge]!;
        if (next > at) {
          const other = this.#region[next]!;
          const same = !leaves && (other === NONE || other === region);
          this.#region[next] = same ? region : SEVERAL;
          if (this.#way[next]! < way) this.#way[next] = way;
        }
        mate = mate < 0 ? this.#first(next) : this.#unite(mate, next);
      }
    }
  }

  #measure(): void {
    const plan = this.#plan;
    for (let at = this.#count - 1; at >= 0; at--) {
      let way = 0;
      let traps = plan.flags(this.#blocks[at]!) & TRAPS;
      for (let edge = this.#from[at]!; edge < this.#from[at + 1]!; edge++) {
        const next = this.#next[edge]!;
        if (this.#region[next] === next) continue;
        way = Math.max(way, this.#way[next]! + plan.value(this.#blocks[next]!));
        traps |= this.#traps[next]!;
      }
      this.#way[at] = way;
      this.#traps[at] = traps;
    }
  }

  #prepay(): void {
    const plan = this.#plan;
    const prepaid = this.#prepaid;
    for (let at = 0; at < this.#count; at++) {
      if (this.#region[at] === at) prepaid[this.#first(at)] = 0;
      // What pauses must find what ran, and nothing more.
      const pauses = (plan.flags(this.#blocks[at]!) & PAUSES) !== 0;
      if (pauses && this.#nextClass(at) >= 0) prepaid[this.#nextClass(at)] = 0;
    }
    for (let at = this.#count - 1; at >= 0; at--) {
      const next = this.#nextClass(at);
      const own = this.#first(at);
      if (next === own) continue;
      // Of a class whose first is still to come all is not known yet.
      const most = plan.value(this.#blocks[at]!) + (next > at ? prepaid[next]! : 0);
      if (most < prepaid[own]!) prepaid[own] = most;
    }
  }

  #pay(): void {
    const plan = this.#plan;
    for (let at = 0; at < this.#count; at++) {
      const index = this.#blocks[at]!;
      const next = this.#nextClass(at);
      const ahead = next < 0 ? 0 : this.#prepaid[next]!;
      const cycles = plan.value(index) - this.#prepaid[this.#first(at)]! + ahead;
      if (this.#region[at] === at && this.#traps[at] !== 0) plan.mark(index, GUARDS);
      plan.settle(index, cycles, this.#way[at]! - ahead);
    }
  }

  /** The class of all that a block goes on with. */
  #nextClass(at: number): number {
    const edge = this.#from[at]!;
    return edge < this.#from[at + 1]! ? this.#first(this.#next[edge]!) : NONE;
  }

  #first(at: number): number {
    let first = at;
    while (this.#class[first] !== first) {
      this.#class[first] = this.#class[this.#class[first]!]!;
      first = this.#class[first]!;
    }
    return first;
  }

  #unite(a: number, b: number): number {
    const [one, other] = [this.#first(a), this.#first(b)];
    const first = Math.min(one, other);
    this.#class[Math.max(one, other)] = first;
    return first;
  }

  #grow(size: number): void {
    this.#blocks = new Int32Array(size);
    this.#orders = new Int32Array(size);
    this.#from = new Int32Array(size + 1);
    this.#region = new Int32Array(size);
    this.#way = new Float64Array(size);
    this.#traps = new Uint8Array(size);
    this.#class = new Int32Array(size);
    this.#prepaid = new Float64Array(size);
  }
}

// Which machines have which pages and segments in their address spaces, and which segments hold which: what is
// rescinded, or taken out of a segment, is taken out of all address spaces that show it. Internal.

import type { NodeId } from "./id.js";
import type { Machine } from "./machine.js";
import type { Segment } from "./segment.js";

/** Where a page or a segment is: the number of the page of the address space that it begins at. */
export interface Place {
  readonly machine: Machine;
  readonly at: number;
  readonly write: boolean;
}

export class Mappings {
  readonly #machines = new Map<NodeId, Set<Machine>>();
  readonly #holders = new Map<NodeId, Set<Segment>>();
  readonly #segments = new Map<NodeId, Segment>();

  /** There is a segment more. */
  enter(segment: Segment): void {
    this.#segments.set(segment.id, segment);
  }

  add(id: NodeId, machine: Machine): void {
    link(this.#machines, id, machine);
  }

  delete(id: NodeId, machine: Machine): void {
    unlink(this.#machines, id, machine);
  }

  /** A segment has something in a slot, or in none any more. */
  hold(id: NodeId, segment: Segment): void {
    link(this.#holders, id, segment);
  }

  letGo(id: NodeId, segment: Segment): void {
    unlink(this.#holders, id, segment);
  }

  /** Wherever something is: by itself, and in segments that are, as often as it is in each. */
  *places(id: NodeId): Generator<Place> {
    for (const machine of this.#machines.get(id) ?? []) {
      for (const { at, write } of machine.placesOf(id)) yield { machine, at, write };
    }
    for (const segment of this.#holders.get(id) ?? []) {
      const offsets = segment.placesOf(id);
      for (const { machine, at, write } of this.places(segment.id)) {
        for (const offset of offsets) yield { machine, at: at + offset, write };
      }
    }
  }

  /** Takes a page or a segment out of every address space and every segment: it is about to be rescinded. */
  forget(id: NodeId): void {
    for (const { machine, at } of [...this.places(id)]) machine.hide(id, at);
    for (const machine of [...(this.#machines.get(id) ?? [])]) machine.forget(id);
    for (const segment of [...(this.#holders.get(id) ?? [])]) segment.forget(id);
    this.#segments.get(id)?.empty();
    this.#segments.delete(id);
  }

  clear(): void {
    this.#machines.clear();
    this.#holders.clear();
    this.#segments.clear();
  }
}

type Sets<Member> = Map<NodeId, Set<Member>>;

function link<Member>(sets: Sets<Member>, id: NodeId, member: Member): void {
  sets.set(id, (sets.get(id) ?? new Set()).add(member));
}

function unlink<Member>(sets: Sets<Member>, id: NodeId, member: Member): void {
  const members = sets.get(id);
  members?.delete(member);
  if (members?.size === 0) sets.delete(id);
}

// Which machines have which page objects in their address spaces: a page that is rescinded is taken out of
// all of them first. Internal.

import type { NodeId } from "./id.js";
import type { Machine } from "./machine.js";

export class Mappings {
  readonly #machines = new Map<NodeId, Set<Machine>>();

  add(page: NodeId, machine: Machine): void {
    const machines = this.#machines.get(page) ?? new Set();
    this.#machines.set(page, machines.add(machine));
  }

  delete(page: NodeId, machine: Machine): void {
    const machines = this.#machines.get(page);
    machines?.delete(machine);
    if (machines?.size === 0) this.#machines.delete(page);
  }

  /** Takes a page out of every address space. */
  unmap(page: NodeId): void {
    for (const machine of [...(this.#machines.get(page) ?? [])]) machine.unmapAll(page);
  }

  clear(): void {
    this.#machines.clear();
  }
}

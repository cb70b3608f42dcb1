// Ids: branded numbers that hold a node's index and allocation, so that a stale one finds nothing.

declare const brand: unique symbol;

/** Names a node for good: index + allocation × 2^23. Whole, below 2^53. */
export type NodeId = number & { readonly [brand]: "node" };
export type MeterId = NodeId & { readonly meter?: never };
export type DomainId = NodeId & { readonly domain?: never };

const SHIFT = 2 ** 23;

export function idOf(index: number, allocation: number): NodeId {
  return (allocation * SHIFT + index) as NodeId;
}

export function indexOf(id: NodeId): number {
  return id % SHIFT;
}

export function allocationOf(id: NodeId): number {
  return Math.floor(id / SHIFT);
}

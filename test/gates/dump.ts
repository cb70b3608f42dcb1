// All that keys can tell of a store: what every slot of every node means, and what pages hold. Two that are
// equal show that nothing was changed between them.

import {
  CONTROL_NODE_BASE,
  CONTROL_NODES,
  NODE_ALLOCATED,
  NODE_FLAGS,
  NODE_SIZE,
  PRIME_INDEX,
  SLOTS,
} from "../../assembly/layout.js";
import { type Domain, type Kernel, type Key, trapReason } from "../../src/index.js";

/**
 * By node index and slot. What running domains alters anyway is left out: the counter of the prime meter,
 * and of domains what they wait for.
 */
export function dump(kernel: Kernel): Record<string, Key | string> {
  const { core } = kernel;
  const { view } = core;
  const lines: Record<string, Key | string> = {};
  const nodes = view.control(CONTROL_NODES);
  for (let index = PRIME_INDEX; index < nodes; index++) {
    const at = view.control(CONTROL_NODE_BASE) + index * NODE_SIZE;
    if ((view.u8(at + NODE_FLAGS) & NODE_ALLOCATED) === 0) continue;
    const id = core.idAt(index);
    for (let slot = 0; slot < SLOTS; slot++) {
      if (index === PRIME_INDEX && slot === 3) continue;
      if (core.domains.get(index) && slot === 13) continue;
      lines[`${index}.${slot}`] = core.invoke({ kind: "node", id, databyte: 0 }, slot).key;
    }
  }
  for (const domain of kernel.domains()) {
    const trap = domain.trap;
    lines[`trap of ${domain.name}`] = trap ? trapReason(trap.code) : "none";
  }
  return lines;
}

/** Registers and pc of domains that do nothing meanwhile. */
export function registers(domains: readonly Domain[], of: (domain: Domain) => number[]): string {
  return domains.map((domain) => `${domain.name} ${of(domain).join(" ")}`).join("\n");
}

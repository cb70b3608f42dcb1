// What tests of segments share: kernels with and without core residence, and what domains find at an address.

import { PAGE_SIZE } from "../assembly/layout.js";
import type { Domain, KernelOptions, Page } from "../src/index.js";
import { loadElf } from "../src/index.js";
import { Cast } from "./cast.js";
import { findings } from "./lab.js";
import { Puppet, rest } from "./puppet.js";
import { everywhere } from "./variants.js";

/** Where programs have nothing: above all that they have. */
export const BASE = 0x100_0000;
export const puppet = loadElf(new Puppet([rest()]).elf());

/** Items that hold with and without core residence, in every variant. */
export function inEveryCore(name: string, items: (make: () => SegmentLab) => void): void {
  everywhere(name, () => items(() => new SegmentLab()));
  const residence = { core: 16, pages: 400 };
  everywhere(`${name}, with residence`, () => items(() => new SegmentLab({ residence })));
}

export class SegmentLab extends Cast {
  readonly hasResidence: boolean;

  constructor(options: KernelOptions = {}) {
    super({ nodes: 512, ...options });
    this.hasResidence = options.residence !== undefined;
  }

  /** A page that begins with its name. */
  page(name: string): Page {
    const page = this.kernel.createPage(name);
    page.write(0, name);
    return page;
  }

  pages(...names: string[]): Page[] {
    return names.map((name) => this.page(name));
  }

  /** A domain that is never started. */
  idle(pages: Parameters<typeof this.kernel.createDomain>[0]["pages"] = [], name = "idle"): Domain {
    const memory = puppet.end + 17 * PAGE_SIZE;
    return this.kernel.createDomain({ name, meter: this.prime, program: puppet, memory, pages });
  }

  /** The page numbers from BASE on at which a domain finds pages, and what each begins with. */
  found(domain: Domain, count = 300): Record<number, string> {
    const seen: Record<number, string> = {};
    for (let n = 0; n < count; n++) {
      const bytes = domain.machine!.read(BASE + n * PAGE_SIZE, 4);
      if (bytes) seen[n] = new TextDecoder().decode(bytes).replaceAll("\0", "");
    }
    return seen;
  }

  /** What is free: frames, or pages. */
  get free(): number {
    const { kernel, hasResidence } = this;
    if (hasResidence) return kernel.residence.statistics().pagesFree;
    return kernel.core.exports.framesFree();
  }

  get findings(): string[] {
    return findings(this.kernel);
  }
}

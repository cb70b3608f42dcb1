// Images: the decoded form of a program, shared by all its domains. Internal.

import type { Core } from "./core.js";
import { type ElfProgram, sameProgram } from "./elf.js";
import { createImagePages, dropImagePages, type ImagePages } from "./image-pages.js";

/** A decode cache in the kernel's frames, and how many machines use it. */
export interface Image {
  readonly program: ElfProgram;
  readonly address: number;
  /** What is mapped by all of them; undefined without core residence, where each has copies. */
  readonly pages: ImagePages | undefined;
  users: number;
}

/** The images of a kernel, by the hash of their programs. */
export class Images {
  readonly #core: Core;
  readonly #images = new Map<number, Image[]>();

  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * The image of a program, shared with whoever runs the same; undefined when frames are short.
   * @throws {CapacityError} NO_PAGES
   */
  acquire(program: ElfProgram): Image | undefined {
    const alike = this.#images.get(program.hash) ?? [];
    let image = alike.find((other) => sameProgram(other.program, program));
    if (!image) {
      const address = this.#core.exports.imageCreate(program.codeBase, program.codeSize) >>> 0;
      if (address === 0) return undefined;
      image = { program, address, pages: this.#pagesOf(program, address), users: 0 };
      this.#images.set(program.hash, [...alike, image]);
    }
    image.users++;
    return image;
  }

  /** The last user's frees it. */
  release(image: Image): void {
    if (--image.users > 0) return;
    this.#core.exports.imageFree(image.address);
    if (image.pages) dropImagePages(this.#core, image.pages);
    const { hash } = image.program;
    const rest = (this.#images.get(hash) ?? []).filter((other) => other !== image);
    if (rest.length > 0) this.#images.set(hash, rest);
    else this.#images.delete(hash);
  }

  /** The pages of them all; undefined without core residence. */
  get pages(): ReadonlySet<number> | undefined {
    if (!this.#core.residence) return undefined;
    const images = [...this.#images.values()].flat();
    return new Set(images.flatMap(({ pages }) => [...(pages?.values() ?? [])]));
  }

  #pagesOf(program: ElfProgram, address: number): ImagePages | undefined {
    if (!this.#core.residence) return undefined;
    try {
      return createImagePages(this.#core, program);
    } catch (error) {
      this.#core.exports.imageFree(address);
      throw error;
    }
  }
}

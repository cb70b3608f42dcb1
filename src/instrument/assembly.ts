// Putting a module together again: its sections in their order, those that are new in their places.

import { harmless, unsupported } from "./error.js";
import {
  CODE,
  CUSTOM,
  ELEMENT,
  EXPORT,
  FUNCTION,
  GLOBAL,
  IMPORT,
  ORDER,
  type Outline,
  type Section,
  START,
  TABLE,
  TYPE,
} from "./outline.js";
import type { Rewriter } from "./rewrite.js";
import type { Writer } from "./writer.js";

/** Sections of a module that is still to be linked, whose places in the code would be others. */
const UNLINKED = /^(linking$|reloc\.)/;

export class Assembly {
  readonly #outline: Outline;
  readonly #rewriter: Rewriter;
  readonly #code: Writer;
  readonly #hints: Writer;
  readonly #out: Writer;
  readonly #isLeftOut: (name: string) => boolean;
  /** The sections that each module must have now. */
  readonly #wanted: number[];
  /** Where the content of the code section is in what was written. */
  codeAt = 0;

  constructor(
    outline: Outline,
    rewriter: Rewriter,
    code: Writer,
    hints: Writer,
    out: Writer,
    isLeftOut: (name: string) => boolean,
  ) {
    this.#isLeftOut = isLeftOut;
    this.#code = code;
    this.#hints = hints;
    this.#outline = outline;
    this.#rewriter = rewriter;
    this.#out = out;
    const needed = [TYPE, IMPORT, FUNCTION, GLOBAL, EXPORT, CODE];
    this.#wanted = needed.filter((id) => !outline.section(id));
  }

  write(): void {
    for (const section of this.#outline.sections) {
      const { id, name } = section;
      if (UNLINKED.test(name))
        throw unsupported(section.from, "found an object that is not linked");
      if (id === START || (id === CUSTOM && this.#isLeftOut(name))) continue;
      if (id !== CUSTOM) this.#fill(ORDER.indexOf(id));
      if (id === CODE) this.#putCode();
      else {
        const content = this.#rewritten(section);
        if (content) this.put(id, content);
      }
    }
    this.#fill(ORDER.length);
  }

  #putCode(): void {
    this.put(CUSTOM, this.#hints);
    this.put(CODE, this.#code);
    this.codeAt = this.#out.length - this.#code.length;
  }

  /** Writes what is missing before a place. */
  #fill(place: number): void {
    while (this.#wanted.length > 0 && ORDER.indexOf(this.#wanted[0]!) < place) {
      const id = this.#wanted.shift()!;
      if (id === CODE) this.#putCode();
      else this.put(id, this.#made(id, undefined)!);
    }
  }

  #rewritten(section: Section): Writer | undefined {
    const rewriter = this.#rewriter;
    if (section.id === CUSTOM && section.name === "name") {
      return harmless(() => rewriter.names(section));
    }
    return this.#made(section.id, section) ?? rewriter.copy(section);
  }

  #made(id: number, section: Section | undefined): Writer | undefined {
    const rewriter = this.#rewriter;
    if (id === TYPE) return rewriter.types(section);
    if (id === IMPORT) return rewriter.imports(section);
    if (id === FUNCTION) return rewriter.functions();
    if (id === GLOBAL) return rewriter.globals(section);
    if (id === EXPORT) return rewriter.exports(section);
    if (id === TABLE) return rewriter.tables(section!);
    if (id === ELEMENT) return rewriter.elements(section!);
    return undefined;
  }

  put(id: number, content: Writer): void {
    this.#out.byte(id);
    this.#out.sized(content);
  }
}

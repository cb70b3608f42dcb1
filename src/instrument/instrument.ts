// Instrumenting: the bytes of a module become those of one that counts what it runs.

import { OptionError } from "../errors.js";
import { checkNames, show } from "../options.js";
import { callGraph, lookingBodies } from "./call-graph.js";
import { type Costs, CostTable } from "./cost.js";
import { Emitter, type Hint } from "./emit.js";
import { ModuleError, malformed, unsupported } from "./error.js";
import * as op from "./opcode.js";
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
  outlineOf,
  type Section,
  START,
  TABLE,
  TYPE,
} from "./outline.js";
import { type Body, Plan } from "./plan.js";
import { type Additions, HINTS_NAME, Rewriter, readHints, writeHints } from "./rewrite.js";
import { Scanner } from "./scan.js";
import { Settler } from "./settle.js";
import { Writer } from "./writer.js";

/** A module that counts what it runs. */
export class Instrumented {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The export that is the counter: a mutable i64 global, which counts down. */
  readonly counter: string;
  /**
   * What it imports: called with the counter when that is below 0, answers what it is to be from now on, or less
   * than 0 to end with a trap that the guest can't catch.
   */
  readonly refill: { readonly module: string; readonly field: string };
  /**
   * The export that calls the start function, if it has one: to be called once it is instantiated, for nobody could read
   * the counter of an instance that is not there yet.
   */
  readonly start: string | undefined;
  #module: WebAssembly.Module | undefined;

  /** @internal */
  constructor(bytes: Uint8Array<ArrayBuffer>, { counter, start, module, field }: Additions) {
    this.bytes = bytes;
    this.counter = counter;
    this.start = start;
    this.refill = { module, field };
  }

  /** Compiled, once. @throws {WebAssembly.CompileError} for what this engine does not know. */
  get module(): WebAssembly.Module {
    this.#module ??= new WebAssembly.Module(this.bytes);
    return this.#module;
  }

  /** The same in the background. */
  async compile(): Promise<WebAssembly.Module> {
    this.#module ??= await WebAssembly.compile(this.bytes);
    return this.#module;
  }
}

export interface InstrumentOptions {
  /** What instructions cost, where it is not a cycle each. */
  readonly costs?: Costs;
}

/** What instructions cost as a rule. */
const USUAL = new CostTable();

/** Sections of a module that is still to be linked, whose places in the code would be others. */
const UNLINKED = /^(linking$|reloc\.)/;
/** What tells places in the code that are others now. */
const PLACES = /^(\.debug_|metadata\.code\.|external_debug_info$)/;

/**
 * Makes a module count what it runs. Whether it is valid is for the engine to find when it compiles what comes of it.
 *
 * @throws {ModuleError} for what is no module, and what is not understood in one. @throws {OptionError}
 */
export function instrument(bytes: Uint8Array, options: InstrumentOptions = {}): Instrumented {
  if (!(bytes instanceof Uint8Array)) {
    throw new OptionError(`instrument: found ${show(bytes)}, expected a Uint8Array`);
  }
  checkNames("instrument", options, ["costs"]);
  const costs = options.costs === undefined ? USUAL : new CostTable(options.costs);
  const outline = outlineOf(bytes);
  const plan = new Plan();
  const referenced = new Set(outline.referenced);
  const bodies = scanAll(outline, plan, referenced, costs);
  noteElements(outline, referenced);
  const graph = callGraph(bodies, outline.importedFunctions, referenced);
  const settler = new Settler(plan, bodies, outline.importedFunctions, referenced);
  settler.settle(graph);
  const looks = lookingBodies(bodies, graph).map((look, i) => (settler.isPlain(i) ? 0 : look));
  const additions = additionsTo(outline);
  const rewriter = new Rewriter(outline, additions);
  const code = new Writer(bytes.length * 2);
  const hints = emitAll(outline, plan, bodies, looks, code);
  const out = new Writer(bytes.length * 2);
  out.bytes(bytes, 0, 8);
  new Assembly(outline, rewriter, code, writeHints(hints), out).write();
  return new Instrumented(out.take(), additions);
}

function scanAll(outline: Outline, plan: Plan, referenced: Set<number>, costs: CostTable): Body[] {
  const section = outline.section(CODE);
  const own = outline.functionTypes.length - outline.importedFunctions;
  if (!section) {
    if (own > 0) throw malformed(outline.bytes.length, `found ${own} functions without bodies`);
    return [];
  }
  const reader = outline.reader(section);
  const scanner = new Scanner(outline, plan, referenced, costs);
  const bodies: Body[] = [];
  const count = reader.u32();
  if (count !== own) throw malformed(section.from, `found ${count} bodies of ${own} functions`);
  for (let index = outline.importedFunctions; bodies.length < count; index++) {
    const body = reader.part(reader.u32());
    bodies.push(scanner.scan(index, body.at, body.end));
  }
  if (!reader.isDone) throw malformed(reader.at, "found more than the bodies");
  return bodies;
}

/** All functions of element segments can be called by reference. */
function noteElements(outline: Outline, referenced: Set<number>): void {
  const section = outline.section(ELEMENT);
  if (!section) return;
  const rewriter = new Rewriter(outline, additionsTo(outline));
  rewriter.elements(section, (index) => referenced.add(index));
}

function emitAll(
  outline: Outline,
  plan: Plan,
  bodies: readonly Body[],
  looks: Uint8Array,
  code: Writer,
): (readonly [number, readonly Hint[]])[] {
  const section = outline.sections.find(({ name }) => name === HINTS_NAME);
  const known = (section && harmless(() => readHints(outline, section))) ?? new Map();
  const body = new Writer(1 << 16);
  const { importedFunctions, globals } = outline;
  const names = { counter: globals, slow: outline.functionTypes.length + 1 };
  const emitter = new Emitter(outline.bytes, plan, names, body);
  const hints: (readonly [number, readonly Hint[]])[] = [];
  const { start } = outline;
  code.u32(bodies.length + (start === undefined ? 1 : 2));
  for (const [i, scanned] of bodies.entries()) {
    body.clear();
    const index = importedFunctions + i;
    const all = emitter.emit(scanned, looks[i] === 1, known.get(index));
    if (all.length > 0) hints.push([index + 1, all]);
    code.sized(body);
  }
  body.clear();
  emitSlow(body, importedFunctions, globals);
  code.sized(body);
  if (start !== undefined) {
    body.clear();
    body.bytes(Uint8Array.of(0, op.CALL));
    body.u32(start < importedFunctions ? start : start + 1);
    body.byte(op.END);
    code.sized(body);
  }
  return hints;
}

/** Given the counter: asks for what it is to be from now on. Below 0, it is the end. */
function emitSlow(out: Writer, refill: number, counter: number): void {
  const write = (opcode: number, index: number) => {
    out.byte(opcode);
    out.u32(index);
  };
  out.u32(0);
  write(op.LOCAL_GET, 0);
  write(op.GLOBAL_SET, counter);
  write(op.LOCAL_GET, 0);
  write(op.CALL, refill);
  write(op.LOCAL_TEE, 0);
  out.byte(op.I64_CONST);
  out.byte(0);
  out.byte(op.I64_LT_S);
  out.byte(op.IF);
  out.byte(op.EMPTY);
  // A trap, which no handler of the guest can catch.
  out.byte(op.UNREACHABLE);
  out.byte(op.END);
  write(op.LOCAL_GET, 0);
  write(op.GLOBAL_SET, counter);
  write(op.LOCAL_GET, 0);
  out.byte(op.END);
}

/** Names that the module has not. */
function additionsTo({ exportNames, importNames, start }: Outline): Additions {
  const free = (name: string, isTaken: (name: string) => boolean): string =>
    isTaken(name) ? free(`${name}'`, isTaken) : name;
  const module = "primemeter";
  const isExport = (name: string) => exportNames.has(name);
  return {
    module,
    field: free("refill", (field) => importNames.has(`${module}\0${field}`)),
    counter: free("primemeter.counter", isExport),
    start: start === undefined ? undefined : free("primemeter.start", isExport),
  };
}

/** Custom sections that are malformed don't matter to an engine: they are as good as none. */
function harmless<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ModuleError) return undefined;
    throw error;
  }
}

/** The sections in their order, those that are new in their places. */
class Assembly {
  readonly #outline: Outline;
  readonly #rewriter: Rewriter;
  readonly #code: Writer;
  readonly #hints: Writer;
  readonly #out: Writer;
  /** The sections that each module must have now. */
  readonly #wanted: number[];

  constructor(outline: Outline, rewriter: Rewriter, code: Writer, hints: Writer, out: Writer) {
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
      if (PLACES.test(name) || id === START) continue;
      if (id !== CUSTOM) this.#fill(ORDER.indexOf(id));
      if (id === CODE) this.#putCode();
      else {
        const content = this.#rewritten(section);
        if (content) this.#put(id, content);
      }
    }
    this.#fill(ORDER.length);
  }

  #putCode(): void {
    this.#put(CUSTOM, this.#hints);
    this.#put(CODE, this.#code);
  }

  /** Writes what is missing before a place. */
  #fill(place: number): void {
    while (this.#wanted.length > 0 && ORDER.indexOf(this.#wanted[0]!) < place) {
      const id = this.#wanted.shift()!;
      if (id === CODE) this.#putCode();
      else this.#put(id, this.#made(id, undefined)!);
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
    if (id === FUNCTION) return rewriter.functions(section);
    if (id === GLOBAL) return rewriter.globals(section);
    if (id === EXPORT) return rewriter.exports(section);
    if (id === TABLE) return rewriter.tables(section!);
    if (id === ELEMENT) return rewriter.elements(section!);
    return undefined;
  }

  #put(id: number, content: Writer): void {
    this.#out.byte(id);
    this.#out.sized(content);
  }
}

// Instrumenting: the bytes of a module become those of one that counts what it runs.

import { OptionError } from "../errors.js";
import { checkNames, show } from "../options.js";
import { Assembly } from "./assembly.js";
import { callGraph, lookingBodies } from "./call-graph.js";
import { type Costs, CostTable } from "./cost.js";
import { Emitter, type Hint } from "./emit.js";
import { harmless, ModuleError, malformed } from "./error.js";
import { Moves } from "./moves.js";
import * as op from "./opcode.js";
import { CODE, CUSTOM, ELEMENT, type Outline, outlineOf } from "./outline.js";
import { type Body, Plan } from "./plan.js";
import { type Additions, HINTS_NAME, Rewriter, readHints, writeHints } from "./rewrite.js";
import { Scanner } from "./scan.js";
import { Settler } from "./settle.js";
import { movedMap, readSourceMap, type SourceMap } from "./source-map.js";
import { STAMP_NAME, writeStamp } from "./stamp.js";
import { Writer } from "./writer.js";

/** What instrumenting a module came to. */
export interface Figures {
  /** Its own functions, and the runs of instructions that are charged as a whole. */
  readonly functions: number;
  readonly blocks: number;
  /** Names of sections that were left out, as what they say of places in the code is not true any more. */
  readonly dropped: readonly string[];
}

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
  /** Of one that was just made, not opened. */
  readonly figures: Figures | undefined;
  /** The source map for these bytes, where `instrument` was given one. */
  readonly sourceMap: SourceMap | undefined;
  #module: WebAssembly.Module | undefined;

  /** @internal */
  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    { counter, start, module, field }: Additions,
    { figures, sourceMap }: { figures?: Figures; sourceMap?: SourceMap | undefined } = {},
  ) {
    this.bytes = bytes;
    this.figures = figures;
    this.sourceMap = sourceMap;
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
  /** The module's source map, parsed or as text: `sourceMap` of what comes of it is the same for that. */
  readonly sourceMap?: SourceMap | string;
  /** What the section `sourceMappingURL` is to say; null: there is none. Without this it stays as it is. */
  readonly sourceMappingURL?: string | null;
}

/** What instructions cost as a rule. */
const USUAL = new CostTable();

const URL_NAME = "sourceMappingURL";
/** What tells places in the code that are others now. */
const PLACES = /^(\.debug_|metadata\.code\.|external_debug_info$)/;

/**
 * Makes a module count what it runs. Whether it is valid is for the engine to find when it compiles what comes of it.
 *
 * @throws {ModuleError} for what is no module, and what is not understood in one. @throws {OptionError} also for a
 * source map that is none, or not of this module.
 */
export function instrument(bytes: Uint8Array, options: InstrumentOptions = {}): Instrumented {
  if (!(bytes instanceof Uint8Array)) {
    throw new OptionError(`instrument: found ${show(bytes)}, expected a Uint8Array`);
  }
  const { sourceMap, sourceMappingURL: url } = checkInstrument(options);
  const costs = options.costs === undefined ? USUAL : new CostTable(options.costs);
  const outline = outlineOf(bytes);
  refuseStamped(outline);
  const map = sourceMap === undefined ? undefined : readSourceMap(sourceMap, bytes.length);
  const moves = map && new Moves();
  const plan = new Plan(bytes.length >> 4);
  const referenced = new Set(outline.referenced);
  noteElements(outline, referenced);
  const bodies = scanAll(outline, plan, referenced, costs);
  const graph = callGraph(bodies, outline.importedFunctions, referenced);
  const settler = new Settler(outline, plan, bodies, referenced);
  settler.settle(graph);
  const looks = lookingBodies(bodies, graph).map((look, i) => (settler.isPlain(i) ? 0 : look));
  const additions = additionsTo(outline);
  const rewriter = new Rewriter(outline, additions, (index) => settler.carries(index));
  const code = new Writer(bytes.length * 2);
  const hints = emitAll(outline, plan, settler, bodies, looks, code, moves);
  const out = new Writer(bytes.length * 2);
  out.bytes(bytes, 0, 8);
  const isLeftOut = (name: string) => PLACES.test(name) || (url !== undefined && name === URL_NAME);
  const assembly = new Assembly(outline, rewriter, code, writeHints(hints), out, isLeftOut);
  assembly.write();
  if (typeof url === "string") assembly.put(CUSTOM, writeUrl(url));
  assembly.put(CUSTOM, writeStamp(additions));
  moves?.shift(assembly.codeAt);
  return new Instrumented(out.take(), additions, {
    figures: {
      functions: bodies.length,
      blocks: plan.chargedBlocks,
      dropped: outline.sections.flatMap(({ name }) => (PLACES.test(name) ? name : [])),
    },
    sourceMap: map && movedMap(map, moves!),
  });
}

/** Which options there are; what they say is for others. @throws {OptionError} @internal */
export function checkInstrument(options: InstrumentOptions): InstrumentOptions {
  checkNames("instrument", options, ["costs", "sourceMap", "sourceMappingURL"]);
  const { sourceMappingURL: url } = options;
  if (url !== undefined && url !== null && typeof url !== "string") {
    throw new OptionError(`sourceMappingURL: found ${show(url)}, expected a string or null`);
  }
  return options;
}

function writeUrl(url: string): Writer {
  const out = new Writer();
  out.name(URL_NAME);
  out.name(url);
  return out;
}

/** It would count its own counting, and its counter would be a global like others. */
function refuseStamped({ sections }: Outline): void {
  const stamp = sections.find(({ name }) => name === STAMP_NAME);
  if (!stamp) return;
  const what = "found a module that is instrumented already, expected one that is not";
  throw new ModuleError("INSTRUMENTED", stamp.from, what);
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
  settled: Settler,
  bodies: readonly Body[],
  looks: Uint8Array,
  code: Writer,
  moves: Moves | undefined,
): (readonly [number, readonly Hint[]])[] {
  const section = outline.sections.find(({ name }) => name === HINTS_NAME);
  const known = (section && harmless(() => readHints(outline, section))) ?? new Map();
  const body = new Writer(1 << 16);
  const { importedFunctions, globals } = outline;
  const names = { counter: globals, slow: outline.functionTypes.length + 1 };
  const emitter = new Emitter(outline, plan, settled, names, body, moves);
  const hints: (readonly [number, readonly Hint[]])[] = [];
  const { start } = outline;
  const codeSection = outline.section(CODE);
  if (codeSection) moves?.note(codeSection.from, 0);
  code.u32(bodies.length + (start === undefined ? 1 : 2));
  moves?.place(0);
  for (const [i, scanned] of bodies.entries()) {
    body.clear();
    const index = importedFunctions + i;
    const all = emitter.emit(i, scanned, looks[i]!, known.get(index));
    if (all.length > 0) hints.push([index + 1, all]);
    code.sized(body);
    moves?.place(code.length - body.length);
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
function additionsTo({ exports, imports, start }: Outline): Additions {
  const free = (name: string, isTaken: (name: string) => boolean): string =>
    isTaken(name) ? free(`${name}'`, isTaken) : name;
  const module = "primemeter";
  const exported = new Set(exports.map(({ name }) => name));
  const isExport = (name: string) => exported.has(name);
  const imported = new Set(imports.flatMap((each) => (each.module === module ? each.name : [])));
  return {
    module,
    field: free("refill", (field) => imported.has(field)),
    counter: free("primemeter.counter", isExport),
    start: start === undefined ? undefined : free("primemeter.start", isExport),
  };
}

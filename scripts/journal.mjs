// A pass of the compiler over the shared build: every store of the kernel tells the journal first
// (assembly/journal.ts), so that none can be forgotten. It runs before anything is optimised, while
// functions are still those of the sources; then the calls are inlined.
//
// The address `ptr` of each store becomes `journalled32(ptr, offset)`, which logs what is there and
// answers `ptr`. The value is computed after that, by code that may store too, even to the same
// place: its entries are later ones, are undone first, and the entry made here then brings back what
// was there before either. Every store has its own entry, made before it; so of several for a place
// the first was made before any store to it, and is undone last.
// A value may not end the change, as giving the lock back does: its store would have no entry.

/** Not journalled: names of functions, or starts of names that end in "/". */
const EXCLUDED = {
  "assembly/journal/": "the journal itself",
  "assembly/panic/": "after a panic there is nothing to go back to",
  "assembly/riscv/": "machines and images, used outside the lock; what a machine did stays done",
  "assembly/kernel/bill":
    "outside the lock; a call between its stores would let a worker die there",
  "assembly/sprint/": "whole slices, run outside the lock; a slice is done or it isn't",
  "assembly/hand/": "what participants have in hand is for the host, not to be undone",
  "assembly/frame/": "frames are taken and given by the host, and by decoding, outside the lock",
  "assembly/processor/count": "statistics: one too many is not worth a store more",
  "assembly/store/initialize": "there are no processors yet",
};

/** Journalled functions that fill or copy memory without an entry for what they overwrite. */
const BULK = {};

/** Where the operands of an expression are, by its kind; kinds that no build has are refused. */
const OPERANDS = {
  AtomicCmpxchg: ["ptr", "expected", "replacement"],
  AtomicFence: [],
  AtomicNotify: ["ptr", "notifyCount"],
  AtomicRMW: ["ptr", "value"],
  AtomicWait: ["ptr", "expected", "timeout"],
  Binary: ["left", "right"],
  Block: ["children"],
  Break: ["condition", "value"],
  Call: ["operands"],
  Const: [],
  Drop: ["value"],
  GlobalGet: [],
  GlobalSet: ["value"],
  If: ["condition", "ifTrue", "ifFalse"],
  Load: ["ptr"],
  LocalGet: [],
  LocalSet: ["value"],
  Loop: ["body"],
  MemoryCopy: ["dest", "source", "size"],
  MemoryFill: ["dest", "value", "size"],
  MemorySize: [],
  Nop: [],
  Return: ["value"],
  Select: ["ifTrue", "ifFalse", "condition"],
  Store: ["ptr", "value"],
  Switch: ["condition", "value"],
  Unary: ["value"],
  Unreachable: [],
};

const LOGGERS = { 1: "journalled8", 2: "journalled16", 4: "journalled32", 8: "journalled64" };

/**
 * Journals the stores of a module.
 *
 * @param binaryen The library that the module is of.
 * @throws {Error} for memory that is filled or copied unlogged, and lists that name what is not there.
 */
export function journalStores(binaryen, module, excluded = EXCLUDED, bulk = BULK) {
  const kinds = new Map(Object.keys(OPERANDS).map((name) => [binaryen[`${name}Id`], name]));
  const unused = new Set([...Object.keys(excluded), ...Object.keys(bulk)]);
  const entryOf = (name) =>
    Object.keys(excluded).find((of) => name === of || (of.endsWith("/") && name.startsWith(of)));

  const nameOf = (id) =>
    Object.keys(binaryen).find((key) => key.endsWith("Id") && binaryen[key] === id);

  /** Calls `visit` for each expression of a function, operands first. */
  const walk = (expression, within, visit) => {
    const id = binaryen.getExpressionId(expression);
    const kind = kinds.get(id);
    if (!kind) throw new Error(`journal: ${within} has an expression of a new kind, ${nameOf(id)}`);
    if (OPERANDS[kind].length === 0) return;
    const info = binaryen.getExpressionInfo(expression);
    for (const name of OPERANDS[kind]) {
      if (!(name in info)) throw new Error(`journal: the ${kind} of binaryen has no ${name}`);
      for (const operand of [info[name]].flat()) if (operand) walk(operand, within, visit);
    }
    visit(kind, info, expression);
  };

  const journal = ({ name, body }) =>
    walk(body, name, (kind, info, expression) => {
      if (kind === "MemoryFill" || kind === "MemoryCopy") {
        unused.delete(name);
        if (!(name in bulk)) throw new Error(`journal: ${name} has a ${kind}, which isn't logged`);
      }
      // Atomic ones are of locks, bells and phases: these are broken by the host, not undone.
      if (kind !== "Store" || info.isAtomic) return;
      const logger = `assembly/journal/${LOGGERS[info.bytes]}`;
      const operands = [info.ptr, module.i32.const(info.offset)];
      binaryen.Store.setPtr(expression, module.call(logger, operands, binaryen.i32));
    });

  // Fields are set through functions of their own: those that aren't journalled call copies of them.
  const plain = new Map();
  const spare = ({ name, body }) =>
    walk(body, name, (kind, info, expression) => {
      if (kind !== "Call" || !info.target.includes("#set:") || entryOf(info.target)) return;
      if (!plain.has(info.target)) copy(info.target);
      binaryen.Call.setTarget(expression, plain.get(info.target));
    });
  const copy = (target) => {
    const { params, results, vars, body } = binaryen.getFunctionInfo(module.getFunction(target));
    const name = `${target}~plain`;
    plain.set(target, name);
    const twin = module.addFunction(name, params, results, vars, module.copyExpression(body));
    spare(binaryen.getFunctionInfo(twin));
  };

  const functions = Array.from({ length: module.getNumFunctions() }, (_, index) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
  ).filter(({ body }) => body);
  for (const { name } of functions) unused.delete(entryOf(name));
  for (const one of functions) if (entryOf(one.name)) spare(one);
  for (const one of functions) if (!entryOf(one.name)) journal(one);
  if (unused.size > 0) throw new Error(`journal: the build has no ${[...unused].join(", ")}`);
  for (const logger of Object.values(LOGGERS)) module.removeExport(logger);
}

/** As asc wants it, which fills in `binaryen`. */
export class JournalTransform {
  afterCompile(module) {
    journalStores(this.binaryen, module);
  }
}

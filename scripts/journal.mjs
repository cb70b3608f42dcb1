// A pass of the compiler over the shared build: every store of the kernel tells the journal first
// (assembly/journal.ts), so that none can be forgotten. It runs before anything is optimised, while
// functions are still those of the sources; then the calls are inlined.
//
// The address `ptr` of each store becomes `journalled32(ptr, offset)`, which logs what is there and
// answers `ptr`. The value is computed after that, by code that may store too, even to the same
// place: its entries are later ones, are undone first, and the entry made here then brings back what
// was there before either. Every store has its own entry, made before it; so of several for a place
// the first was made before any store to it, and is undone last.

/** Not journalled: names of functions, or starts of names that end in "/". */
const EXCLUDED = {
  "assembly/journal/": "the journal itself",
  "assembly/panic/": "after a panic there is nothing to go back to",
  "assembly/riscv/": "machines and images, used outside the lock; what a machine did stays done",
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

  const journal = (expression, within) => {
    const id = binaryen.getExpressionId(expression);
    const kind = kinds.get(id);
    if (!kind) throw new Error(`journal: ${within} has an expression of unknown kind ${id}`);
    if (OPERANDS[kind].length === 0) return;
    const info = binaryen.getExpressionInfo(expression);
    for (const name of OPERANDS[kind]) {
      if (!(name in info)) throw new Error(`journal: the ${kind} of binaryen has no ${name}`);
      for (const operand of [info[name]].flat()) if (operand) journal(operand, within);
    }
    if (kind === "MemoryFill" || kind === "MemoryCopy") {
      unused.delete(within);
      if (!(within in bulk))
        throw new Error(`journal: ${within} has a ${kind}, which isn't logged`);
    }
    // Atomic ones are of locks, bells and phases: these are broken by the host, not undone.
    if (kind !== "Store" || info.isAtomic) return;
    const logger = `assembly/journal/${LOGGERS[info.bytes]}`;
    const operands = [info.ptr, module.i32.const(info.offset)];
    binaryen.Store.setPtr(expression, module.call(logger, operands, binaryen.i32));
  };

  for (let index = 0; index < module.getNumFunctions(); index++) {
    const { name, body } = binaryen.getFunctionInfo(module.getFunctionByIndex(index));
    const why = Object.keys(excluded).find(
      (of) => name === of || (of.endsWith("/") && name.startsWith(of)),
    );
    if (why) unused.delete(why);
    else if (body) journal(body, name);
  }
  if (unused.size > 0) throw new Error(`journal: nothing in ${[...unused].join(", ")} is compiled`);
  for (const logger of Object.values(LOGGERS)) module.removeExport(logger);
}

/** As asc wants it, which fills in `binaryen`. */
export class JournalTransform {
  afterCompile(module) {
    journalStores(this.binaryen, module);
  }
}

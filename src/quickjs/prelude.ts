// What each plugin runs first: its half of the conversation with session.ts. All that passes is text (data.ts), so
// that one function of the host is enough, and values are copied by code that the plugin pays for.
//
// It has its own copies of what it needs of the language: whatever a script puts in place of them, it talks nonsense
// to nobody but itself. So no method is called, and nothing spread or destructured as an array, in what runs later.

/** The functions of it that the host calls. */
export const ACTS = ["take", "fail", "adopt", "call", "define", "settle"] as const;
export type Act = (typeof ACTS)[number];

/**
 * Code that gives a function of the host's `host(id, text)`, and of the ids of a clock and of random numbers, or -1. To
 * ids below 0 the outcomes of promises are told. (QuickJS reads twice what is in brackets.)
 */
export const PRELUDE = `0, function (host, clock, random) {
"use strict";
const { parse, stringify } = JSON;
const { apply, construct, defineProperty } = Reflect;
const { keys, hasOwn, is } = Object;
const { isFinite } = Number;
const { slice } = String.prototype;
const { resolve, prototype: { then } } = Promise;
const Global = globalThis, Text = String, Whole = BigInt, Num = Number, Later = Promise, Plain = Error;
const evaluate = eval;
const natives = { __proto__: null, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };
const modules = [], waiting = { __proto__: null };
let promises = 0;

const rest = (text) => apply(slice, text, [1]);
const isObject = (value) => value !== null && (typeof value === "object" || typeof value === "function");
const isJson = (value) => {
  switch (typeof value) {
    case "number": return isFinite(value) && !is(value, -0);
    case "string": case "boolean": case "object": return true;
  }
  return false;
};
const encode = (value) => {
  if (isJson(value)) {
    const text = stringify(value);
    return text === undefined ? "u" : "j" + text;
  }
  if (typeof value === "number") return "n" + (is(value, -0) ? "-0" : value);
  return typeof value === "bigint" ? "b" + value : "u";
};
const decode = (text) => {
  switch (text[0]) {
    case "j": return parse(rest(text));
    case "n": return Num(rest(text));
    case "b": return Whole(rest(text));
  }
};
const pack = (list) => {
  let all = true;
  for (let i = 0; i < list.length; i++) all = all && isJson(list[i]);
  if (all) return "j" + stringify(list);
  for (let i = 0; i < list.length; i++) list[i] = encode(list[i]);
  return "t" + stringify(list);
};
const unpack = (text) => {
  const list = parse(rest(text));
  if (text[0] === "t") for (let i = 0; i < list.length; i++) list[i] = decode(list[i]);
  return list;
};

const textOf = (value) => {
  try { return value === undefined ? "" : Text(value); } catch { return ""; }
};
const describe = (thrown) => {
  let name, message, stack, value = "u";
  if (isObject(thrown)) try { ({ name, message, stack } = thrown); } catch {}
  if (!(thrown instanceof Plain)) try { value = encode(thrown); } catch {}
  if (message === undefined) message = isObject(thrown) ? rest(value) : thrown;
  const told = { name: textOf(name), message: textOf(message), stack: textOf(stack), value };
  return "e" + stringify(told);
};
const outcome = (act) => {
  try { return act(); } catch (error) { return describe(error); }
};
const later = (promise) => {
  const id = ++promises;
  const tell = (text) => { host(-id, text); };
  const given = (value) => tell(outcome(() => encode(value)));
  apply(then, apply(resolve, Later, [promise]), [given, (error) => tell(describe(error))]);
  return "p" + id;
};
const give = (value) => isObject(value) && typeof value.then === "function" ? later(value) : encode(value);

const arrive = (text) => {
  if (text[0] === "e") {
    const { name, message } = parse(rest(text));
    const error = new (natives[name] || Plain)(message);
    if (error.name !== name) defineProperty(error, "name", { value: name, configurable: true, writable: true });
    throw error;
  }
  if (text[0] !== "p") return decode(text);
  return new Later((yes, no) => { waiting[rest(text)] = { yes, no }; });
};
const hosted = (name, id) => ({ [name](...given) { return arrive(host(id, pack(given))); } })[name];
const put = (on, name, value) => {
  const given = { value, writable: true, configurable: true, enumerable: on !== Global };
  if (!defineProperty(on, name, given)) throw new Plain("can't define " + name);
};

const find = (name, isWord) => {
  for (let i = modules.length - 1; i >= 0; i--) if (hasOwn(modules[i], name)) return modules[i][name];
  if (Global[name] !== undefined || isWord === "") return Global[name];
  // What is declared by const, let or class is no property.
  try { return evaluate(name); } catch { return undefined; }
};
const keep = (module) => { put(modules, modules.length, module); };

if (random >= 0) Math.random = hosted("random", random);
if (clock >= 0) {
  const Real = Date, { toString } = Date.prototype;
  Real.now = hosted("now", clock);
  const { now } = Real;
  Global.Date = Real.prototype.constructor = new Proxy(Real, {
    construct: (of, given, by) => construct(of, given.length > 0 ? given : [now()], by),
    apply: () => apply(toString, new Real(now()), []),
  });
}

return {
  take: (value) => outcome(() => give(value)),
  fail: describe,
  adopt: (module) => outcome(() => {
    if (module instanceof Later) return later(apply(then, module, [keep]));
    keep(module);
    return "u";
  }),
  call: (name, isWord, given) => outcome(() => {
    const act = find(name, isWord);
    return typeof act === "function" ? give(apply(act, undefined, unpack(given))) : "m" + typeof act;
  }),
  define: (name, text) => outcome(() => {
    const ids = parse(text);
    if (typeof ids === "number") put(Global, name, hosted(name, ids));
    else {
      const members = {}, names = keys(ids);
      for (let i = 0; i < names.length; i++) put(members, names[i], hosted(names[i], ids[names[i]]));
      put(Global, name, members);
    }
    return "u";
  }),
  settle: (id, text) => {
    const { yes, no } = waiting[id];
    delete waiting[id];
    try { yes(arrive(text)); } catch (error) { no(error); }
    return "u";
  },
};
}`;

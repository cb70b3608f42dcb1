// Plugins in JavaScript: what goes in and comes out.

import { describe, expect, test } from "vitest";
import { createKernel, OptionError, RescindedError, StateError } from "../src/index.js";
import { createQuickJS, ScriptError } from "../src/quickjs/index.js";
import { failure, plugin } from "./plugins.js";
import { balanced } from "./wasm/plugin.js";

describe("eval gives plain data", () => {
  test.each([
    ["1 + 1", 2],
    ["'a\\0b\\ud800\\u{1f600}'", "a\0b\ud800\u{1f600}"],
    ["'\\ufeffbom'", "\ufeffbom"],
    ["0 / 0", Number.NaN],
    ["-0", -0],
    ["-1 / 0", Number.NEGATIVE_INFINITY],
    ["2n ** 70n", 2n ** 70n],
    ["null", null],
    ["undefined", undefined],
    ["(() => 1)", undefined],
    ["Symbol('x')", undefined],
    ["({ a: [1, { b: true }], n: NaN, f() {} })", { a: [1, { b: true }], n: null }],
    ["new Date(0)", "1970-01-01T00:00:00.000Z"],
    ["new Proxy({ a: 1 }, { get: (of, name) => of[name] + 1 })", { a: 2 }],
    ["({ get a() { return 'got' } })", { a: "got" }],
    ["Promise.resolve(7)", 7],
    ["(async () => { await 1; return [await 2] })()", [2]],
    ["({ then(resolve) { resolve('thenable') } })", "thenable"],
  ])("%s", async (code, value) => {
    const { js, world } = await plugin();
    expect(await js.eval(code)).toEqual(value);
    balanced(world);
  });

  test("names like __proto__ are data, and change no prototype", async () => {
    const { js } = await plugin();
    const value = await js.eval("({ ['__proto__']: { isAdmin: true }, constructor: 1 })");
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value as object)).toEqual(["__proto__", "constructor"]);
    expect((value as { isAdmin?: unknown }).isAdmin).toBeUndefined();
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });

  test.each([
    ["let a = {}; a.a = a; a", "TypeError: circular reference"],
    ["({ get a() { throw new RangeError('no') } })", "RangeError: no"],
    ["({ big: 1n })", /BigInt/],
    ["new Proxy({}, { ownKeys() { throw new Error('trap') } })", "Error: trap"],
  ])("or is an error of the script: %s", async (code, message) => {
    const { js } = await plugin();
    const error = await failure(js.eval(code));
    expect(error).toBeInstanceOf(ScriptError);
    expect(error.message).toMatch(message);
    expect(await js.eval("1")).toBe(1);
  });
});

describe("errors of the script", () => {
  test("have name, message and places", async () => {
    const { js } = await plugin();
    const code =
      "class Mine extends TypeError { name = 'Mine' }\nfunction f() { throw new Mine('no') }\nf()";
    const error = (await failure(js.eval(code, { file: "some.js" }))) as ScriptError;
    expect(error).toMatchObject({ code: "SCRIPT_ERROR", name: "ScriptError", message: "Mine: no" });
    expect(error.script).toMatchObject({ name: "Mine", message: "no" });
    expect(error.script.stack).toMatch(/at f \(some\.js:2/);
    expect(error.thrown).toBeUndefined();
  });

  test.each([
    ["throw { code: 3 }", '{"code":3}', { code: 3 }],
    ["throw 5n", "5", 5n],
    ["throw null", "null", null],
    ["throw Symbol('s')", "Symbol(s)", undefined],
    ["throw { get message() { throw 1 }, toString() { throw 2 } }", "", undefined],
    ["Promise.reject('later')", "later", "later"],
  ])("%s", async (code, message, thrown) => {
    const { js } = await plugin();
    const error = (await failure(js.eval(code))) as ScriptError;
    expect(error).toBeInstanceOf(ScriptError);
    expect([error.message, error.thrown]).toEqual([message, thrown]);
  });

  test("of its syntax, and of modules that it may not import", async () => {
    const { js } = await plugin();
    expect((await failure(js.eval("let let"))).message).toMatch(/^SyntaxError: /);
    for (const code of ["import('fs').then(() => 1)", "import('./x.js')"]) {
      expect((await failure(js.eval(code))).message).toMatch(/^ReferenceError: there is no module/);
    }
    const wrong = js.eval("import { x } from 'fs'", { module: true });
    expect(await failure(wrong)).toMatchObject({
      message: 'ReferenceError: there is no module "fs"',
    });
    expect(await js.eval("'still there'")).toBe("still there");
  });

  test("whatever a script has put in place of the language's own", async () => {
    const { js } = await plugin();
    js.expose("double", (n: number) => n * 2);
    await js.eval(`function twice(n) { return double(double(n)) }
      for (const of of [Array, Object, String, Promise, Map, Function, RegExp, Number]) {
        for (const name of Object.getOwnPropertyNames(of.prototype)) {
          try { of.prototype[name] = () => { throw "spoilt" } } catch {}
        }
      }
      Array.prototype[Symbol.iterator] = undefined;
      JSON.stringify = JSON.parse = Object.keys = Reflect.apply = Promise.resolve = undefined;`);
    expect(await js.eval("({ a: [1, 2n === 2n] })")).toEqual({ a: [1, true] });
    expect(await js.call("twice", 4)).toBe(16);
    expect((await failure(js.eval("null.x"))).message).toMatch(/^TypeError: /);
  });
});

describe("call", () => {
  test("of globals, lexical ones too, and of what modules export", async () => {
    const { js } = await plugin();
    await js.eval("function f(a, b) { return [a, b, arguments.length] } const g = (n) => n + 1;");
    expect(await js.call("f", 1, { x: ["y"] })).toEqual([1, { x: ["y"] }, 2]);
    expect(await js.call("g", 2)).toBe(3);
    await js.eval("export const f = async (n) => n * 2; export default (n) => n * 3", {
      module: true,
    });
    expect(await js.call("f", 5)).toBe(10);
    expect(await js.call("default", 5)).toBe(15);
    await js.eval("await null; export const f = () => 'latest'", { module: true });
    expect(await js.call("f")).toBe("latest");
  });

  test("takes plain data", async () => {
    const { js } = await plugin();
    await js.eval("const show = (v) => Object.is(v, -0) ? 'minus' : typeof v + ' ' + String(v)");
    const shown = [];
    for (const given of [undefined, null, Number.NaN, -0, 5n, "a\0\ud800", true, [1, [2]]]) {
      shown.push(await js.call("show", given));
    }
    expect(shown).toEqual([
      ...["undefined undefined", "object null", "number NaN", "minus", "bigint 5"],
      ...["string a\0\ud800", "boolean true", "object 1,2"],
    ]);
    const loop: { loop?: object } = {};
    loop.loop = loop;
    for (const given of [() => 1, Symbol("x"), { big: 1n }, loop]) {
      expect(await failure(js.call("show", given))).toBeInstanceOf(OptionError);
    }
  });

  test("of what is no function: an error", async () => {
    const { js } = await plugin({ name: "shop" });
    await js.eval("globalThis.three = 3");
    for (const name of ["nope", "three", "a b", "this", "", "eval('1')", "__proto__"]) {
      const error = await failure(js.call(name));
      expect(error).toBeInstanceOf(OptionError);
      expect(error.message).toMatch(
        `call: found no function ${JSON.stringify(name)} in plugin shop`,
      );
    }
    expect(() => js.callNow("nope")).toThrow(OptionError);
  });

  test("promises that nothing can settle are an error, not for ever", async () => {
    const { js } = await plugin();
    const error = await failure(js.eval("new Promise(() => {})"));
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toMatch("eval: its promise is pending, and nothing is under way");
    const first = js.eval("new Promise((resolve) => { globalThis.finish = resolve })");
    const [value] = await Promise.all([first, js.call("finish", "by the second")]);
    expect(value).toBe("by the second");
  });
});

describe("functions of the host", () => {
  test("take and give plain data; what they throw is thrown there", async () => {
    const { js, world } = await plugin();
    const seen: unknown[] = [];
    js.expose("log", (...given) => seen.push(...given));
    js.expose("host", {
      fail() {
        throw new TypeError("not you");
      },
      odd: () => Symbol("x"),
      own() {
        throw Object.assign(new Error("mine"), { name: "OwnError" });
      },
    });
    expect(await js.eval("log(1, undefined, { a: [2n === 2n] }, 7n, NaN)")).toBe(5);
    expect(seen).toEqual([1, undefined, { a: [true] }, 7n, Number.NaN]);
    const caught = `(() => { try { host.NAME() } catch (e) { return [e instanceof TypeError, String(e)] } })()`;
    expect(await js.eval(caught.replace("NAME", "fail"))).toEqual([true, "TypeError: not you"]);
    expect(await js.eval(caught.replace("NAME", "own"))).toEqual([false, "OwnError: mine"]);
    expect(await js.eval(caught.replace("NAME", "odd"))).toEqual([
      false,
      "OptionError: what it returned: found Symbol(x), expected plain data",
    ]);
    const error = (await failure(js.eval("host.fail()"))) as ScriptError;
    expect(error.script).toMatchObject({ name: "TypeError", message: "not you" });
    expect(error.script.stack).not.toMatch(/quickjs\.test|session/);
    expect(await js.eval("[log.name, host.fail.name]")).toEqual(["log", "fail"]);
    balanced(world);
  });

  test("that promise: the script has a promise", async () => {
    const { js, world } = await plugin();
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    js.expose("later", async (value: unknown) => {
      await wait(1);
      if (value === "no") throw new RangeError("refused");
      return { value };
    });
    const both = "Promise.all([later(1), later('two')])";
    expect(await js.eval(both)).toEqual([{ value: 1 }, { value: "two" }]);
    expect(await js.eval("later('no').catch((e) => e instanceof RangeError && e.message)")).toBe(
      "refused",
    );
    expect((await failure(js.eval("later('no')"))).message).toBe("RangeError: refused");
    // Two of the host's calls wait at once, and one ends before the other.
    const slow = js.eval("later(1).then(() => later(2)).then(() => 'slow')");
    expect(await js.eval("later(3).then(() => 'quick')")).toBe("quick");
    expect(await slow).toBe("slow");
    balanced(world);
  });

  test("call the plugin in turn, by callNow; call waits for its turn", async () => {
    const { js, world } = await plugin();
    const order: unknown[] = [];
    js.expose("back", (n: number) => {
      void js.call("note", "queued").then((value) => order.push(value));
      return n === 0 ? "end" : js.callNow("down", n - 1);
    });
    js.expose("later", () => js.callNow("promised"));
    js.expose("failing", () => js.callNow("fails"));
    await js.eval(`const down = (n) => [n, back(n)], note = (x) => x;
      const promised = async () => 1, fails = () => { throw new RangeError("inner") };`);
    expect(await js.call("down", 3)).toEqual([3, [2, [1, [0, "end"]]]]);
    await js.eval("1");
    expect(order).toEqual(["queued", "queued", "queued", "queued"]);
    expect((await failure(js.eval("later()"))).message).toMatch(
      "callNow: promised answered with a promise, expected a value; use call",
    );
    expect((await failure(js.eval("failing()"))).message).toBe("RangeError: inner");
    expect(js.callNow("note", "from outside")).toBe("from outside");
    balanced(world);
  });

  test("refused", async () => {
    const { js } = await plugin();
    const wrong = (name: unknown, value: unknown) => () =>
      js.expose(name as string, value as never);
    expect(wrong("", () => 1)).toThrow(OptionError);
    expect(wrong(3, () => 1)).toThrow(OptionError);
    expect(wrong("x", 3)).toThrow(
      "expose x: found 3, expected a function, or an object of functions",
    );
    expect(wrong("x", null)).toThrow(OptionError);
    expect(wrong("x", {})).toThrow(OptionError);
    expect(wrong("x", { a: 1 })).toThrow(OptionError);
    expect(await js.eval("typeof x")).toBe("undefined");
  });
});

describe("options", () => {
  test("modules: what it may import", async () => {
    const modules = {
      util: "import { one } from './lib/one.js'; export const two = one + one;",
      "lib/one.js": "export const one = 1;",
    };
    const { js } = await plugin({ modules: { ...modules, "main.js": "export * from 'util'" } });
    await js.eval("import { two } from 'util'; globalThis.two = two", { module: true });
    expect(await js.eval("two")).toBe(2);
    expect(await js.eval("import('main.js').then((m) => m.two)")).toBe(2);
    expect((await failure(js.eval("import('toString')"))).message).toMatch("there is no module");
  });

  test("clock and random: all that enters but time zones", async () => {
    let time = 1_000;
    const numbers = [0.25, 0.5];
    const random = () => numbers.shift() ?? 0;
    const { js } = await plugin({ clock: () => time++, random });
    expect(await js.eval("[Date.now(), +new Date(), new Date().getTime()]")).toEqual([
      1_000, 1_001, 1_002,
    ]);
    expect(await js.eval("[Math.random(), Math.random(), new Date(5).getTime()]")).toEqual([
      0.25, 0.5, 5,
    ]);
    expect(
      await js.eval(`class Day extends Date {}
      [typeof Date(), new Day() instanceof Date, new Date() instanceof Date, Date.UTC(1970, 0),
        new Date().constructor === Date, Date.name, new Day(7).getTime()]`),
    ).toEqual(["string", true, true, 0, true, "Date", 7]);
  });

  test("refused: nothing is kept", async () => {
    const kernel = createKernel({ nodes: 64 });
    const meter = kernel.primeMeter;
    const { nodes } = kernel.check();
    const asynchronous = { type: "async" } as never;
    for (const [options, message] of [
      [{}, "meter: found undefined"],
      [{ meter, name: "" }, "name: found"],
      [{ meter, memory: 1000 }, "memory: found 1000, expected a whole number from 16777216"],
      [{ meter, memory: "64m" }, "memory: found"],
      [{ meter, modules: { a: 1 } }, 'modules: found 1 for "a", expected its code'],
      [{ meter, modules: null }, "modules: found null"],
      [{ meter, clock: 3 }, "clock: found 3, expected a function"],
      [{ meter, random: "x" }, "random: found"],
      [{ meter, wasm: "file.wasm" }, "wasm: found"],
      [{ meter, variant: asynchronous }, "variant: expected one that is not asynchronous"],
      [{ meter, imports: {} }, 'createQuickJS: no option "imports"'],
      [undefined, "createQuickJS: found undefined, expected an object"],
    ] as const) {
      const error = await failure(createQuickJS(kernel, options as never));
      expect(error).toBeInstanceOf(OptionError);
      expect(error.message).toMatch(message);
    }
    const error = await failure(createQuickJS({} as never, { meter }));
    expect(error.message).toBe("createQuickJS: found an object, expected a kernel");
    expect(kernel.check().nodes).toBe(nodes);
    expect([...kernel.domains()]).toEqual([]);
  });

  test("of eval, refused", async () => {
    const { js } = await plugin();
    expect(await failure(js.eval(3 as never))).toBeInstanceOf(OptionError);
    expect(await failure(js.eval("1", { type: "module" } as never))).toBeInstanceOf(OptionError);
    expect(await failure(js.eval("1", { module: "x" } as never))).toBeInstanceOf(OptionError);
    expect(await failure(js.call(3 as never))).toBeInstanceOf(OptionError);
  });
});

describe("what is beneath", () => {
  test("context and runtime of quickjs-emscripten, metered", async () => {
    const { js, world } = await plugin();
    const before = js.domain.consumed;
    const value = js.context.unwrapResult(js.context.evalCode("globalThis.x = { y: 3 }; x.y"));
    expect(js.context.getNumber(value)).toBe(3);
    value.dispose();
    expect(js.domain.consumed).toBeGreaterThan(before + 10_000n);
    expect(await js.eval("x")).toEqual({ y: 3 });
    js.context.evalCode("Promise.resolve().then(() => { x.z = 1 })");
    expect(js.runtime.executePendingJobs().unwrap()).toBe(1);
    expect(await js.eval("x")).toEqual({ y: 3, z: 1 });
    balanced(world);
  });

  test("a rescinded domain: calls are rejected; reset makes another", async () => {
    const { js } = await plugin();
    js.domain.rescind();
    expect(await failure(js.eval("1"))).toBeInstanceOf(RescindedError);
    expect(await failure(js.eval("1"))).toBeInstanceOf(RescindedError);
    expect(() => js.callNow("f")).toThrow(RescindedError);
    await js.reset();
    expect(await js.eval("1")).toBe(1);
  });
});

// Plugins in JavaScript that mean harm: each ends by an error that has a name, and harms nobody.

import { describe, expect, test } from "vitest";
import { CapacityError, StateError } from "../src/index.js";
import { ScriptError } from "../src/quickjs/index.js";
import { failure, plugin } from "./plugins.js";
import { balanced } from "./wasm/plugin.js";

describe("recursion", () => {
  test.each([
    ["functions", "(function f() { return f() + 1 })()"],
    ["callbacks of builtins", "(function f() { return [1].map(f) })()"],
    ["comparing", "(function f() { return [2, 1].sort(f) })()"],
    ["replacing", "'a'.replace(/a/, function f() { return 'a'.replace(/a/, f) })"],
    ["getters", "({ get a() { return this.a } }).a"],
    ["a getter of the result", "({ get a() { return { b: this.a } } })"],
    ["proxies", "(function f() { return new Proxy({}, { get: f }).x })()"],
    ["classes", "new (class A { constructor() { new A() } })"],
    ["eval", "(globalThis.f = () => eval('f()'))()"],
    ["toString", "(() => { const o = {}; o.toString = () => '' + o; return '' + o })()"],
    ["generators", "[...(function* f() { yield* f() })()]"],
    [
      "nested arrays as a result",
      "(() => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a })()",
    ],
    [
      "nested objects as a result",
      "(() => { let a = {}; for (let i = 0; i < 1e5; i++) a = { a }; return a })()",
    ],
    ["JSON", "JSON.parse('['.repeat(1e5))"],
    ["a regex", "new RegExp('(?:'.repeat(1e5))"],
    ["signs in code", "eval('- '.repeat(1e5) + 1)"],
  ])("%s: an error of the script, which goes on", async (what, code) => {
    const { js, world } = await plugin();
    const error = await failure(js.eval(code));
    expect(error).toBeInstanceOf(ScriptError);
    expect(error.message).toMatch(/stack overflow/);
    expect(await js.eval(`try { ${code}; "none" } catch (e) { e.message }`)).toMatch(
      what.endsWith("result") ? "none" : "stack overflow",
    );
    expect(await js.eval("1 + 1")).toBe(2);
    balanced(world);
  });

  test("deeper than the host's stack: the plugin has ended", async () => {
    const { js, world } = await plugin();
    js.runtime.setMaxStackSize(2 ** 22);
    const said: string[] = [];
    js.expose("say", (what: string) => said.push(what));
    const code = "try { eval('('.repeat(1e5)) } catch { say('caught') } finally { say('finally') }";
    const error = await failure(js.eval(code));
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toBe("plugin js nests deeper than the host's stack: it has ended");
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(said).toEqual([]);
    expect(await failure(js.eval("1"))).toBeInstanceOf(StateError);
    await js.reset();
    expect(await js.eval("1")).toBe(1);
    expect(world.kernel.check().findings).toEqual([]);
  });

  test("brackets in code: how deep depends on the engine", async () => {
    const { js } = await plugin();
    expect((await failure(js.eval("eval('('.repeat(1e5))"))).message).toMatch(/stack/);
  });

  test("between the plugin and its host", async () => {
    const { js, world } = await plugin();
    js.expose("ping", (n: number) => js.callNow("pong", n));
    await js.eval("const pong = (n) => ping(n + 1)");
    const error = await failure(js.call("pong", 0));
    expect(error.message).toMatch(/stack/);
    if (error instanceof StateError) await js.reset();
    expect(await js.eval("1")).toBe(1);
    expect(world.kernel.check().findings).toEqual([]);
  });
});

describe("memory", () => {
  const memory = 2 ** 24;

  test.each([
    ["objects", "for (;;) kept.push({})"],
    ["texts", "let text = 'x'; for (;;) kept.push((text += text))"],
    ["an array", "new Array(2 ** 24).fill(1)"],
    ["bytes", "new Uint8Array(2 ** 30)"],
    ["many bytes", "for (;;) kept.push(new ArrayBuffer(2 ** 16))"],
    ["a text", "'x'.repeat(2 ** 28)"],
    ["functions", "for (let i = 0; ; i++) kept.push(new Function('return ' + i))"],
    ["promises", "for (;;) kept.push(new Promise(() => {}))"],
    ["a map", "const map = new Map(); kept.push(map); for (let i = 0; ; i++) map.set(i, {})"],
    ["groups of a regex", "/(?:(a)|b)*/.exec('ab'.repeat(2 ** 19))"],
  ])("%s: an error of the script, or its end, with a name", async (_, code) => {
    const { js, world } = await plugin({ memory });
    await js.eval("globalThis.kept = []");
    const error = await failure(js.eval(code));
    expect(error.message).toMatch(
      /^InternalError: (out of memory|string too long)|^RangeError: invalid|^null$|^plugin js has used all/,
    );
    expect(error).toBeInstanceOf(error.message.startsWith("plugin") ? CapacityError : ScriptError);
    // There may be no room for a word.
    await js.eval("globalThis.kept = undefined").catch(() => js.reset());
    expect(await js.eval("[1, { a: 'b' }]")).toEqual([1, { a: "b" }]);
    expect(world.kernel.check().findings).toEqual([]);
  });

  test("to the last byte: it ends by an error with a name, wherever that finds it", async () => {
    for (let left = 1; left < 400; left = left * 2 + 1) {
      const { js, world } = await plugin({ memory });
      js.expose("text", () => "x".repeat(100));
      await js.eval(`globalThis.kept = [];
        globalThis.fill = () => {
          for (let s = 2 ** 16; s >= 1; s /= 2) try { for (;;) kept.push("x".repeat(s) + s) } catch {}
        }`);
      const error = await failure(
        js.eval(`fill(); kept.length -= ${left}; text()`).then(() => js.eval("fill()")),
      );
      expect(error.name).toMatch(/^(ScriptError|CapacityError|StateError)$/);
      for (const act of [() => js.eval("1"), () => js.call("f", "x".repeat(2 ** 20))]) {
        expect((await failure(act())).name).toMatch(/^(ScriptError|CapacityError|StateError)$/);
      }
      balanced(world);
    }
  });

  test("that its host gives it: refused, nothing is harmed", async () => {
    const { js } = await plugin({ memory });
    const text = "x".repeat(2 ** 25);
    expect(await failure(js.eval(text))).toBeInstanceOf(CapacityError);
    expect((await failure(js.call("f", text))).message).toMatch(
      /^plugin js: no room for \d+ bytes; create it with more `memory`/,
    );
    js.expose("large", () => "x".repeat(2 ** 24));
    expect((await failure(js.eval("large()"))).message).toMatch(/memory/);
    expect(await js.eval("1")).toBe(1);
  });

  test("is its own: the next plugin has all of its", async () => {
    const { js, world } = await plugin({ memory });
    await failure(js.eval("globalThis.kept = []; for (;;) kept.push({})"));
    const next = await plugin({ memory }, world);
    expect(await next.js.eval("new Array(2 ** 16).fill(0).length")).toBe(2 ** 16);
  });
});

describe("giants", () => {
  test.each([
    ["new Array(2 ** 32 - 1).length", 2 ** 32 - 1],
    ["'x'.repeat(2 ** 20).length", 2 ** 20],
    ["Array.from({ length: 2 ** 16 }, (_, i) => i).reduce((a, b) => a + b)", 2147450880],
  ])("%s", async (code, value) => {
    const { js } = await plugin();
    expect(await js.eval(code)).toBe(value);
  });

  test("an array of nothing as a result", async () => {
    const { js, world } = await plugin({ memory: 2 ** 24 });
    const error = await failure(js.eval("new Array(2 ** 32 - 1)"));
    expect(error).toBeInstanceOf(ScriptError);
    expect(await js.eval("1")).toBe(1);
    balanced(world);
  });
});

describe("what is thrown at the host", () => {
  test("answers to functions of the host that it does not have", async () => {
    const { js } = await plugin();
    let calls = 0;
    js.expose("act", () => ++calls);
    const names = "Object.getOwnPropertyNames(globalThis)";
    expect(
      await js.eval(`${names}.filter((name) => /host|primemeter|settle/i.test(name))`),
    ).toEqual([]);
    expect(await js.eval("act.toString().length > 0 && act()")).toBe(1);
    expect(
      await js.eval("[act.caller, act.arguments].every((x) => x === undefined)").catch(() => true),
    ).toBe(true);
    await js.eval("try { Reflect.construct(act, [], Array) } catch {}");
    expect(await js.eval("act.call(null) && act.apply({}, [1, 2]) && act.bind(1)()")).toBe(4);
  });

  test("promises that settle twice, thenables that lie", async () => {
    const { js, world } = await plugin();
    js.expose("later", async (n: unknown) => n);
    expect(await js.eval("({ then(a, b) { a(1); a(2); b(3); throw 4 } })")).toBe(1);
    expect((await failure(js.eval("({ get then() { throw new Error('lie') } })"))).message).toBe(
      "Error: lie",
    );
    expect(await js.eval("later(1).then(() => ({ then: (a) => a(later(2)) }))")).toBe(2);
    expect(await js.eval("Promise.prototype.then = () => { throw 1 }; later(7)")).toBe(7);
    balanced(world);
  });

  test("a frozen world", async () => {
    const { js } = await plugin();
    await js.eval("Object.freeze(globalThis)");
    js.expose("late", () => 1);
    expect((await failure(js.eval("1"))).message).toBe("Error: can't define late");
    expect(await js.eval("typeof late")).toBe("undefined");
  });
});

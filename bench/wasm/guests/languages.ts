// Interpreters of languages: programs that run programs.

import type QuickJSCore from "quickjs-emscripten-core";
import { freshImport, freshRequire } from "../fresh.js";
import { checksum, type Guest } from "../guest.js";

const QUICKJS = "@jitl/quickjs-wasmfile-release-sync";

const SIEVE_JS = `{
  const rows = [];
  for (let n = 0; n < 60; n++) {
    const composite = new Uint8Array(4000);
    let count = 0;
    for (let i = 2; i < 4000; i++) {
      if (composite[i]) continue;
      count++;
      for (let j = i * i; j < 4000; j += i) composite[j] = 1;
    }
    const words = ("lorem ipsum " + n + " dolor sit amet").split(" ");
    const map = new Map(words.map((word, i) => [word, { i, word: word.replace(/[aeiou]/g, "*") }]));
    rows.push({ count, words: [...map.values()].sort((a, b) => (a.word < b.word ? -1 : 1)) });
  }
  JSON.stringify(rows);
}`;

export const quickjs: Guest = {
  name: "quickjs",
  producer: "Emscripten, C",
  modules: [`${QUICKJS}/dist/emscripten-module.wasm`],
  async load() {
    const core: typeof QuickJSCore = freshRequire("quickjs-emscripten-core");
    const { default: variant } = freshRequire(QUICKJS);
    const emscripten = freshRequire(`${QUICKJS}/emscripten-module`);
    const module = await core.newQuickJSWASMModuleFromVariant({
      ...variant,
      importModuleLoader: async () => emscripten.default ?? emscripten,
    });
    return () => {
      const context = module.newContext();
      try {
        let sum = 0;
        for (let turn = 0; turn < TURNS.quickjs; turn++) {
          const result = context.unwrapResult(context.evalCode(SIEVE_JS));
          sum = (sum * 31 + checksum(context.getString(result))) % 2 ** 32;
          result.dispose();
        }
        return sum;
      } finally {
        context.dispose();
      }
    };
  },
};

const SIEVE_LUA = `
  local total = 0
  for n = 1, 800 do
    local composite, words = {}, {}
    for i = 2, 4000 do
      if not composite[i] then
        total = total + i
        for j = i * i, 4000, i do composite[j] = true end
      end
    end
    for word in ("lorem ipsum dolor sit amet " .. n):gmatch("%a+") do
      words[#words + 1] = word:gsub("[aeiou]", "*"):upper()
    end
    table.sort(words)
    total = total + #table.concat(words, " ")
  end
  return total
`;

export const lua: Guest = {
  name: "lua",
  producer: "Emscripten, C with setjmp",
  modules: ["wasmoon/dist/glue.wasm"],
  async load() {
    const { LuaFactory } = freshRequire("wasmoon");
    const engine = await new LuaFactory().createEngine();
    return () => engine.doStringSync(SIEVE_LUA);
  },
};

const MICROPYTHON = "@micropython/micropython-webassembly-pyscript";

const SIEVE_PYTHON = `
total = 0
for n in range(6):
    composite = bytearray(4000)
    for i in range(2, 4000):
        if not composite[i]:
            total += i
            for j in range(i * i, 4000, i):
                composite[j] = 1
    words = sorted(word.upper() for word in ("lorem ipsum dolor sit amet %d" % n).split())
    total += len(" ".join(words)) + sum({k: len(k) for k in words}.values())
`;

export const micropython: Guest = {
  name: "micropython",
  producer: "Emscripten, C",
  modules: [`${MICROPYTHON}/micropython.wasm`],
  async load() {
    const { loadMicroPython } = await freshImport(`${MICROPYTHON}/micropython.mjs`);
    const python = await loadMicroPython({ heapsize: 4 << 20 });
    let own = taken();
    return () => {
      Object.assign(globalThis, own);
      let sum = 0;
      for (let turn = 0; turn < TURNS.micropython; turn++) {
        python.runPython(SIEVE_PYTHON);
        sum += python.globals.get("total");
      }
      own = taken();
      return sum;
    };
  },
};

/** Its glue keeps what is of one instance in globals: they change hands. */
function taken(): object {
  const names = Object.keys(globalThis).filter((name) => /^(proxy_js_|pyProxy|Module$)/.test(name));
  return Object.fromEntries(names.map((name) => [name, Reflect.get(globalThis, name)]));
}

/** How often a program is run: some 0.3 s together. */
const TURNS = { quickjs: 8, micropython: 8 };

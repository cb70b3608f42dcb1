// Programs that people run by themselves: a database, a bundler, parsers, a renderer.

import { bytesOf, fileOf, freshImport, freshRequire } from "../fresh.js";
import { checksum, dice, type Guest, prose } from "../guest.js";

export const sqlite: Guest = {
  name: "sqlite",
  producer: "Emscripten, C",
  modules: ["sql.js/dist/sql-wasm.wasm"],
  async load() {
    const { Database } = await freshRequire("sql.js")();
    return () => {
      const database = withoutChance(() => new Database());
      try {
        const roll = dice(7);
        database.run("create table t (id integer primary key, name text, size integer); begin");
        const insert = database.prepare("insert into t (name, size) values (?, ?)");
        for (let row = 0; row < 40_000; row++) insert.run([`name ${roll(20_000)}`, roll(100_000)]);
        insert.free();
        database.run("commit; create index by_name on t (name)");
        const rows = database.exec(
          `select a.name, count(*), sum(b.size) from t a join t b on b.name = a.name
           where a.size % 7 < 4 group by a.name order by 3 desc, 1 limit 500`,
        );
        return checksum(JSON.stringify(rows));
      } finally {
        database.close();
      }
    };
  },
};

/** It chooses the name of a file, whose length matters to the count. */
function withoutChance<T>(act: () => T): T {
  const { random } = Math;
  Math.random = () => 0.5;
  try {
    return act();
  } finally {
    Math.random = random;
  }
}

export const esbuild: Guest = {
  name: "esbuild",
  producer: "Go",
  modules: ["esbuild-wasm/esbuild.wasm"],
  async load() {
    const { initialize, transform } = freshRequire("esbuild-wasm/lib/browser.js");
    const wasmModule = new WebAssembly.Module(bytesOf("esbuild-wasm/esbuild.wasm") as BufferSource);
    // It goes on to look there for `crypto` and others.
    Object.assign(globalThis, { self: globalThis.self ?? globalThis });
    await initialize({ wasmModule, worker: false });
    const source = Buffer.from(bytesOf("esbuild-wasm/wasm_exec.js")).toString();
    return async () => {
      let code = "";
      for (let turn = 0; turn < 20; turn++) {
        code += (await transform(source, { minify: true, target: "es2017" })).code;
      }
      return checksum(code);
    };
  },
};

export const oniguruma: Guest = {
  name: "oniguruma",
  producer: "Emscripten, C",
  modules: ["vscode-oniguruma/release/onig.wasm"],
  async load() {
    const { loadWASM, OnigScanner, OnigString } = freshRequire("vscode-oniguruma");
    await loadWASM({ data: bytesOf("vscode-oniguruma/release/onig.wasm") });
    const patterns = ["(?<a>[a-z]+)o(?=n)", "\\b(ka|ro)+\\b", "(?i:ver.*?da)", "[.]\\s*$"];
    const scanner = new OnigScanner(patterns);
    const lines = prose(1_200_000).split("\n");
    return () => {
      let sum = 0;
      for (const line of lines) {
        const text = new OnigString(line);
        for (let at = 0; at <= line.length; ) {
          const match = scanner.findNextMatchSync(text, at);
          if (!match) break;
          const { start, end } = match.captureIndices[0];
          sum = (sum + match.index * 31 + start + end * 7) | 0;
          at = Math.max(end, at + 1);
        }
        text.dispose();
      }
      return sum;
    };
  },
};

const TREE_SITTER = "@vscode/tree-sitter-wasm/wasm";

export const treeSitter: Guest = {
  name: "tree-sitter",
  producer: "Emscripten, C, with a side module",
  modules: [`${TREE_SITTER}/tree-sitter.wasm`, `${TREE_SITTER}/tree-sitter-javascript.wasm`],
  async load() {
    const { Parser, Language } = freshRequire("@vscode/tree-sitter-wasm");
    await Parser.init({ locateFile: (name: string) => fileOf(`${TREE_SITTER}/${name}`) });
    const parser = new Parser();
    parser.setLanguage(await Language.load(bytesOf(`${TREE_SITTER}/tree-sitter-javascript.wasm`)));
    const source = Buffer.from(bytesOf("esbuild-wasm/esm/browser.js")).toString();
    return () => {
      let sum = 0;
      for (let turn = 0; turn < 4; turn++) {
        const tree = parser.parse(source.slice(0, source.length - turn));
        sum ^= checksum(tree.rootNode.toString());
        tree.delete();
      }
      return sum;
    };
  },
};

export const resvg: Guest = {
  name: "resvg",
  producer: "Rust, wasm-bindgen",
  modules: ["@resvg/resvg-wasm/index_bg.wasm"],
  async load() {
    const { initWasm, Resvg } = await freshImport("@resvg/resvg-wasm/index.mjs");
    await initWasm(bytesOf("@resvg/resvg-wasm/index_bg.wasm"));
    const svg = drawing();
    return () => {
      const resvg = new Resvg(svg);
      const image = resvg.render();
      const sum = checksum(image.pixels);
      image.free();
      resvg.free();
      return sum;
    };
  },
};

function drawing(): string {
  const roll = dice(11);
  const shapes = Array.from({ length: 12 }, (_, at) => {
    const points = Array.from({ length: 8 }, () => `${roll(160)} ${roll(160)}`).join(" T ");
    const fill = `rgb(${roll(256)},${roll(256)},${roll(256)})`;
    return `<path d="M ${points} Z" fill="${fill}" opacity="0.${1 + (at % 9)}" stroke="url(#g)"/>`;
  });
  const stops = `<stop offset="0" stop-color="red"/><stop offset="1" stop-color="blue"/>`;
  const gradient = `<linearGradient id="g">${stops}</linearGradient>`;
  const blur = `<filter id="b"><feGaussianBlur stdDeviation="3"/></filter>`;
  const body = `<g filter="url(#b)">${shapes.slice(0, 3).join("")}</g>${shapes.join("")}`;
  const frame = `xmlns="http://www.w3.org/2000/svg" width="160" height="160"`;
  return `<svg ${frame}><defs>${gradient}${blur}</defs>${body}</svg>`;
}

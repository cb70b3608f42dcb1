// Compression and hashes: long loops over memory.

import { bytesOf, freshRequire, withSelf } from "../fresh.js";
import { type Checksum, checksum, type Guest, prose } from "../guest.js";

export const brotli: Guest = {
  name: "brotli",
  producer: "Rust, wasm-bindgen",
  modules: ["brotli-wasm/pkg.node/brotli_wasm_bg.wasm"],
  async load() {
    const { compress, decompress } = freshRequire("brotli-wasm");
    const input = Buffer.from(prose(150_000));
    return () => {
      const small: Uint8Array = compress(input, { quality: 9 });
      let sum = checksum(small);
      for (let turn = 0; turn < 70; turn++) sum ^= checksum(decompress(small).subarray(turn));
      return sum;
    };
  },
};

export const zstd: Guest = {
  name: "zstd",
  producer: "Emscripten, C",
  modules: ["@bokuweb/zstd-wasm/dist/common/zstd.wasm"],
  async load() {
    const { init, compress, decompress } = freshRequire("@bokuweb/zstd-wasm");
    await init();
    const input = Buffer.from(prose(1_000_000));
    return () => {
      const small: Uint8Array = compress(input, 12);
      return checksum(small) ^ checksum(decompress(small));
    };
  },
};

export const argon2: Guest = {
  name: "argon2",
  producer: "Emscripten, C",
  modules: ["argon2-browser/dist/argon2.wasm"],
  load: () => loadArgon2("argon2.wasm"),
};

export const argon2Simd: Guest = {
  name: "argon2-simd",
  producer: "Emscripten, C with SIMD",
  modules: ["argon2-browser/dist/argon2-simd.wasm"],
  load: () => loadArgon2("argon2-simd.wasm"),
};

/** The package looks for its bytes in a global: the one way to choose those for SIMD. */
async function loadArgon2(file: string): Promise<() => Promise<Checksum>> {
  const wasmBinary = bytesOf(`argon2-browser/dist/${file}`);
  return withSelf({ Module: { wasmBinary } }, async () => {
    const { hash, ArgonType } = freshRequire("argon2-browser");
    const options = { salt: "somesalt", time: 3, mem: 32 << 10, type: ArgonType.Argon2id };
    await hash({ ...options, mem: 64, pass: "first" });
    return async () => (await hash({ ...options, pass: "password" })).hashHex;
  });
}

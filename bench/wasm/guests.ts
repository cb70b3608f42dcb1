// The guests of the benches and tests, by several compilers.

import type { Guest } from "./guest.js";
import { argon2, argon2Simd, brotli, zstd } from "./guests/codecs.js";
import { lua, micropython, quickjs } from "./guests/languages.js";
import { esbuild, oniguruma, resvg, sqlite, treeSitter } from "./guests/tools.js";

export const GUESTS: readonly Guest[] = [
  quickjs,
  sqlite,
  brotli,
  argon2,
  argon2Simd,
  zstd,
  lua,
  micropython,
  oniguruma,
  treeSitter,
  resvg,
  esbuild,
];

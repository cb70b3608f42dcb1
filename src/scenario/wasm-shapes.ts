import { z } from "zod";
import { integer, text, U32 } from "./values.js";

// What a scenario file says of domains whose programs are modules of WebAssembly.

/** Infinite ones and `nan` are numbers, too. */
const value = z.custom<bigint | number>(
  (value) => typeof value === "bigint" || typeof value === "number",
  { error: "a number" },
);

export const wasmShape = {
  wasm: text,
  call: text,
  args: z.array(value, { error: "an array of numbers" }).optional(),
  times: integer(1, U32).optional(),
};

export const program = z.union([text, z.strictObject(wasmShape)], {
  error: 'the path of an ELF file, or a table such as { wasm = "plugin.wasm", call = "run" }',
});

/** Claims on what the latest call that came back has given. */
export const results = z.union([value, z.array(value)], {
  error: "a number, or an array of numbers",
});

// Modules from their text.

import wabt from "wabt";

const FEATURES = {
  ...{ exceptions: true, mutable_globals: true, sat_float_to_int: true, sign_extension: true },
  ...{ simd: true, threads: true, function_references: true, multi_value: true, tail_call: true },
  ...{ bulk_memory: true, reference_types: true, annotations: true, code_metadata: true },
  ...{ gc: true, memory64: true, multi_memory: true, extended_const: true, relaxed_simd: true },
};

const ready = wabt();

/** @throws {Error} for a text that is no module. */
export async function wat(text: string): Promise<Uint8Array> {
  const { parseWat } = await ready;
  const module = parseWat("test.wat", text, FEATURES);
  try {
    return module.toBinary({ write_debug_names: false }).buffer;
  } finally {
    module.destroy();
  }
}

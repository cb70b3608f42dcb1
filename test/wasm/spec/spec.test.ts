// The official test suite, as it is and metered: what the engine does with it must be the same.

import { describe, expect, test } from "vitest";
import { metered, plain } from "../../../bench/wasm/variants.js";
import { run } from "./runner.js";
import { type Group, suite } from "./suite.js";

const GROUPS: readonly Group[] = ["core", "simd", "new"];

describe.each(GROUPS)("the official suite, %s", (group) => {
  test.each(suite(group))("$name", (file) => {
    const before = run(file, plain);
    const after = run(file, metered());
    // What fails plain is a matter of the engine; metered, it must fail the same way.
    expect(after).toEqual(before);
  });
});

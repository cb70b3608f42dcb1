// The checker on a kernel with gates in all states, whole and damaged.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Damage, expectNamed } from "./damage/damage.js";
import { GATES } from "./damage/gates.js";
import { gateMixed } from "./gate-mixed.js";

const build = (name: string) => readFileSync(new URL(`../build/${name}.wasm`, import.meta.url));

describe("a kernel with gates", () => {
  test("has domains in all states of gates", () => {
    const { side } = gateMixed();
    const states = side.domains.map(({ name }, n) => `${name} ${side.state(n)}`);
    expect(states).toEqual(
      expect.arrayContaining([
        "free available",
        "busy ready",
        "popular available",
        "caller waiting",
        "stalled stalled",
        "another stalled",
        "fourth stalled",
        "kept waiting",
        "joiner waiting",
        "sleeper waiting",
      ]),
    );
    const place = side.domains.findIndex(({ name }) => name === "busy");
    expect(side.stallers(place)).toEqual(["stalled", "another"]);
  });

  test.each([
    ["one processor", { build: build("kernel.debug") }],
    ["simulated", { processors: 2, seed: 1, build: build("kernel.shared.debug") }],
  ])("is clean at every moment, %s", (_, options) => {
    const { side } = gateMixed(options);
    for (let moment = 0; moment < 300; moment++) {
      expect(side.kernel.check().findings).toEqual([]);
      side.run(7);
    }
  });
});

describe("a damaged store", () => {
  const mixed = gateMixed();
  const { side, bytes } = mixed;
  const whole = bytes.slice();

  test.each(GATES)("%s: %s", (invariant, _what, act) => {
    bytes.set(whole);
    expect(side.kernel.check().findings).toEqual([]);
    const where = act(new Damage(mixed), mixed);
    expectNamed(side.kernel.check(), invariant, where);
    bytes.set(whole);
  });
});

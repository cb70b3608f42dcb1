// Whatever is done to suspended guests and their meters: each call gives what it would have given undisturbed, for
// exactly as many cycles, and at any time all that ran is paid.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Guest, Keeper, Meter } from "../../src/index.js";
import { balanced, ran, tree } from "../wasm/plugin.js";
import { mixer, quiet } from "./suspended.js";

const GUESTS = 3;
const PLENTY = 10_000_000n;

const who = fc.nat(GUESTS - 1);
const act = fc.oneof(
  fc.record({ kind: fc.constant("call" as const), who, turns: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant("now" as const), who }),
  fc.record({ kind: fc.constantFrom("add" as const, "set" as const), cycles: fc.nat(3000) }),
  fc.record({ kind: fc.constantFrom("off" as const, "on" as const), isTenant: fc.boolean() }),
  fc.record({
    kind: fc.constantFrom("stop" as const, "start" as const, "unprepare" as const),
    who,
  }),
  fc.record({ kind: fc.constantFrom("recall" as const, "quiet" as const) }),
);
type Act = typeof act extends fc.Arbitrary<infer One> ? One : never;

/** Keepers, by what they do. */
const KEEPERS: Record<string, Keeper | undefined> = {
  none: undefined,
  "declines later": () => quiet().then(() => "decline"),
  "answers later": async ({ meter }) => {
    await undefined;
    if (!meter.isOff) meter.add(500n);
  },
  "answers at once, or not": ({ meter, time }) => {
    if (time % 2n === 0n) return "decline";
    meter.add(400n);
  },
};

function turn(meter: Meter, isOn: boolean): void {
  if (isOn && meter.isOff) meter.on(800n);
  else if (!isOn) meter.off();
}

test.each(Object.keys(KEEPERS))("guests under a keeper that %s", async (name) => {
  const property = async (acts: Act[], advance: bigint) => {
    const keeper = KEEPERS[name];
    const world = tree({ cycles: 500n, kernel: { advance }, ...(keeper && { keeper }) });
    const { tenant, plugin } = world;
    const guests: Guest[] = [];
    for (let i = 0; i < GUESTS; i++) guests.push(await mixer(world));
    const free = await mixer(tree({ cycles: PLENTY }), { suspend: false });
    const calls = guests.map((): Promise<unknown>[] => []);
    const expected = guests.map((): unknown[] => []);
    const counts = guests.map(() => 0n);
    const own = (i: number, turns: number) => {
      const before = ran(free);
      const result = free.callNow("mix", turns);
      counts[i]! += ran(free) - before;
      return result;
    };
    const perform = async (act: Act) => {
      if (act.kind === "quiet") await quiet();
      else if (act.kind === "recall") tenant.recall();
      else if (act.kind === "on" || act.kind === "off") {
        turn(act.isTenant ? tenant : plugin, act.kind === "on");
      } else if (act.kind === "add" || act.kind === "set") {
        if (!tenant.isOff) tenant[act.kind](BigInt(act.cycles));
      } else if (act.kind === "call") {
        calls[act.who]!.push(guests[act.who]!.call("mix", act.turns));
        expected[act.who]!.push(own(act.who, act.turns));
      } else if (act.kind === "now") {
        // None that is suspended; nor does one begin here that could run dry.
        const isBusy = calls[act.who]!.length > 0 || tenant.peek() < 3000n;
        if (!isBusy && guests[act.who]!.mayRun()) {
          expect(guests[act.who]!.callNow("mix", 10)).toBe(own(act.who, 10));
        }
      } else if ("who" in act) guests[act.who]!.domain[act.kind]();
    };
    for (const act of acts) {
      await perform(act);
      for (const { domain } of guests) expect(domain.state).not.toBe("running");
      balanced(world);
    }
    tenant.keeper = null;
    for (const meter of [tenant, plugin]) turn(meter, true);
    plugin.set(PLENTY);
    tenant.set(PLENTY);
    for (const { domain } of guests) domain.start();
    for (const [i, guest] of guests.entries()) {
      expect(await Promise.all(calls[i]!)).toEqual(expected[i]);
      expect(ran(guest)).toBe(counts[i]);
    }
    balanced(world);
  };
  const acts = fc.array(act, { maxLength: 40 });
  const advance = fc.constantFrom(1n, 10n, 100n, 1_000_000n);
  await fc.assert(fc.asyncProperty(acts, advance, property), { numRuns: 25 });
});

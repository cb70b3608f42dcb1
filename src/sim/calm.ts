// A calm: the host sets the prime meter to zero and does nothing but to answer keepers, until
// nobody has anything to do. Then nobody may be left who could go on: each domain must be parked,
// trapped, stopped or at its end, each for a reason that the model knows. Who is not was forgotten:
// a lost wake-up, a domain on no queue.

import { PRIME_INDEX } from "../../assembly/layout.js";
import { SimFailure } from "./failure.js";
import { ACTIVE, CALLING } from "./model.js";
import { Random } from "./random.js";
import type { World } from "./world.js";

/** Steps that a calm may take, for each node: a domain looks at each meter above a few times. */
const STEPS = 4000;

export function calm(world: World, seed: number): void {
  const { host, model } = world;
  const random = new Random(seed);
  const most = world.steps + STEPS * model.nodes;
  world.say?.(0, "begins a calm");
  while (!host.isFree && world.steps < most) stirs(world, random);
  const prime = model.handle(PRIME_INDEX);
  const keeper = model.keeper[PRIME_INDEX]!;
  let old = 0n;
  host.push(
    host.calls.kernel.go(Number.POSITIVE_INFINITY),
    host.calls.meters.setKeeper(prime, 0),
    host.calls.meters.set(prime, 0n, (counter) => {
      old = counter;
    }),
  );
  while (stirs(world, random)) {
    if (world.steps > most) {
      throw new SimFailure("restless", "a calm", `${STEPS * model.nodes} steps`, "an end");
    }
  }
  for (const domain of model.domains) checkStill(world, domain);
  world.check();
  host.push(host.calls.meters.set(prime, old), host.calls.meters.setKeeper(prime, keeper));
  world.say?.(0, "ends the calm");
}

/** Nobody is left who could go on, and all that was run was told, where slices are told. */
function checkStill({ model, judge, settings }: World, domain: number): void {
  const state = model.state[domain];
  const name = `domain ${domain}`;
  if (state === ACTIVE || state === CALLING) {
    const found = `it is ${model.stateName(domain)}, and all rest`;
    throw new SimFailure("stranded", name, found, "somebody to serve it");
  }
  const told = judge.told[domain]!;
  const ran = model.consumed[domain]!;
  if (settings.traced && told !== ran) {
    throw new SimFailure("event", name, `slices of ${told} cycles told`, `${ran}`);
  }
}

/** One step of somebody; false where nobody has anything to do. */
function stirs(world: World, random: Random): boolean {
  const { processors } = world.settings;
  const first = random.below(processors + 1);
  for (let n = 0; n <= processors; n++) {
    const who = (first + n) % (processors + 1);
    if (who === 0 ? !world.host.isFree : world.isAwake(who)) {
      world.do(who);
      return true;
    }
    if (who > 0 && world.isDead(who)) {
      world.do({ kind: "recover", a: who - 1, b: 0, c: 0 });
      if (!world.isDead(who)) return true;
    }
  }
  world.host.push(...world.host.keepers.answer(0, true));
  return !world.host.isFree;
}

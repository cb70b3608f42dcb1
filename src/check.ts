// The whole-store checker: compares all of linear memory with the invariants that assembly/ states
// where it declares its structures. Written from those, not from the kernel's code; changes nothing,
// and takes any memory whatever: what is malformed is a finding.
//
// With several processors it is asked while the host has the kernel lock and nobody is outside: caches
// and consumptions of who runs there change under its eyes, and so does his clock. Simulated, it may be
// asked between any two turns, whoever has the lock and whatever phase each is in: a turn ends with
// the store consistent, and who is outside then has paid for all that he ran.

import { checkClimbs } from "./check/climbs.js";
import { CoreStore } from "./check/core-store.js";
import { Findings } from "./check/findings.js";
import { checkFrames } from "./check/frames.js";
import { checkGates } from "./check/gates.js";
import { checkKeys } from "./check/keys.js";
import { checkLedger } from "./check/ledger.js";
import { checkNodes } from "./check/nodes.js";
import { checkObjects } from "./check/objects.js";
import { checkPages } from "./check/pages.js";
import { checkPools } from "./check/pools.js";
import { checkProcessors } from "./check/processors.js";
import { checkQueues } from "./check/queues.js";
import { checkRecords } from "./check/records.js";
import { checkResidence } from "./check/residence.js";
import { checkRings } from "./check/rings.js";
import { checkStates } from "./check/states.js";
import { Store } from "./check/store.js";
import { TimeStore } from "./check/time-store.js";
import { checkTimers } from "./check/timers.js";
import type { View } from "./view.js";

export interface CheckReport {
  /** Nothing was found. */
  readonly ok: boolean;
  /** The first 100 in full, "invariant: where: found …, expected …"; then how many more. */
  readonly findings: readonly string[];
  /** Nodes in use, and how many of them are meters and domains' roots. */
  readonly nodes: number;
  readonly meters: number;
  readonly domains: number;
}

/** `images`: the pages of the images that there are, where the caller knows. @internal */
export function checkStore(view: View, images?: ReadonlySet<number>): CheckReport {
  const findings = new Findings();
  const store = Store.open(view, findings);
  if (!store) return { ok: false, findings: findings.list(), nodes: 0, meters: 0, domains: 0 };
  const time = TimeStore.open(store);
  const core = CoreStore.open(store);
  const nodes = checkNodes(store);
  checkPools(store);
  checkKeys(store);
  checkRings(store);
  checkRecords(store);
  const meters = checkLedger(store, time);
  const queues = checkQueues(store, time);
  const domains = checkStates(store, queues);
  checkGates(store);
  checkObjects(store);
  checkProcessors(store);
  checkClimbs(store);
  if (time) checkTimers(time);
  const mapped = checkFrames(store, time, core);
  if (core && mapped) {
    checkPages(core, mapped, images);
    checkResidence(core, queues.asleep);
  }
  return { ok: findings.isEmpty, findings: findings.list(), nodes, meters, domains };
}

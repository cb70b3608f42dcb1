import { deny, type Keeper, perPeriod, refill } from "../index.js";
import type { KeeperPlan } from "./scenario.js";
import { given } from "./time.js";

/** The keeper that a scenario describes: `report` alone changes nothing, and so declines too. */
export function makeKeeper(plan: KeeperPlan): Keeper {
  const { refill: amount, "refill-storage": storage, times, period } = plan;
  if (amount === undefined && storage === undefined) return deny();
  if (period === undefined) return refill(given({ amount, storage, times }));
  return perPeriod(given({ amount, storage, period }));
}

import { deny, type Keeper, perPeriod, refill } from "../index.js";
import type { KeeperPlan } from "./scenario.js";

/** The keeper that a scenario describes: `report` alone changes nothing, and so declines too. */
export function makeKeeper({ refill: amount, times, period }: KeeperPlan): Keeper {
  if (amount === undefined) return deny();
  return period === undefined ? refill({ amount, times }) : perPeriod({ amount, period });
}

// Who is due: sleepers whose time has come, and stallers whom the worrier is to let go on. They become ready
// in the order of their times, before the slice that is served then ends; so it is the same however the
// time was cut up (R15).

import { control } from "./control";
import { me } from "./processor";
import { nextWake, wakeSleepers } from "./sleeper";
import { attend, nextWorry } from "./worrier";

/** Whether somebody is due by now. */
export function isDue(): bool {
  const now = me().time;
  // At the end of time, 2^64 − 1, nobody is due who is not there.
  if (control.sleepers != 0 && nextWake() <= now) return true;
  return control.worried != 0 && nextWorry() <= now;
}

/** Makes ready who is due by now. What takes several changes, or many at once, takes several calls. */
export function wakeDue(): void {
  const now = me().time;
  while (true) {
    const worry = nextWorry();
    const until = min(now, worry);
    if (control.sleepers != 0 && nextWake() <= until) wakeSleepers(until);
    else if (control.worried == 0 || worry > now || attend()) return;
    if (isDefined(SHARED)) return;
  }
}

// Alarms: acts of the host at cycles of the kernel's clock, in order of time, then of setting. Internal.

interface Alarm {
  readonly time: bigint;
  act: () => void;
}

export const NEVER = 1n << 64n;

export class Alarms {
  /** Called when one was set: a run may wait for nothing else. */
  onSet: () => void = () => {};
  readonly #alarms: Alarm[] = [];
  #fired = false;

  /** When the next one is due; later than any time with none. */
  get next(): bigint {
    return this.#alarms[0]?.time ?? NEVER;
  }

  /** Returns the function that takes it back. */
  set(time: bigint, act: () => void): () => void {
    const alarm: Alarm = { time, act };
    const place = this.#alarms.findIndex((alarm) => alarm.time > time);
    this.#alarms.splice(place < 0 ? this.#alarms.length : place, 0, alarm);
    this.onSet();
    return () => {
      // It may be among those that are just being fired.
      alarm.act = () => {};
      const index = this.#alarms.indexOf(alarm);
      if (index >= 0) this.#alarms.splice(index, 1);
    };
  }

  /** Resolves at a time; the code that awaits it runs before the kernel goes on. */
  promise(time: bigint): Promise<void> {
    return new Promise((resolve) => this.set(time, resolve));
  }

  /** Does all that is due at `now`, but not what they in turn set. One that throws is done with. */
  fire(now: bigint): void {
    if (this.next > now) return;
    this.#fired = true;
    const later = this.#alarms.findIndex(({ time }) => time > now);
    const due = this.#alarms.splice(0, later < 0 ? this.#alarms.length : later);
    try {
      for (let alarm = due.shift(); alarm; alarm = due.shift()) alarm.act();
    } finally {
      this.#alarms.unshift(...due);
    }
  }

  /** Whether one was fired since this was last asked. */
  takeFired(): boolean {
    const fired = this.#fired;
    this.#fired = false;
    return fired;
  }
}

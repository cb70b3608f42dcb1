import type { HostMessage } from "../index.js";

/** A message that a domain sent to the console of its scenario. */
export interface Told {
  readonly domain: string;
  readonly cycle: bigint;
  readonly order: number;
  readonly bytes: Uint8Array;
}

/** Messages that are kept: a domain may send any number. */
const MOST_TOLD = 100_000;

/** What domains tell through console keys: a host object that notes every message and answers 0. */
export class Console {
  readonly log: Told[] = [];
  onTold: (told: Told) => void = () => {};

  /** What its key invokes. */
  readonly take = ({ domain, time, order, string }: HostMessage): void => {
    const told = { domain: domain?.name ?? "operator", cycle: time, order, bytes: string.slice() };
    if (this.log.length < MOST_TOLD) this.log.push(told);
    this.onTold(told);
  };

  of(domain: string): Told[] {
    return this.log.filter((told) => told.domain === domain);
  }
}

import type { PartitionReport } from "../scenario/report.js";

/** How partitions stood at a time. */
export interface Sample {
  readonly cycle: bigint;
  readonly partitions: readonly PartitionReport[];
}

/** Of more, every other one is forgotten. */
const MOST = 2000;

/** Figures taken over a run, evenly, however long it takes. */
export class Samples {
  readonly all: Sample[] = [];
  #stride = 1;
  #seen = 0;

  take(sample: () => Sample): void {
    if (this.#seen++ % this.#stride !== 0) return;
    this.all.push(sample());
    if (this.all.length <= MOST) return;
    this.#stride *= 2;
    const kept = this.all.filter((_, index) => index % 2 === 0);
    this.all.splice(0, this.all.length, ...kept);
  }
}

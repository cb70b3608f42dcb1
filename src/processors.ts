// Those who run the domains of a kernel of several processors while the host conducts them. Internal.

export interface Processors {
  /** Resolves when they can be started. */
  load(): Promise<void>;
  /** @throws {StateError} where the host's thread must not `wait`. */
  mayWait(): void;
  /** There may be something to run, until `rest`. */
  start(): void;
  rest(): void;
  /** @throws {ProcessorError} where they can't go on. */
  check(): void;
  /** Whether there is anybody to run a processor, by index from 1. */
  has(index: number): boolean;
  /** Lets them run until the host's bell was rung after it had been `seen`, or for a short while. */
  wait(seen: number): void;
  /** The same for so many milliseconds at most; the event loop goes round where nobody has to run in it. */
  after(seen: number, milliseconds?: number): Promise<void>;
  /** Whatever was started is ended. */
  end(): void;
}

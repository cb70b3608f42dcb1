// The course of a transaction, while nobody is stopped: at which cycles of the clock it, or the bank for it,
// is between two instructions, and what it costs.

import { type Bank, type BankOptions, OTHERS, openBank, VICTIM } from "./bank.js";
import type { WayPlan } from "./way.js";

/** An instruction boundary of the caller's transaction. */
export interface Moment {
  /** On the kernel's clock. */
  readonly time: bigint;
  /** What the caller's meter has been charged by then. */
  readonly paid: bigint;
}

export interface Course {
  /** Cycles of the clock from where one transaction begins to where the next does, among the others. */
  readonly length: number;
  readonly moments: readonly Moment[];
  /** Cycles from the start until the others have all that they want. */
  readonly whole: bigint;
  /** What a transaction costs, all told: of one caller alone, and of one among others. */
  readonly cost: { readonly alone: number; readonly crowd: number };
}

/** Which transaction of the caller it is, from 1: none is cold any more, nobody at his end. */
const NUMBER = 3;
/** Cycles of a step where nobody looks at each. */
const STRIDE = 50;
/** No transaction takes so long. */
const PATIENCE = 1_000_000;

export function courseOf(plan: WayPlan, options: BankOptions): Course {
  const bank = openBank(plan, options);
  const { kernel, ledger, tenant } = bank;
  stepUntil(bank, () => ledger.begun(VICTIM) === NUMBER);
  const start = kernel.time;
  const moments: Moment[] = [{ time: start, paid: tenant.statistics().consumed }];
  let [before, served] = progress(bank);
  stepUntil(bank, () => {
    const [caller, server] = progress(bank);
    // While the caller waits, what its server does is done for it, or keeps it waiting.
    if (caller > before || (server > served && bank.victim.state === "waiting")) {
      moments.push({ time: kernel.time, paid: tenant.statistics().consumed });
    }
    [before, served] = [caller, server];
    return ledger.begun(VICTIM) > NUMBER;
  });
  const length = Number(kernel.time - start);
  // In lockstep, spinning processors can keep each other out for ever: in longer steps they don't.
  stepUntil(bank, () => bank.others.every(({ state }) => state === "ended"), STRIDE);
  const whole = kernel.time;
  kernel.dispose();
  return {
    length,
    moments,
    whole,
    cost: { alone: alone(plan, options), crowd: crowd(plan, options) },
  };
}

function progress({ victim, servers }: Bank): [caller: bigint, server: bigint] {
  return [victim.consumed, servers[VICTIM]?.consumed ?? 0n];
}

function stepUntil({ kernel }: Bank, isThere: () => boolean, cycles = 1): void {
  for (let steps = 0; !isThere(); steps++) {
    const { reason } = kernel.step({ cycles });
    if (steps > PATIENCE || reason === "idle") throw new Error(`locks: stuck at ${kernel.time}`);
  }
}

/** Transactions over which costs are measured; the first ones are not among them. */
const MEASURED = 40;
const FIRST = 10;

/** Of the caller, the others being stopped: between two of its ends, to the cycle. */
function alone(plan: WayPlan, options: BankOptions): number {
  const bank = openBank(plan, options);
  for (const domain of bank.kernel.domains()) {
    const isOther = domain !== bank.victim && !bank.servers.includes(domain);
    if (isOther) domain.stop();
  }
  return perTransaction(bank, () => bank.ledger.done(VICTIM));
}

/** Of all callers, who get into each other's way. */
function crowd(plan: WayPlan, options: BankOptions): number {
  const bank = openBank(plan, { ...options, transactions: 0 });
  const callers = [VICTIM, ...OTHERS, OTHERS.length + 1];
  return perTransaction(bank, () =>
    callers.reduce((sum, caller) => sum + bank.ledger.done(caller), 0),
  );
}

function perTransaction(bank: Bank, done: () => number): number {
  const { kernel } = bank;
  stepUntil(bank, () => done() >= FIRST);
  const [since, before] = [kernel.time, done()];
  stepUntil(bank, () => done() >= FIRST + MEASURED);
  const cycles = Number(kernel.time - since) / (done() - before);
  kernel.dispose();
  return cycles;
}

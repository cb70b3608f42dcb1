// How far bills are from the truth.

/** What a domain ran, and what it was billed for. */
export interface Bill {
  readonly name: string;
  readonly ran: number;
  readonly billed: number;
}

/** In percent, each of the domain's own time. */
export interface Errors {
  /** Of the domains, whichever way each is wrong. */
  readonly mean: number;
  readonly worst: number;
  /** Whose error that is. */
  readonly worstOf: string;
  /** What all together were billed too much; below 0: too little. */
  readonly bias: number;
  /** By how much the share of a domain in all bills differs from that in all time: the most, in points. */
  readonly shareShift: number;
}

/** @throws {Error} without anybody who ran. */
export function errorsOf(bills: readonly Bill[]): Errors {
  const ran = total(bills, "ran");
  const billed = total(bills, "billed");
  const wrong = bills
    .filter((bill) => bill.ran > 0)
    .map((bill) => ({ name: bill.name, by: Math.abs(errorOf(bill)) }))
    .sort((a, b) => b.by - a.by);
  const [worst] = wrong;
  if (!worst) throw new Error("billing: nobody ran");
  return {
    mean: wrong.reduce((sum, { by }) => sum + by, 0) / wrong.length,
    worst: worst.by,
    worstOf: worst.name,
    bias: (100 * (billed - ran)) / ran,
    shareShift: Math.max(...bills.map((bill) => shift(bill, ran, billed))),
  };
}

/** In percent of what it ran: −100 is for nothing. */
export function errorOf({ ran, billed }: Bill): number {
  return (100 * (billed - ran)) / ran;
}

function shift(bill: Bill, ran: number, billed: number): number {
  // Where nobody was billed at all, nobody has a share.
  const share = billed === 0 ? 0 : bill.billed / billed;
  return 100 * Math.abs(share - bill.ran / ran);
}

function total(bills: readonly Bill[], what: "ran" | "billed"): number {
  return bills.reduce((sum, bill) => sum + bill[what], 0);
}

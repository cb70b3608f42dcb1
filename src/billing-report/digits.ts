// Figures as the report prints them.

/** What is less is not told apart from nothing by any figure of the report, but it is not nothing. */
const LEAST = 0.0001;

/** A number in three digits that count, fewer where it is small. */
export function digits(value: number): string {
  if (value === 0) return "0";
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  if (size < LEAST) return `${sign}<${LEAST}`;
  const rounded = Number(size.toPrecision(size < 0.001 ? 1 : size < 0.01 ? 2 : 3));
  return sign + rounded.toLocaleString("en-US", { maximumFractionDigits: 4 });
}

export function percent(value: number): string {
  return `${digits(value)} %`;
}

const UNITS = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** A number in so many digits that count: 1,234,567 is "1.23 M" in three. */
export function short(number: number, digits = 3): string {
  const [size, unit] = UNITS.find(([size]) => round(number, digits) >= size) ?? [1, ""];
  return `${round(number, digits) / size}${unit === "" ? "" : ` ${unit}`}`;
}

function round(number: number, digits: number): number {
  return Number(number.toPrecision(digits));
}

/** With thousands separators, the same in every locale. */
export function grouped(count: bigint | number): string {
  return count.toLocaleString("en-US");
}

/** `1 meter`, `2 meters` */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

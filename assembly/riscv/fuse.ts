/** Lets the first record of a pair do both where there is an operation for it. */
export function fuseRow(_row: usize, _count: u32): void {}

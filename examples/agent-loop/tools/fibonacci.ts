/** A Fibonacci number, the slow way: each takes 1.6 times as long as the one before. */
export function run(which: i32): i32 {
  return which < 2 ? which : run(which - 1) + run(which - 2);
}

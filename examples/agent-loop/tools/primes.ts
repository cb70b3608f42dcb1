/** How many primes there are below a number. */
export function run(below: i32): i32 {
  let count = 0;
  for (let number = 2; number < below; number++) {
    let divisor = 2;
    while (divisor * divisor <= number && number % divisor != 0) divisor++;
    if (divisor * divisor > number) count++;
  }
  return count;
}

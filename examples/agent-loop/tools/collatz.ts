/** Which number below another takes most steps to come to 1, if even ones are halved and 3n + 1 follows odd ones. */
export function run(below: i32): i32 {
  let best = 1;
  let most = 0;
  for (let start = 1; start < below; start++) {
    let steps = 0;
    for (let number = start as i64; number != 1; steps++) {
      number = number % 2 == 0 ? number / 2 : 3 * number + 1;
    }
    if (steps > most) {
      best = start;
      most = steps;
    }
  }
  return best;
}

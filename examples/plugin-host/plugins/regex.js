// Hostile, maybe without meaning to be: takes twice as long for each letter more, within one call of a builtin.
export function run(text) {
  return /^(a+)+$/.test(text) ? "match" : "no match";
}

// Hostile without meaning to be: matches (a+)+$ by backtracking, which takes twice as long with each letter more.

export function run(text: ArrayBuffer): ArrayBuffer {
  const subject = String.UTF8.decode(text);
  return String.UTF8.encode(groups(subject, 0) ? "match" : "no match");
}

/** (a+)+$ from a place on: a group of each length in turn, then the end, or more groups. */
function groups(subject: string, from: i32): bool {
  let end = from;
  while (end < subject.length && subject.charAt(end) == "a") end++;
  for (let to = end; to > from; to--) {
    if (to == subject.length || groups(subject, to)) return true;
  }
  return false;
}

// Delta debugging (Zeller's ddmin): leaves out of a list whatever can be left out while it still
// fails, so that in the end nothing more can be, one by one.

/**
 * The shortest list found, of those that fail as `fails` says; `choices` does. Gives up after so
 * many tries with the shortest so far.
 */
export function shrink<Choice>(
  choices: readonly Choice[],
  fails: (some: readonly Choice[]) => boolean,
  tries: number,
): Choice[] {
  let list = [...choices];
  let parts = 2;
  let left = tries;
  while (list.length > 1) {
    const size = Math.ceil(list.length / parts);
    let isShorter = false;
    // From the end: what came last is the least likely to matter to what came before.
    for (let end = list.length; end > 0 && left > 0; end -= size) {
      const start = Math.max(0, end - size);
      const some = [...list.slice(0, start), ...list.slice(end)];
      left--;
      if (!fails(some)) continue;
      list = some;
      isShorter = true;
    }
    if (left === 0 || (size === 1 && !isShorter)) return list;
    parts = isShorter
      ? Math.max(2, Math.ceil(list.length / size))
      : Math.min(list.length, parts * 2);
  }
  return list;
}

/** Puts something simpler in the place of each, where the list still fails. */
export function simplify<Choice>(
  choices: readonly Choice[],
  simpler: (choice: Choice) => Choice[],
  fails: (some: readonly Choice[]) => boolean,
): Choice[] {
  let list = [...choices];
  for (let at = 0; at < list.length; at++) {
    for (let left = simpler(list[at]!); left.length > 0; ) {
      const some = [...list.slice(0, at), left.shift()!, ...list.slice(at + 1)];
      if (!fails(some)) continue;
      list = some;
      left = simpler(list[at]!);
    }
  }
  return list;
}

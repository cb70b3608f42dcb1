/** ` (did you mean "x"?)` where one of the candidates is a likely slip away, else nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 2.5)) + 1;
  for (const candidate of candidates) {
    const slips = distance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (slips < least) {
      least = slips;
      nearest = candidate;
    }
  }
  return nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
}

/** Levenshtein's distance, or any number of at least `limit` once it cannot be less. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

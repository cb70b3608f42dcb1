// Tells which word of a text is there most often.
export function run(text) {
  const words = text.toLowerCase().split(" ");
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const [[word, count]] = [...counts].sort(([, a], [, b]) => b - a);
  return `${word}: ${count} of ${words.length}`;
}

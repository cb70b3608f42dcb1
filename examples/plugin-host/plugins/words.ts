// Tells which word of a text is there most often.

export function run(text: ArrayBuffer): ArrayBuffer {
  const counts = new Map<string, i32>();
  const words = String.UTF8.decode(text).toLowerCase().split(" ");
  let best = "";
  let most = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    const count = (counts.has(word) ? counts.get(word) : 0) + 1;
    counts.set(word, count);
    if (count > most) {
      best = word;
      most = count;
    }
  }
  return String.UTF8.encode(`${best}: ${most} of ${words.length}`);
}

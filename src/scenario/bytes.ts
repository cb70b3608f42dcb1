// Strings of messages, as files write them and as reports show them.

/** Most characters that messages and reports show. */
const SHOWN = 44;
const MOST_NUMBERS = 100;

/** What `text`, `bytes` or `numbers` in a table say. */
export interface StringPlan {
  readonly text?: string | undefined;
  readonly bytes?: Uint8Array | undefined;
  readonly numbers?: readonly bigint[] | undefined;
}

/** The bytes that a table means; undefined where it says nothing of them. */
export function bytesOf({ text, bytes, numbers }: StringPlan): Uint8Array | undefined {
  if (text !== undefined) return new TextEncoder().encode(text);
  if (numbers === undefined) return bytes;
  const string = new DataView(new ArrayBuffer(8 * numbers.length));
  numbers.forEach((number, index) => {
    string.setBigUint64(8 * index, number);
  });
  return new Uint8Array(string.buffer);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** As text; null for what is none, or would not show. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u.test(text.replace(/[\n\t]/g, "")) ? text : null;
  } catch {
    return null;
  }
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** For people: quoted, as numbers, or in hexadecimal digits; and short. */
export function shownBytes(bytes: Uint8Array): string {
  const text = textOf(bytes);
  if (text !== null) return JSON.stringify(shortened(text));
  const numbers = numbersOf(bytes);
  // Any bytes are numbers; those that mean to be are small ones.
  return numbers?.every((number) => number < 2n ** 36n)
    ? shownNumbers(numbers)
    : `0x${shortened(hexOf(bytes))}`;
}

/** In the way that a table says it, so that what is found can be held against what is expected. */
export function shownLike({ numbers, bytes }: StringPlan, found: Uint8Array): string {
  const list = numbers === undefined ? null : numbersOf(found);
  if (list !== null) return shownNumbers(list);
  return bytes === undefined
    ? shownBytes(found)
    : `bytes ${shortened(Array.from(found).join(" "))}`;
}

function numbersOf(bytes: Uint8Array): bigint[] | null {
  if (bytes.length % 8 !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 8 }, (_, index) => view.getBigUint64(8 * index));
}

function shownNumbers(numbers: readonly bigint[]): string {
  const list = numbers.map((number) => number.toLocaleString("en-US")).join(" ");
  return `numbers ${list.length > MOST_NUMBERS ? `${list.slice(0, MOST_NUMBERS - 1)}…` : list}`;
}

function shortened(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text;
}

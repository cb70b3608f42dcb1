// Strings of messages, as files write them and as reports show them.

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

const SHOWN = 44;

/** For people: quoted, or in hexadecimal digits, and short. */
export function shownBytes(bytes: Uint8Array): string {
  const text = textOf(bytes);
  if (text !== null) return JSON.stringify(shortened(text));
  return `0x${shortened(hexOf(bytes))}`;
}

function shortened(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text;
}

/** In the way that a table says it, so that what is found can be held against what is expected. */
export function shownLike({ numbers, bytes }: StringPlan, found: Uint8Array): string {
  if (numbers !== undefined && found.length % 8 === 0) {
    const view = new DataView(found.buffer, found.byteOffset, found.length);
    const list = Array.from({ length: found.length / 8 }, (_, index) =>
      view.getBigUint64(8 * index).toLocaleString("en-US"),
    );
    return `numbers ${list.join(" ")}`;
  }
  return bytes === undefined ? shownBytes(found) : `bytes ${Array.from(found).join(" ")}`;
}

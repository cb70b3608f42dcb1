// Hostile: takes a megabyte of memory, and another, and another.

const hoard: ArrayBuffer[] = [];

export function run(_text: ArrayBuffer): ArrayBuffer {
  while (true) hoard.push(new ArrayBuffer(1 << 20));
}

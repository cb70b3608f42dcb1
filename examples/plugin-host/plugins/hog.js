// Hostile: takes a megabyte of memory, and another, and another.
const hoard = [];
export function run() {
  while (true) hoard.push(new Uint8Array(1 << 20));
}

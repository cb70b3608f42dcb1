// Hostile: never comes back.

export function run(_text: ArrayBuffer): ArrayBuffer {
  while (true) {}
}

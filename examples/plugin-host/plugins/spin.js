// Hostile: never comes back.
export function run() {
  while (true);
}

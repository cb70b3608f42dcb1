// Packages keep their instance in variables of the module: several variants side by side need several
// copies of the code, too.

import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
let copies = 0;

/** A copy of its own of a CommonJS package, with all that is in the same folder. */
// biome-ignore lint/suspicious/noExplicitAny: most of these packages have no types
export function freshRequire(path: string): any {
  const file = require.resolve(path);
  const folder = packageOf(file);
  for (const name of Object.keys(require.cache)) {
    if (name.startsWith(folder)) delete require.cache[name];
  }
  return require(file);
}

/** A copy of its own of one ES module; what it imports is shared. */
// biome-ignore lint/suspicious/noExplicitAny: most of these packages have no types
export async function freshImport(path: string): Promise<any> {
  const { href } = pathToFileURL(fileOf(path));
  copies += 1;
  return import(/* @vite-ignore */ `${href}?copy=${copies}`);
}

/** Where a file of a package is, whether the package exports it or not. */
export function fileOf(path: string): string {
  const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path)!;
  for (const folder of require.resolve.paths(name!) ?? []) {
    const file = `${folder}/${name}/${rest}`;
    if (existing(file)) return file;
  }
  throw new Error(`${path} is not installed: type npm install`);
}

export function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(fileOf(path)));
}

function existing(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

function packageOf(file: string): string {
  const [folder] = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+[\\/]/.exec(file)!;
  return folder;
}

/** Runs `load` where the global `self` of browsers is a view of all globals, and of `more`. */
export async function withSelf<T>(more: object, load: () => Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(globalThis, "self");
  const value = Object.assign(Object.create(globalThis), more);
  Object.defineProperty(globalThis, "self", { value, configurable: true, writable: true });
  try {
    return await load();
  } finally {
    if (before) Object.defineProperty(globalThis, "self", before);
    else Reflect.deleteProperty(globalThis, "self");
  }
}

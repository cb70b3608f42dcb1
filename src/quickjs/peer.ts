// What others have made: QuickJS as WebAssembly, and the glue around it. Internal.

import type { QuickJSSyncVariant } from "quickjs-emscripten-core";
import { OptionError, StateError } from "../errors.js";
import { Instrumented, instrument } from "../instrument/instrument.js";
import { show } from "../options.js";

export type Peer = typeof import("quickjs-emscripten-core");

/** @throws {StateError} where it is not installed. */
export async function loadPeer(): Promise<Peer> {
  return installed("quickjs-emscripten-core", () => import("quickjs-emscripten-core"));
}

/** The one that is taken where none is given. @throws {StateError} where it is not installed. */
export async function loadVariant(): Promise<QuickJSSyncVariant> {
  const name = "@jitl/quickjs-wasmfile-release-sync";
  const { default: variant } = await installed(
    name,
    () => import("@jitl/quickjs-wasmfile-release-sync"),
  );
  return variant as unknown as QuickJSSyncVariant;
}

async function installed<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const error = new StateError(
      "createQuickJS: it needs packages that are not part of primemeter, and " +
        `${name} can't be loaded; npm install quickjs-emscripten-core @jitl/quickjs-wasmfile-release-sync`,
    );
    error.cause = cause;
    throw error;
  }
}

const known = new WeakMap<object, Promise<Instrumented>>();

/**
 * The module of a variant, instrumented and compiled; once for all plugins. `wasm`: its bytes, where it is not to be
 * looked for beside the variant's code, or what has been made of them.
 */
export function meteredModule(
  peer: Peer,
  variant: QuickJSSyncVariant,
  wasm: Uint8Array | Instrumented | undefined,
): Promise<Instrumented> {
  if (wasm instanceof Instrumented) return Promise.resolve(wasm);
  if (wasm !== undefined && !(wasm instanceof Uint8Array)) {
    throw new OptionError(
      `wasm: found ${show(wasm)}, expected a Uint8Array or what instrument made`,
    );
  }
  const source = wasm ?? variant;
  let module = known.get(source);
  if (!module) {
    module = make(wasm ?? bytesOf(peer, variant));
    known.set(source, module);
    module.catch(() => known.delete(source));
  }
  return module;
}

async function make(bytes: Uint8Array | Promise<Uint8Array>): Promise<Instrumented> {
  const module = instrument(await bytes);
  await module.compile();
  return module;
}

/** The glue knows where its module is, and asks whether it is elsewhere: that is all it is run for. */
async function bytesOf(peer: Peer, variant: QuickJSSyncVariant): Promise<Uint8Array> {
  let place = "";
  const locateFile = (name: string, folder: string) => {
    place = folder + name;
    throw new Error("found");
  };
  const load = await peer.newVariant(variant, { locateFile }).importModuleLoader();
  if (typeof load !== "function") throw new OptionError("variant: it has no loader of its module");
  const failure = await load().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (place === "") {
    const error = new OptionError(
      "wasm: the variant does not tell where its module is, expected its bytes",
    );
    error.cause = failure;
    throw error;
  }
  const bytes = await read(place);
  if (MAGIC.every((byte, i) => bytes[i] === byte)) return bytes;
  throw new OptionError(
    `wasm: found no module at ${place}, expected the variant's; in a bundle, give its bytes as wasm`,
  );
}

const MAGIC = [0, 0x61, 0x73, 0x6d];

async function read(place: string): Promise<Uint8Array> {
  if (/^(https?|blob|data):/.test(place)) {
    const answer = await fetch(place);
    if (!answer.ok) throw new OptionError(`wasm: ${place} can't be loaded: ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }
  // Not by its name, or bundlers for browsers would look for it.
  const name = "node:fs/promises";
  const { readFile }: typeof import("node:fs/promises") = await import(/* @vite-ignore */ name);
  return readFile(place.startsWith("file:") ? new URL(place) : place);
}

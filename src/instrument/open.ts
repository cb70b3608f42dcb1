// Opening a module that was instrumented before: what `kernel.loadWasm` must know is found in its bytes.

import { OptionError } from "../errors.js";
import { show } from "../options.js";
import { malformed } from "./error.js";
import { Instrumented } from "./instrument.js";
import { type Extern, interfaceOf, type Signature } from "./interface.js";
import { type Outline, outlineOf, START } from "./outline.js";
import type { Additions } from "./rewrite.js";
import { readStamp } from "./stamp.js";

/**
 * The module that `instrument` made, from its bytes, such as those of a file that `primemeter instrument` wrote. What
 * its stamp names must be there and be of the right types; whether its code counts is not looked at: only open what
 * comes from where you instrument yourself. Anybody can write a module that says it counts and does not.
 *
 * @throws {ModuleError} for what is no module, is not instrumented, or was by another version. @throws {OptionError}
 */
export function openInstrumented(bytes: Uint8Array): Instrumented {
  if (!(bytes instanceof Uint8Array)) {
    throw new OptionError(`openInstrumented: found ${show(bytes)}, expected a Uint8Array`);
  }
  const own = new Uint8Array(bytes);
  const outline = outlineOf(own);
  const additions = readStamp(outline);
  check(outline, additions);
  return new Instrumented(own, additions);
}

function check(outline: Outline, { counter, start, module, field }: Additions): void {
  const { imports, exports } = interfaceOf(outline);
  const begin = outline.section(START);
  if (begin) {
    throw malformed(begin.from, "found a start section, expected none: nobody would count it");
  }
  const need = (isThere: boolean, what: string) => {
    if (!isThere) throw malformed(outline.bytes.length, `found none, expected ${what}`);
  };
  const exported = (name: string) => exports.find((each) => each.name === name);
  const global = exported(counter);
  const isCounter = global?.global?.type === "i64" && global.global.isMutable;
  const isOwn = isCounter && global.index >= outline.importedGlobals;
  need(isOwn, `an i64 global of its own as the export "${counter}" that can be set`);
  const isAlone =
    exports.filter(({ kind, index }) => kind === "global" && index === global!.index).length === 1;
  need(isAlone, `the counter as the export "${counter}" only`);
  const refills = imports.filter((each) => each.module === module && each.name === field);
  const isRefill = refills.length === 1 && has(refills[0], ["i64"], ["i64"]);
  need(isRefill, `a function of i64 to i64 as the one import "${module}"."${field}"`);
  if (start === undefined) return;
  need(has(exported(start), [], []), `a function without parameters as the export "${start}"`);
}

function has(
  extern: Extern | undefined,
  parameters: Signature["parameters"],
  results: Signature["results"],
): boolean {
  const signature = extern?.signature;
  if (!signature) return false;
  return `${signature.parameters}` === `${parameters}` && `${signature.results}` === `${results}`;
}

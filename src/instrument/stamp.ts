// The stamp: a custom section by which a module that counts what it runs says so, and by which names it is to be
// run. It is no proof: whoever makes a module can write one.

import { ModuleError, malformed, unsupported } from "./error.js";
import type { Outline } from "./outline.js";
import type { Additions } from "./rewrite.js";
import { Writer } from "./writer.js";

export const STAMP_NAME = "primemeter";
/** Another one where a module is to be run otherwise. */
const VERSION = 1;

export function writeStamp({ counter, start, module, field }: Additions): Writer {
  const out = new Writer();
  out.name(STAMP_NAME);
  out.u32(VERSION);
  for (const name of [counter, module, field]) out.name(name);
  out.byte(start === undefined ? 0 : 1);
  if (start !== undefined) out.name(start);
  return out;
}

/** @throws {ModuleError} for a module without a stamp, or with another version's. */
export function readStamp(outline: Outline): Additions {
  const [section, second] = outline.sections.filter(({ name }) => name === STAMP_NAME);
  if (!section) {
    const what = `found no section "${STAMP_NAME}", expected a module that is instrumented`;
    throw new ModuleError("NOT_INSTRUMENTED", outline.bytes.length, what);
  }
  if (second) throw malformed(second.from, `found a second section "${STAMP_NAME}"`);
  const reader = outline.reader(section);
  const version = reader.u32();
  if (version !== VERSION) {
    const what = `found a module that was instrumented by version ${version}`;
    throw unsupported(section.from, `${what}, expected ${VERSION}: instrument it anew`);
  }
  const [counter, module, field] = [reader.name(), reader.name(), reader.name()];
  const start = reader.byte() === 0 ? undefined : reader.name();
  if (!reader.isDone) throw malformed(reader.at, `found more than section "${STAMP_NAME}" has`);
  return { counter, module, field, start };
}

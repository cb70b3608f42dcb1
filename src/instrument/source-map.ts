// Source maps of modules: version 3, where a column of the only line is an offset in the module's bytes.

import { decode, encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";
import { OptionError } from "../errors.js";
import { show } from "../options.js";
import type { Moves } from "./moves.js";

/** A source map, revision 3 (ECMA-426), parsed. */
export interface SourceMap {
  readonly version: number;
  readonly sources: readonly (string | null)[];
  readonly names?: readonly string[];
  readonly mappings: string;
  readonly [other: string]: unknown;
}

/**
 * Parses and checks one. `size`: bytes of its module.
 *
 * @throws {OptionError} for what is none, is an index of several, or says what can't be true of the module.
 */
export function readSourceMap(given: unknown, size: number): CheckedMap {
  const map = typeof given === "string" ? parsed(given) : given;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw wrong(show(map), "a source map, parsed or as text");
  }
  const { version, sections, sources, names = [], mappings } = map as Record<string, unknown>;
  if (version !== 3) throw wrong(`version ${show(version)}`, "version 3");
  if (sections !== undefined) throw wrong("sections", "mappings: an index of maps is not read");
  if (!isListOf(sources, (each) => typeof each === "string" || each === null)) {
    throw wrong("other sources", "an array of strings or null");
  }
  if (!isListOf(names, (each) => typeof each === "string")) {
    throw wrong("other names", "an array of strings");
  }
  if (typeof mappings !== "string") throw wrong(`mappings ${show(mappings)}`, "a string");
  const segments = segmentsOf(mappings);
  checkSegments(segments, size, sources.length, names.length);
  return { map: map as unknown as SourceMap, segments };
}

/** A map, and its mappings in the order of their offsets. */
export interface CheckedMap {
  readonly map: SourceMap;
  readonly segments: readonly SourceMapSegment[];
}

/** The same map of the module that came of it; mappings of what is no code are left out. */
export function movedMap({ map, segments }: CheckedMap, moves: Moves): SourceMap {
  const moved: SourceMapSegment[] = [];
  for (const segment of segments) {
    const to = moves.to(segment[0]);
    if (to === undefined) continue;
    const next = [...segment] as SourceMapSegment;
    next[0] = to;
    moved.push(next);
  }
  // What the instrumenter has put behind all of it has no source.
  if (moved.length > 0 && moved.at(-1)![0] < moves.end) moved.push([moves.end]);
  return { ...map, mappings: encode([moved]) };
}

function segmentsOf(mappings: string): SourceMapSegment[] {
  checkDigits(mappings);
  const [first = [], ...others] = decode(mappings);
  const line = others.findIndex((segments) => segments.length > 0);
  if (line >= 0) {
    throw wrong(
      `mappings of line ${line + 2}`,
      "line 1 only, whose columns are offsets in a module",
    );
  }
  return first;
}

/** Digits of base64 that are the last one of a number, and those before. */
const LAST = /[A-Za-f]/;
const NOT_LAST = /[g-z0-9+/]/;
/** Of a number of 32 bits. */
const MOST_DIGITS = 7;

/** The library takes all for digits, and two numbers for four. */
function checkDigits(mappings: string): void {
  let numbers = 0;
  let digits = 0;
  for (let at = 0; at <= mappings.length; at++) {
    const char = mappings[at] ?? ";";
    if (char === "," || char === ";") {
      const isRight = numbers === 1 || numbers === 4 || numbers === 5;
      const isNone = numbers === 0 && char === ";" && mappings[at - 1] !== ",";
      if (digits > 0 || !(isRight || isNone)) {
        throw wrong(`a mapping of ${numbers} numbers before character ${at}`, "1, 4 or 5, whole");
      }
      numbers = 0;
      continue;
    }
    digits++;
    const isLast = LAST.test(char);
    if (digits > MOST_DIGITS || !(isLast || NOT_LAST.test(char))) {
      throw wrong(`mappings with ${show(char)} as character ${at}`, "numbers as base64 VLQ");
    }
    if (!isLast) continue;
    numbers++;
    digits = 0;
  }
}

function checkSegments(
  segments: readonly SourceMapSegment[],
  size: number,
  sources: number,
  names: number,
): void {
  for (const segment of segments) {
    const [offset, source = 0, line = 0, column = 0, name = 0] = segment;
    const { length } = segment;
    if (!(offset >= 0 && offset < size)) {
      throw wrong(`a mapping at offset ${offset}`, `below ${size}, the size of the module`);
    }
    const isKnown = length === 1 || (source >= 0 && source < sources);
    if (!isKnown) throw wrong(`source ${source} at offset ${offset}`, `below ${sources}`);
    if (line < 0 || column < 0) {
      throw wrong(`line ${line}, column ${column} at offset ${offset}`, "none below 0");
    }
    if (length === 5 && !(name >= 0 && name < names)) {
      throw wrong(`name ${name} at offset ${offset}`, `below ${names}`);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong("a text that is no JSON", "a source map");
  }
}

function isListOf(value: unknown, isOne: (each: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every(isOne);
}

function wrong(found: string, expected: string): OptionError {
  return new OptionError(`sourceMap: found ${found}, expected ${expected}`);
}

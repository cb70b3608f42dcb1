import { z } from "zod";

// The values of a scenario file. Every message says what was expected; what was found is added by
// whoever knows the value.

/** Counters are unsigned 64-bit numbers (R1); 2^64 − 1 is what "unlimited" is. */
export const UNLIMITED = 2n ** 64n - 1n;
export const U32 = 2 ** 32 - 1;
/** Most bytes of a message's string. */
export const MOST_BYTES = 4096;

export function integer(least: number, most: number) {
  const error = `an integer from ${grouped(least)} to ${grouped(most)}`;
  return z.bigint({ error }).min(BigInt(least), error).max(BigInt(most), error).transform(Number);
}

function grouped(number: number): string {
  return number.toLocaleString("en-US").replaceAll(",", "_");
}

/** A number with decimals or without; how far it may go is said elsewhere. */
export const number = z.union([z.bigint(), z.number()], { error: "a number" }).transform(Number);
const wholeError = "a whole number";
export const whole = z.bigint({ error: wholeError }).min(0n, wholeError).transform(Number);

/** Budgets are in hundredths of a percent. */
export function percent(least: number) {
  const error = `a percentage from ${least} to 100 with at most 2 decimals`;
  const isWhole = (value: number) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6;
  return z
    .union([z.bigint(), z.number()], { error })
    .transform(Number)
    .refine((value) => value >= least && value <= 100 && isWhole(value), error);
}

function countOf(what: string, least: bigint) {
  const error = `a count of ${what} from ${least} to 2^64 − 1`;
  return z.bigint({ error }).min(least, error).max(UNLIMITED, error);
}

export const cycles = countOf("cycles", 0n);
export const somecycles = countOf("cycles", 1n);
/** What storage is counted in. */
export const words = countOf("word-cycles", 0n);
export const somewords = countOf("word-cycles", 1n);
export const text = z.string({ error: "a string" });
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: `one of ${words.join(", ")}` });
}
export const yes = z.literal(true, { error: "true" });
export const flag = z.boolean({ error: "true or false" });

/** A name goes into tables and paths of a terminal: one line, and not too long for it. */
const nameError = "a name: 1 to 40 letters, digits or signs, without blanks at its ends";
export const name = z
  .string({ error: nameError })
  .regex(/^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,40}(?<! )$/u, nameError);

/** A number of cycles, or two between which it is drawn. */
export function span(least: number) {
  const number = integer(least, U32);
  const error = `an integer from ${least} to ${grouped(U32)}, or [least, most]`;
  return z.union([number, z.tuple([number, number])], { error });
}

const boundsError = "a count, or { min = …, max = … }";
export const bounds = z.union(
  [cycles, z.strictObject({ min: cycles.optional(), max: cycles.optional() })],
  { error: boundsError },
);

const share = number.refine((value) => value >= 0, "a number from 0");
/** Percentages between two, or about one. */
export const shares = z.strictObject(
  {
    min: share.optional(),
    max: share.optional(),
    about: share.optional(),
    within: share.optional(),
  },
  { error: "{ min = …, max = … } or { about = …, within = … }, in percent" },
);

const DATA_LIMIT = 2n ** 88n;
const dataError = "an integer from 0 to 2^88 − 1";
/** What a data key holds. */
export const data = z
  .bigint({ error: dataError })
  .min(0n, dataError)
  .max(DATA_LIMIT - 1n, dataError);

const textError = `a string of at most ${MOST_BYTES} bytes`;
const bytesError = `an array of at most ${MOST_BYTES} bytes, integers from 0 to 255`;
const numberError = "an integer from 0 to 2^64 − 1";
const MOST_NUMBERS = MOST_BYTES / 8;
const numbersError = `an array of at most ${MOST_NUMBERS} integers from 0 to 2^64 − 1`;
/** The string of a message, in words, byte by byte, or as numbers of 8 bytes: one of them at most. */
export const stringShape = {
  text: z
    .string({ error: textError })
    .refine((text) => Buffer.byteLength(text) <= MOST_BYTES, textError)
    .optional(),
  bytes: z
    .array(integer(0, 255), { error: bytesError })
    .max(MOST_BYTES, bytesError)
    .transform((bytes) => Uint8Array.from(bytes))
    .optional(),
  numbers: z
    .array(z.bigint({ error: numberError }).min(0n, numberError).max(UNLIMITED, numberError), {
      error: numbersError,
    })
    .max(MOST_NUMBERS, numbersError)
    .optional(),
};

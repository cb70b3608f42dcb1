import { z } from "zod";
import { data, integer, text, yes } from "./values.js";

// Keys as scenario files write them: a table with exactly one kind, such as { start = "server" }.

/** Kinds of keys to something that the file names, and what that is. */
export const NAMED_KINDS = {
  start: "domain",
  domain: "domain",
  meter: "meter",
  service: "meter",
  node: "node",
  fetch: "node or meter",
  sense: "node or meter",
  page: "page",
  segment: "segment",
  join: "join",
  wait: "wait",
} as const;
/** Kinds of which there is one key only. */
export const SINGLE_KINDS = ["clock", "returner", "maker", "discrim", "console"] as const;
export const KEY_KINDS = [...Object.keys(NAMED_KINDS), "data", ...SINGLE_KINDS];
/** Kinds whose holder may be told apart by a data byte. */
export const DATABYTE_KINDS: readonly string[] = ["start", "service", "node", "fetch", "sense"];

const name = text.optional();
const single = yes.optional();
export const keyShape = {
  start: name,
  domain: name,
  meter: name,
  service: name,
  node: name,
  fetch: name,
  sense: name,
  page: name,
  segment: name,
  join: name,
  wait: name,
  data: data.optional(),
  clock: single,
  returner: single,
  maker: single,
  discrim: single,
  console: single,
  databyte: integer(0, 255).optional(),
};

const error = `a table such as { start = "server" }`;
/** A key by itself. */
export const key = z.strictObject(keyShape, { error });
export type KeyPlan = z.output<typeof key>;

export const slotShape = { slot: integer(0, 15), ...keyShape };
const slotError = `a table such as { slot = 0, start = "server" }`;
/** Keys, each in its slot. */
export const slots = z.array(z.strictObject(slotShape, { error: slotError }), {
  error: "an array of keys",
});

/** A guest that answers for a meter or a domain. */
export const guestShape = { start: name, databyte: keyShape.databyte };

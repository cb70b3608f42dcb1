// The five ways in which the bank of guests/ keeps its ledger, and what each promises.

export type Way = "a" | "b" | "c" | "d" | "e";

export interface WayPlan {
  readonly way: Way;
  readonly name: string;
  /** Who pays for what is done inside, in words. */
  readonly about: string;
  /** The program that keeps the ledger. In a and d each teller does, there is no server. */
  readonly program: string;
  readonly servers: number;
  /** Whether it must stand any end of a caller; else, that it doesn't is to be seen. */
  readonly survives: boolean;
}

export const WAYS: readonly WayPlan[] = [
  {
    way: "a",
    name: "spin lock",
    about: "on shared pages, each teller on its caller's meter",
    program: "bank-spin",
    servers: 0,
    survives: false,
  },
  {
    way: "b",
    name: "one domain",
    about: "owns the data, on the owner's meter; its availability is the lock",
    program: "bank-server",
    servers: 1,
    survives: true,
  },
  {
    way: "c",
    name: "concurrencers",
    about: "share the data, on the owner's meter: lock word, waiting bits, join objects",
    program: "bank-concurrent",
    servers: 2,
    survives: true,
  },
  {
    way: "d",
    name: "compare-and-swap",
    about: "on shared pages, each teller on its caller's meter",
    program: "bank-cas",
    servers: 0,
    survives: true,
  },
  {
    way: "e",
    name: "client pays",
    about: "one domain owns the data, but serves on its caller's meter",
    program: "bank-pays",
    servers: 1,
    survives: false,
  },
];

/** How a caller is stopped in the middle. */
export type Manner = "off" | "starved" | "rescinded" | "killed";

export const MANNERS: readonly { readonly manner: Manner; readonly about: string }[] = [
  { manner: "off", about: "its meter is switched off" },
  { manner: "starved", about: "its meter runs dry, and nobody fills it" },
  { manner: "rescinded", about: "its meter is rescinded" },
  { manner: "killed", about: "the domain itself is rescinded" },
];

/** Whether a way must come through: with a server of its own e does, where only the caller is gone. */
export function mustSurvive({ way, survives }: WayPlan, manner: Manner): boolean {
  return survives || (way === "e" && manner === "killed");
}

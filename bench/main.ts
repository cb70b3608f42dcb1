#!/usr/bin/env node
// npm run bench -- [--small] [--json] [--rounds N] [names…]

import { Command, InvalidArgumentError } from "commander";
import type { Bench } from "./bench.js";
import { bench as borrow } from "./borrow.js";
import { bench as charging } from "./charging.js";
import { bench as events } from "./events.js";
import { bench as gates } from "./gates.js";
import { bench as guestWorkers } from "./guest-workers.js";
import { bench as guests } from "./guests.js";
import { bench as hostile } from "./hostile.js";
import { bench as locks } from "./locks.js";
import { bench as microbilling } from "./microbilling.js";
import { bench as mips } from "./mips.js";
import { bench as partitions } from "./partitions.js";
import { bench as prepare } from "./prepare.js";
import { bench as processors } from "./processors.js";
import { bench as read } from "./read.js";
import { bench as recall } from "./recall.js";
import { bench as residence } from "./residence.js";
import { bench as slices } from "./slices.js";
import { report } from "./table.js";
import { bench as taper } from "./taper.js";

const BENCHES: readonly Bench[] = [
  borrow,
  charging,
  slices,
  recall,
  prepare,
  read,
  events,
  gates,
  guestWorkers,
  guests,
  hostile,
  locks,
  processors,
  mips,
  microbilling,
  partitions,
  residence,
  taper,
];

const LARGE_ROUNDS = 15;
const SMALL_ROUNDS = 3;

function wholeFromOne(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("expected a whole number from 1");
  return Number(text);
}

const longest = Math.max(...BENCHES.map(({ name }) => name.length));
const listing = BENCHES.map(({ name, about }) => `  ${name.padEnd(longest)} ${about}`).join("\n");

new Command("bench")
  .description("Measures the kernel; without names, all benches.")
  .argument("[names...]", "benches to run")
  .option("--small", "small trees, few rounds: a matter of seconds", false)
  .option("--json", "figures as JSON", false)
  .option("--rounds <n>", `rounds (${LARGE_ROUNDS}; small ${SMALL_ROUNDS})`, wholeFromOne)
  .addHelpText("after", `\nBenches:\n${listing}\n\nExample: npm run bench -- slices --rounds 31`)
  .action((names: string[], options: { small: boolean; json: boolean; rounds?: number }) => {
    const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
    if (unknown.length > 0) {
      console.error(`bench: no bench ${unknown.join(", ")}; there are\n${listing}`);
      process.exit(2);
    }
    const { small, json } = options;
    const size = { small, rounds: options.rounds ?? (small ? SMALL_ROUNDS : LARGE_ROUNDS) };
    const chosen = BENCHES.filter(({ name }) => names.length === 0 || names.includes(name));
    return report(chosen, size, json);
  })
  .parseAsync();

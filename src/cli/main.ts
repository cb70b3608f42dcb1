#!/usr/bin/env node
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { CYCLES_OF_MS, MAX_PROCESSORS } from "../../assembly/layout.js";
import { LEAST_PERIOD, MOST_PERIOD } from "../../assembly/residence-layout.js";
import { WAYS, type Way } from "../locks/way.js";
import { SCHEMES } from "../residence/scheme.js";
import { ScenarioError } from "../scenario/problem.js";
import { UNLIMITED } from "../scenario/values.js";
import { CANARY_NAMES } from "../sim/canary.js";
import { type BillingFlags, billingCommand, PARTS } from "./bench.js";
import { type InstrumentFlags, instrumentCommand } from "./instrument.js";
import { type LocksFlags, locksCommand } from "./locks.js";
import { type PartitionsFlags, partitionsCommand } from "./partitions.js";
import { PHASES, type ResidenceFlags, residenceCommand } from "./residence.js";
import { CHART_NAMES } from "./residence-chart.js";
import { checkCommand, type RunFlags, runCommand } from "./run.js";
import { type SimFlags, simCommand } from "./sim.js";
import { type WireFlags, wireCommand } from "./wire.js";

/** Exit codes: 0 is for a run whose expectations all hold. */
const FAILED = 1;
const BAD_USAGE = 2;
const GRANTS = [1_000n, 10_000n, 100_000n, 1_000_000n, 10_000_000n];
/** More would take hours to be used up. */
const MOST_GRANT = 100_000_000n;
const LETTERS = WAYS.map(({ way }) => way).join(", ");

// Whoever reads has left (`| head`): nothing more to say, and nothing went wrong.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : FAILED);
  });
}

const { version } = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
) as { version: string };

const program = new Command("primemeter")
  .description("Meters CPU in a tree: every cycle a program runs is paid by every meter above it.")
  .version(version)
  .exitOverride()
  .addHelpText("after", "\nExample:\n  primemeter run scenarios/first-light.toml");

program
  .command("run")
  .description("run a scenario: programs under a tree of meters, their messages, then the bill")
  .argument("<file>", "scenario (TOML)")
  .option("--json", "print one JSON object and nothing else")
  .option("--quiet", "print the verdict only: no progress, output, keeper calls or bill")
  .option("--cycles <n>", "stop at this cycle of the clock, if not idle before", cycleCount)
  .option("--processors <n>", "run on so many processors, whatever the file says", processorCount)
  .option("--trace <file>", "write every event as a line of JSON to this file")
  .addHelpText(
    "after",
    `
Exit codes:
  0  every expectation holds and every cycle is accounted for
  1  an expectation fails, or the accounts do not add up
  2  a bad file or wrong usage

Examples:
  primemeter run scenarios/first-light.toml
  primemeter run scenarios/guest-keeper.toml
  primemeter run scenarios/two-tenants.toml --json | jq .meters
  primemeter run scenarios/echo.toml --trace echo.jsonl`,
  )
  .action(async (file: string, flags: RunFlags) => {
    process.exitCode = (await runCommand(file, flags)) ? 0 : FAILED;
  });

program
  .command("partitions")
  .description("run a scenario with partitions: who used how much of the processors, live")
  .argument("<file>", "scenario (TOML) with [partitions]")
  .option("--json", "print one JSON object and nothing else")
  .option(
    "--every <ms>",
    "look so often, in the kernel's milliseconds (default: 100)",
    milliseconds,
  )
  .option("--loop", "print each look, and not the last one only")
  .option("--cycles <n>", "stop at this cycle of the clock, if not idle before", cycleCount)
  .option("--processors <n>", "run on so many processors, whatever the file says", processorCount)
  .option("--svg <file>", "draw what each used over time (needs echarts: npm install echarts)")
  .addHelpText(
    "after",
    `
Columns:
  budget, max     percent of the processors that a partition is guaranteed, and may use at most
  used            percent of the averaging window that it was billed for
  critical        milliseconds in a window that critical domains may run beyond the budget; and used
  1×, 10×, 100×   what it used in the last window, and on average in the last 10 and 100
  run, share      percent of all the time of the processors
  billed, ran     cycles that the clock says, and the truth; error: by how much they differ

Exit codes:
  0  every expectation holds and every cycle is accounted for
  1  an expectation fails, the accounts do not add up, or a bankruptcy stopped the run
  2  a bad file or wrong usage

Examples:
  primemeter partitions scenarios/partitions-full-load.toml
  primemeter partitions scenarios/partitions-critical.toml --every 20 --loop
  primemeter partitions scenarios/partitions-free-time.toml --svg used.svg`,
  )
  .action(async (file: string, flags: PartitionsFlags) => {
    process.exitCode = (await partitionsCommand(file, flags)) ? 0 : FAILED;
  });

program
  .command("residence")
  .description(
    "run a scenario with core residence: who pays for pages that many share, by five schemes",
  )
  .argument("<file>", "scenario (TOML) with [residence]")
  .option("--period <cycles>", "scan so often", whole(LEAST_PERIOD, MOST_PERIOD))
  .addOption(new Option("--phase <phase>", "when in its period a lock cycle is").choices(PHASES))
  .option("--seed <n>", "what random phases are drawn from", whole(0, 2 ** 32 - 1))
  .option("--cycles <n>", "stop at this cycle of the clock, if not idle before", cycleCount)
  .option("--json", "print one JSON object and nothing else")
  .option("--html <file>", "write a page with charts (needs echarts: npm install echarts)")
  .option("--svg <file>", "draw the charts as a picture (needs echarts, too)")
  .addOption(new Option("--chart <name>", "of the charts, draw this one only").choices(CHART_NAMES))
  .addHelpText(
    "after",
    `
It runs on one processor, whatever the file says: each reference to a page is counted. With --period, --phase or --seed
nothing that the file says of the scan counts, and what it expects is not held against it.

Schemes:
${SCHEMES.map(({ name, about }) => `  ${name.padEnd(15)}${about}`).join("\n")}

Exit codes:
  0  accounts hold what was charged, every expectation holds and every cycle is accounted for
  1  one of these is not so
  2  a bad file or wrong usage

Examples:
  primemeter residence scenarios/residence-tenants.toml
  primemeter residence scenarios/residence-free-rider-fixed.toml --phase random
  primemeter residence scenarios/residence-tenants.toml --period 400_000 --html residence.html
  primemeter residence scenarios/residence-tenants.toml --svg curve.svg --chart working-set`,
  )
  .action(async (file: string, flags: ResidenceFlags) => {
    process.exitCode = (await residenceCommand(file, flags)) ? 0 : FAILED;
  });

program
  .command("check")
  .description("check a scenario file and its programs, without running it")
  .argument("<file>", "scenario (TOML)")
  .addHelpText("after", "\nExample:\n  primemeter check scenarios/off-switch.toml")
  .action((file: string) => checkCommand(file));

program
  .command("instrument")
  .description("make a module of WebAssembly count what it runs, ahead of time")
  .argument("<file>", "module (.wasm)")
  .option(
    "-o, --output <file>",
    "write what comes of it to this file, and its source map beside it",
  )
  .option("--source-map <file>", "the module's source map, to be moved along")
  .option(
    "--types <file>",
    "write TypeScript types of its exports and imports to this file (.d.ts)",
  )
  .option("--costs <file>", "what instructions cost (TOML or JSON); without it a cycle each")
  .option("--json", "print one JSON object and nothing else")
  .addHelpText(
    "after",
    `
What it writes, openInstrumented of primemeter/wasm opens and kernel.loadWasm runs. Without --output it only says
what would come of it.

Exit codes:
  0  it is instrumented
  2  a bad file or wrong usage

Examples:
  primemeter instrument plugin.wasm -o plugin.metered.wasm
  primemeter instrument plugin.wasm -o plugin.metered.wasm --source-map plugin.wasm.map
  primemeter instrument plugin.wasm -o plugin.metered.wasm --costs costs.toml
  primemeter instrument plugin.wasm --types plugin.d.ts`,
  )
  .action((file: string, flags: InstrumentFlags) => instrumentCommand(file, flags));

program
  .command("sim")
  .description(
    "simulate several processors on one kernel, every race by a seed, beside a naive model",
  )
  .option("--processors <n>", "simulated processors, 1 to 16", whole(1, MAX_PROCESSORS), 4)
  .option(
    "--seed <n>",
    "where all chance comes from; the next worlds take the next seeds",
    whole(0, 2 ** 32 - 1),
  )
  .option("--steps <n>", "steps in all, of processors and of the host", whole(1, 1e12), 1_000_000)
  .option("--check <n>", "check the whole store after so many steps each", whole(1, 1e12), 10_000)
  .option("--assertions", "the build with assertions: slower, and processors die at any store")
  .addOption(
    new Option("--canary <name>", "plant a fault, which must be found").choices(CANARY_NAMES),
  )
  .option("--json", "print one JSON object and nothing else")
  .addHelpText(
    "after",
    `
Exit codes:
  0  kernel and model agree
  1  they do not: a short trace of how, and the command that shows it again
  2  wrong usage

Examples:
  primemeter sim --processors 4 --seed 1 --steps 10_000_000
  primemeter sim --canary claim`,
  )
  .action(async (flags: Partial<SimFlags>) => {
    const drawn = { seed: randomInt(2 ** 32), ...flags } as SimFlags;
    process.exitCode = (await simCommand(drawn)) ? 0 : FAILED;
  });

program
  .command("locks")
  .description("stop callers everywhere in a transaction: which of five ways to lock survives that")
  .option("--way <letters>", `only these ways, of ${LETTERS}`, ways)
  .option("--every <n>", "stop at one instruction boundary in so many only", whole(1, 1e6), 1)
  .option("--work <n>", "rounds of two instructions inside a transaction", whole(1, 1000), 8)
  .option("--processors <n>", "run it on so many processors, simulated", whole(1, 4), 1)
  .option(
    "--svg <file>",
    "draw how long the next caller waits (needs echarts: npm install echarts)",
  )
  .option("--json", "print one JSON object and nothing else")
  .addHelpText(
    "after",
    `
Ways:
${WAYS.map(({ way, name, about }) => `  ${way}  ${name}: ${about}`).join("\n")}

Exit codes:
  0  b, c and d survive every stop; a and e show how they fail
  1  one doesn't
  2  wrong usage

Examples:
  primemeter locks
  primemeter locks --way ab --every 10
  primemeter locks --svg locks.svg
  primemeter run scenarios/lock-spin.toml`,
  )
  .action(async (flags: LocksFlags) => {
    process.exitCode = (await locksCommand(flags)) ? 0 : FAILED;
  });

program
  .command("wire")
  .description("switch a group of programs off: by the wire of its meter, and by grants that end")
  .addOption(
    new Option("--grants <sizes>", "cycles of a grant, for each battery")
      .argParser(grants)
      .default(GRANTS, GRANTS.join(",")),
  )
  .option("--moments <n>", "at so many moments", whole(1, 1e6), 20)
  .option("--seed <n>", "where moments and programs come from", whole(0, 2 ** 32 - 1), 1)
  .option("--svg <file>", "draw the figures as a chart (needs echarts: npm install echarts)")
  .option("--json", "print one JSON object and nothing else")
  .addHelpText(
    "after",
    `
Exit codes:
  0  the wire stopped its group at once, every time
  1  it did not
  2  wrong usage

Examples:
  primemeter wire
  primemeter wire --grants 5_000,500_000 --moments 100
  primemeter wire --svg wire.svg`,
  )
  .action(async (flags: WireFlags) => {
    process.exitCode = (await wireCommand(flags)) ? 0 : FAILED;
  });

const bench = program
  .command("bench")
  .description("measure what billing costs on this machine, and how exact it is")
  .addHelpText("after", "\nExample:\n  primemeter bench billing");

bench
  .command("billing")
  .description("bill by ticks, by clocks of every kind and at sets of points: cost, and error")
  .option("--small", "fewer rates and rounds, shorter: some seconds instead of a minute or two")
  .addOption(new Option("--only <part>", "how exact it is, or what it costs here").choices(PARTS))
  .option("--seed <n>", "where the programs' bursts come from", whole(0, 2 ** 31 - 1), 1)
  .option("--html <file>", "write a page with charts (needs echarts: npm install echarts)")
  .option("--svg <file>", "draw the errors as a picture (needs echarts, too)")
  .option("--json", "print one JSON object and nothing else")
  .addHelpText(
    "after",
    `
Exit codes:
  0  bills are as exact as they must be; cost is measured, and never wrong
  1  they are not
  2  wrong usage

Examples:
  primemeter bench billing
  primemeter bench billing --html billing.html
  primemeter bench billing --only error --seed 7
  primemeter bench billing --only cost --json | jq '.cost.loads[0].ways'`,
  )
  .action(async (flags: BillingFlags) => {
    process.exitCode = (await billingCommand(flags)) ? 0 : FAILED;
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof InvalidArgumentError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = BAD_USAGE;
  } else if (error instanceof CommanderError) {
    // Commander has said it already.
    process.exitCode = error.exitCode === 0 ? 0 : BAD_USAGE;
  } else if (error instanceof ScenarioError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = BAD_USAGE;
  } else {
    throw error;
  }
}

function processorCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_PROCESSORS) {
    throw new InvalidArgumentError(`Expected a number of processors from 1 to ${MAX_PROCESSORS}.`);
  }
  return count;
}

/** Milliseconds of 16 MHz; as cycles. */
function milliseconds(text: string): bigint {
  const count = /^\d[\d_]*$/.test(text) ? Number(text.replaceAll("_", "")) : 0;
  if (count < 1 || count > 1e9) {
    throw new InvalidArgumentError("Expected a whole number of milliseconds from 1.");
  }
  return BigInt(count) * BigInt(CYCLES_OF_MS);
}

function cycleCount(text: string): bigint {
  const count = /^\d[\d_]*$/.test(text) ? BigInt(text.replaceAll("_", "")) : -1n;
  if (count < 0n || count > UNLIMITED) {
    throw new InvalidArgumentError("Expected a count of cycles, such as 5_000_000.");
  }
  return count;
}

/** Parses letters of ways, such as `abe`. */
function ways(text: string): Way[] {
  const found = WAYS.map(({ way }) => way).filter((way) => text.includes(way));
  if (found.length === 0 || found.length !== text.length) {
    throw new InvalidArgumentError(`Expected letters of ${LETTERS}, such as "ab".`);
  }
  return found;
}

/** Parses sizes of grants, such as `1_000,10_000`. */
function grants(text: string): bigint[] {
  const sizes = text.split(",").map((size) => (/^\d[\d_]*$/.test(size) ? cycleCount(size) : 0n));
  if (sizes.some((size) => size < 1n || size > MOST_GRANT)) {
    const example = "such as 1_000,100_000";
    throw new InvalidArgumentError(`Expected cycles from 1 to ${MOST_GRANT}, ${example}.`);
  }
  return sizes;
}

/** Parses a whole number in a range; digits may be grouped by underscores. */
function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d[\d_]*$/.test(text) ? Number(text.replaceAll("_", "")) : -1;
    if (number < least || number > most) {
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

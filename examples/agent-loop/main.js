// An agent that works on several tasks at once and calls tools, which are plugins. Two budgets are in one tree: what
// each task may use, and above them all what a day may: node examples/agent-loop/main.js

import { readFileSync } from "node:fs";
import { createKernel, ExhaustedError } from "primemeter";
import { instrument } from "primemeter/wasm";
import { table } from "../table.js";
import { tasks } from "./model.js";

const PER_DAY = 60_000_000n;
const PER_TASK = 20_000_000n;

const load = (name) => instrument(readFileSync(new URL(`tools/${name}.wasm`, import.meta.url)));
const tools = {
  primes: load("primes"),
  fibonacci: load("fibonacci"),
  collatz: load("collatz"),
};

const kernel = createKernel();
const day = kernel.createMeter({ name: "day", superior: kernel.primeMeter, cycles: PER_DAY });
// Whoever runs dry waits for the answer at the very instruction where it stands.
day.keeper = async ({ meter }) => {
  console.log("day: its budget is spent, everything waits");
  await tomorrow();
  console.log("day: a new one");
  meter.add(PER_DAY);
};

/** Works on a task: the model thinks and calls tools in turn, until it has an answer. */
async function work(name, model) {
  const keeper = async ({ meter }) => {
    if (!(await ask(name))) return "decline";
    meter.add(PER_TASK);
  };
  const meter = kernel.createMeter({ name, superior: day.key, cycles: PER_TASK, keeper });
  const thoughts = model();
  try {
    let step = thoughts.next();
    while (!step.done) step = thoughts.next(await useTool(step.value, meter));
    return { meter, outcome: step.value };
  } catch (error) {
    if (!(error instanceof ExhaustedError)) throw error;
    return { meter, outcome: "has spent its budget" };
  }
}

/** A guest for each use: nothing that a tool has left behind is there at the next. */
async function useTool({ tool, input }, meter) {
  const name = `${tool} of ${meter.name}`;
  // In a thread of its own, so that it can wait; "trap": it does not wait for more where that was declined.
  const guest = kernel.loadWasm(tools[tool], { name, meter, worker: true, onDecline: "trap" });
  try {
    return await guest.call("run", input);
  } finally {
    guest.domain.rescind();
  }
}

/** Stands for a dialog: may the task have its budget once more? */
async function ask(task) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const isGranted = task === "hailstones";
  console.log(`${task}: more? ${isGranted ? "yes" : "no"}`);
  return isGranted;
}

/** Stands for the night. */
function tomorrow() {
  return new Promise((resolve) => setTimeout(resolve, 100));
}

const done = await Promise.all(Object.entries(tasks).map(([name, model]) => work(name, model)));

const rows = done.map(({ meter, outcome }) => ({
  task: meter.name,
  used: meter.statistics().consumed,
  left: meter.peek(),
  outcome,
}));
console.log(`\n${table(rows)}\n`);
const [used, left] = [day.statistics().consumed, day.peek()].map((count) =>
  count.toLocaleString("en"),
);
console.log(`both days: ${used} used, ${left} left`);

import { type KernelEvents, trapReason } from "../index.js";
import { ACTS } from "../scenario/act-rules.js";
import { bytesOf, shownBytes, shownLike } from "../scenario/bytes.js";
import type { Called } from "../scenario/calls.js";
import type { Told } from "../scenario/console.js";
import { nameOf } from "../scenario/mail.js";
import { shownOrder } from "../scenario/message-claim.js";
import { counted, grouped } from "../scenario/number.js";
import type { AnswerReport } from "../scenario/report.js";
import type { ScenarioRun } from "../scenario/run.js";
import type { ActPlan, Scenario } from "../scenario/scenario.js";
import type { Paint } from "./table.js";
import { wordSeconds } from "./tree.js";

/** Lines about one subject and of one kind before the rest is only counted in the bill. */
const SHOWN = 4;
const LONGEST_LINE = 400;

/** What happens in a run, as lines: guests' output, keeper calls, parks, traps, acts. */
export class Journal {
  readonly #width: number;
  readonly #reported: ReadonlySet<string>;
  readonly #groups = new Map<string, string>();
  readonly #said = new Map<string, number>();
  /** Domains whose keeper has just declined: they are about to be parked. */
  readonly #declined = new Set<string>();
  readonly #texts = new Map<string, { decoder: TextDecoder; line: string }>();
  /** Meters that the operator switched off, and didn't raise since. */
  readonly #off = new Set<string>();

  constructor(
    readonly run: ScenarioRun,
    scenario: Scenario,
    readonly paint: Paint,
    readonly print: (line: string) => void,
  ) {
    const reported = scenario.meters.filter(({ keeper }) => keeper?.report);
    this.#reported = new Set(reported.map(({ name }) => name));
    for (const { name, names } of scenario.domains) {
      for (const copy of names) this.#groups.set(copy, name);
    }
    const talkers = scenario.domains.map(({ names }) => names.at(-1)!.length);
    this.#width = Math.min(16, Math.max("operator".length, ...talkers));
    const { kernel } = run;
    kernel.on("output", ({ domain, bytes, time }) => this.#output(domain.name, bytes, time));
    kernel.on("end", ({ domain, time }) => this.#flush(domain.name, time));
    kernel.on("keeper", (event) => this.#keeper(event));
    kernel.on("keeperError", ({ meter, error, time }) => {
      this.#note(time, "keeper", `of ${meter.name} failed: ${String(error)}`, meter.name);
    });
    kernel.on("park", ({ domain, meter, resource, time }) => {
      const declined = this.#declined.delete(domain.name) ? ", its keeper declined" : "";
      const dry = resource === "cpu" ? "is dry" : "has too little storage";
      const why = this.#off.has(meter.name) ? "is switched off" : `${dry}${declined}`;
      const about = this.#reported.has(meter.name) ? null : this.#groups.get(domain.name)!;
      this.#note(time, "parked", `${domain.name}: ${meter.name} ${why}`, about);
    });
    kernel.on("bankruptcy", ({ partition, time }) => {
      const text = `${partition.name}: its critical budget is overdrawn`;
      this.#note(time, "bankrupt", text, partition.name);
    });
    kernel.on("clock", ({ fault, time }) => {
      this.#note(time, "clock", fault === "jump" ? "has jumped ahead" : "has gone back", null);
    });
    kernel.on("trap", ({ domain, code, time }) => {
      this.#flush(domain.name, time);
      const text = `${domain.name}: ${trapReason(code)}`;
      this.#note(time, "trapped", text, this.#groups.get(domain.name)!);
    });
  }

  act(act: ActPlan): void {
    const key = ACTS.find((key) => act[key] !== undefined)!;
    const { cycles, storage, superior, meter, off, on, add, set, order, keys } = act;
    const what = act[key]!;
    if (off !== undefined) this.#off.add(off);
    for (const raised of [on, add, set]) if (raised !== undefined) this.#off.delete(raised);
    const bytes = bytesOf(act);
    const more = [
      ...(cycles === undefined ? [] : [`, ${grouped(cycles)} cycles`]),
      ...(storage === undefined ? [] : [`, ${wordSeconds(storage)} word-seconds`]),
      ...(superior === undefined ? [] : [` under ${superior}`]),
      ...(meter === undefined ? [] : [` to ${meter}`]),
      ...(order === undefined ? [] : [`, order ${shownOrder(order)}`]),
      ...(bytes === undefined ? [] : [`, ${shownLike(act, bytes)}`]),
      ...(keys === undefined ? [] : [`, ${counted(keys.length, "key")}`]),
      ...scheduling(act),
      ...(act.phase === undefined ? [] : [`, ${act.phase} phase`]),
      ...(act.offset === undefined ? [] : [`, offset ${grouped(act.offset)}`]),
    ];
    const subject = typeof what === "number" ? grouped(what) : nameOf(what);
    const text = `${key.replace("-domain", "")} ${subject}${more.join("")}`;
    this.#note(act.cycle, "operator", text, null);
  }

  /** What a guest's call came to. */
  called({ domain, call, outcome, results, error, cycle }: Called): void {
    const came = { returned: `gives ${results?.join(", ") || "nothing"}`, failed: error };
    const text = outcome === "exhausted" ? "ran out of cycles" : came[outcome];
    this.#note(cycle, domain, `${call}: ${text}`, this.#groups.get(domain)!);
  }

  /** What a domain tells the console is shown as its output is, beside the order. */
  told({ domain, cycle, order, bytes }: Told): void {
    this.#note(cycle, domain, `tells the console: ${shownMessage(order, bytes)}`, null);
  }

  answer({ name, to, order, bytes, refusal }: AnswerReport): void {
    const what = name === null ? `call of ${to}` : name;
    const answer = order === null ? `refused: ${refusal}` : shownMessage(order, bytes!);
    this.#note(this.run.kernel.time, "answer", `${what}: ${answer}`, null);
  }

  /** Guests' last lines that did not end. */
  end(): void {
    for (const name of this.#texts.keys()) this.#flush(name, this.run.kernel.time);
  }

  #keeper({ meter, domain, resource, outcome, time }: KernelEvents["keeper"]): void {
    const about = this.#reported.has(meter.name) ? null : meter.name;
    const dry = resource === "cpu" ? "is dry" : "has too little storage";
    const who = `${meter.name} ${dry} under ${domain.name}`;
    if (outcome === "decline") this.#declined.add(domain.name);
    else if (outcome === "later") this.#note(time, "keeper", `${who}: waits`, about);
    else if (outcome === "restart") {
      const isCpu = resource === "cpu";
      const counter = isCpu ? meter.peek() : meter.storage.peek();
      const amount = isCpu ? grouped(counter) : `${wordSeconds(counter)} word-seconds`;
      const text = counter === 0n ? "its keeper adds nothing" : `refilled to ${amount}`;
      this.#note(time, "keeper", `${who}: ${text}`, about);
    }
  }

  #output(name: string, bytes: Uint8Array, time: bigint): void {
    let text = this.#texts.get(name);
    if (text === undefined) {
      text = { decoder: new TextDecoder(), line: "" };
      this.#texts.set(name, text);
    }
    const lines = (text.line + text.decoder.decode(bytes, { stream: true })).split("\n");
    text.line = lines.pop()!;
    for (const line of lines) this.#line(time, name, line);
    while (text.line.length > LONGEST_LINE) {
      this.#line(time, name, text.line.slice(0, LONGEST_LINE));
      text.line = text.line.slice(LONGEST_LINE);
    }
  }

  #flush(name: string, time: bigint): void {
    const text = this.#texts.get(name);
    if (text === undefined || text.line === "") return;
    this.#line(time, name, text.line);
    text.line = "";
  }

  /** `about` is whose lines are bounded; null for those that are all shown. */
  #note(time: bigint, who: string, text: string, about: string | null): void {
    if (about !== null) {
      const key = `${who} ${about}`;
      const said = (this.#said.get(key) ?? 0) + 1;
      this.#said.set(key, said);
      if (said > SHOWN + 1) return;
      if (said > SHOWN) {
        this.#print(
          time,
          this.paint.dim(who.padEnd(this.#width)),
          this.paint.dim(`${about}: … and so on`),
        );
        return;
      }
    }
    this.#print(time, this.paint.dim(who.padEnd(this.#width)), this.paint.dim(text));
  }

  #line(time: bigint, name: string, text: string): void {
    const who = name.length > this.#width ? `${name.slice(0, this.#width - 1)}…` : name;
    this.#print(time, this.paint.cyan(who.padEnd(this.#width)), harmless(text));
  }

  #print(time: bigint, who: string, text: string): void {
    this.print(`${this.paint.dim(grouped(time).padStart(15))}  ${who}  ${text}`);
  }
}

/** What an act says of partitions. */
function scheduling(act: ActPlan): string[] {
  const { budget, max, critical, partition, priority, policy, "client-pays": clientPays } = act;
  const cycles = typeof critical === "bigint" ? ` ${grouped(critical)}` : "";
  return [
    ...(budget === undefined ? [] : [`, budget ${budget} %`]),
    ...(max === undefined ? [] : [`, max ${max} %`]),
    ...(partition === undefined ? [] : [` to ${partition}`]),
    ...(priority === undefined ? [] : [`, priority ${priority}`]),
    ...(policy === undefined ? [] : [`, ${policy}`]),
    ...(critical === undefined ? [] : [`,${critical === false ? " not" : ""} critical${cycles}`]),
    ...(clientPays === undefined ? [] : [clientPays ? ", its clients pay" : ", pays itself"]),
  ];
}

function shownMessage(order: number, bytes: Uint8Array): string {
  return `order ${shownOrder(order)}${bytes.length === 0 ? "" : `, ${shownBytes(bytes)}`}`;
}

/** What a guest prints must not steer the terminal. */
function harmless(text: string): string {
  return text.replaceAll("\t", "  ").replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

import pc from "picocolors";
import { type SurveyTick, survey, type WayReport } from "../locks/survey.js";
import { delayVerdict, verdict } from "../locks/verdict.js";
import { MANNERS, WAYS, type Way } from "../locks/way.js";
import { counted, grouped } from "../scenario/number.js";
import { checkChart, writeChart } from "./chart.js";
import { colourful } from "./colour.js";
import { locksChart } from "./locks-chart.js";
import { type Paint, table, wrapped } from "./table.js";
import { Ticker, watch } from "./ticker.js";

export interface LocksFlags {
  readonly way?: readonly Way[];
  readonly every: number;
  readonly work: number;
  readonly processors: number;
  readonly json?: boolean;
  readonly svg?: string;
}

/** Stops callers of the bank everywhere, and prints what became of the others; true where that is as it must be. */
export async function locksCommand(flags: LocksFlags): Promise<boolean> {
  const { every, work, processors, json, svg } = flags;
  const ways = flags.way ?? WAYS.map(({ way }) => way);
  const paint = pc.createColors(colourful(process.stdout));
  if (svg !== undefined) await checkChart(svg);
  if (!json) process.stdout.write(`${opening(flags, paint)}\n`);
  const ticker = json ? undefined : new Ticker(paint);
  const reports = await watch(survey({ ways, every, work, processors }), tickWords, ticker);
  if (svg !== undefined) await writeChart(svg, locksChart(reports));
  const words = json
    ? toJson(reports, flags)
    : `${reports.map((way) => page(way, paint)).join("\n")}\n`;
  process.stdout.write(words);
  return reports.every(({ ok }) => ok);
}

function opening({ every, work, processors }: LocksFlags, paint: Paint): string {
  const boundary = "instruction boundary";
  const each = every === 1 ? `each ${boundary}` : `one ${boundary} in ${grouped(every)}`;
  const about = MANNERS.map(({ manner, about }) => `    ${manner.padEnd(10)} ${about}`);
  return [
    `  A caller of the bank is stopped at ${each} of a transaction`,
    `  (${counted(work, "round")} of work inside, ${counted(processors, "processor")}):`,
    ...about,
    paint.dim("  after that, two callers of another tenant want all their transactions done."),
    "",
  ].join("\n");
}

function tickWords({ way, what, moment, moments }: SurveyTick): string {
  return `way ${way}, ${what}: moment ${grouped(moment)} of ${grouped(moments)}`;
}

/** Of text, beside its mark. */
const COLUMNS = 90;
const HEADS = [
  ...["stopped", "moments", "done", "wanted", "money lost", "locks held"],
  ...["stranded", "mean wait", "worst", "never"],
];

function page(report: WayReport, paint: Paint): string {
  const { plan, course, manners, delay } = report;
  const { alone, crowd } = course.cost;
  const rows = [
    ...manners.map((manner) => row(manner.manner, manner, manner.mustSurvive)),
    ...(delay ? [row("owner off", delay, true)] : []),
  ];
  const cost = `${tenths(alone)} cycles a transaction alone, ${tenths(crowd)} among four callers`;
  return [
    `  ${paint.bold(`${plan.way}  ${plan.name}`)}: ${plan.about}`,
    paint.dim(`     ${cost}`),
    table(HEADS, rows, ["left", ...HEADS.slice(1).map(() => "right" as const)], paint),
    `  ${mark(manners.every(({ ok }) => ok))} ${wrapped(verdict(report), COLUMNS, "    ")}`,
    ...(delay ? [`  ${mark(delay.ok)} ${wrapped(delayVerdict(delay), COLUMNS, "    ")}`] : []),
    "",
  ].join("\n");

  function mark(ok: boolean): string {
    return ok ? paint.green("✓") : paint.red("✗");
  }

  function row(
    name: string,
    tally: WayReport["manners"][number] | NonNullable<typeof delay>,
    must: boolean,
  ): string[] {
    const { lost, held, stranded, never, wait } = tally;
    const bad = (count: number) => {
      if (count === 0) return "0";
      return must ? paint.red(grouped(count)) : paint.yellow(grouped(count));
    };
    return [
      ...[name, grouped(tally.moments), grouped(tally.done), grouped(tally.wanted)],
      ...[bad(lost), bad(held), bad(stranded)],
      ...[wait.mean === null ? "–" : grouped(Math.round(wait.mean))],
      ...[wait.worst === null ? "–" : grouped(wait.worst), bad(never)],
    ];
  }
}

function toJson(reports: readonly WayReport[], { every, work, processors }: LocksFlags): string {
  const ways = reports.map((report) => {
    const { plan, course, manners, delay, ok } = report;
    return {
      ...{ way: plan.way, name: plan.name, survives: plan.survives, ok, summary: verdict(report) },
      transaction: {
        ...{ cyclesAlone: course.cost.alone, cyclesInCrowd: course.cost.crowd },
        ...{ clock: course.length, boundaries: course.moments.length },
      },
      stops: manners.map(({ outcomes, ...manner }) => ({
        ...manner,
        // For each moment: cycles from the transaction's begin, and until the next caller got in.
        waits: outcomes.map(({ at, wait }) => [at, wait]),
      })),
      ownerDelayed: delay && { ...delay, summary: delayVerdict(delay) },
    };
  });
  const ok = reports.every((report) => report.ok);
  return `${JSON.stringify({ every, work, processors, ok, ways }, null, 2)}\n`;
}

function tenths(number: number): string {
  return String(Math.round(number * 10) / 10);
}

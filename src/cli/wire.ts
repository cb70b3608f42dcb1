import pc from "picocolors";
import { counted, grouped } from "../scenario/number.js";
import { type ComparisonTick, compare, type ModelReport } from "../wire/comparison.js";
import type { Model } from "../wire/group.js";
import { checkChart, writeChart } from "./chart.js";
import { colourful } from "./colour.js";
import { decimal } from "./json.js";
import { short } from "./short.js";
import { type Paint, table, wrapped } from "./table.js";
import { Ticker, watch } from "./ticker.js";
import { wireChart } from "./wire-chart.js";

export interface WireFlags {
  readonly grants: readonly bigint[];
  readonly moments: number;
  readonly seed: number;
  readonly json?: boolean;
  readonly svg?: string;
}

/** Compares the wire with batteries; true where the wire stopped its group at once, every time. */
export async function wireCommand(flags: WireFlags): Promise<boolean> {
  const { json, svg } = flags;
  const paint = pc.createColors(colourful(process.stdout));
  if (svg !== undefined) await checkChart(svg);
  if (!json) process.stdout.write(`${opening(flags, paint)}\n`);
  const reports = await watch(compare(flags), tickWords, json ? undefined : new Ticker(paint));
  if (svg !== undefined) await writeChart(svg, wireChart(reports));
  process.stdout.write(json ? toJson(reports, flags) : page(reports, paint));
  return reports.every(({ ok }) => ok);
}

function opening({ moments, seed }: WireFlags, paint: Paint): string {
  return [
    `  A group of 12 programs is switched off at ${counted(moments, "unforeseen moment")} (seed ${seed}):`,
    "    wire       they run on the tree of meters; off is one call at the group's meter",
    "    battery    each has grants of cycles; off stops the dispenser, what is granted runs on",
    paint.dim("  beside it, 3 programs of another tenant want the processor, too."),
    "",
    paint.dim(
      "  last cycle: of the group, after the switch; stranded: in grants, unused at the switch; of that,",
    ),
    paint.dim(
      "  ran on: after it; never used: their programs had ended. In cycles, means unless it says worst.",
    ),
    "",
  ].join("\n");
}

function tickWords({ model, moment, moments }: ComparisonTick): string {
  return `${nameOf(model)}: moment ${grouped(moment)} of ${grouped(moments)}`;
}

const HEADS = [
  ...["grants of", "last cycle", "at worst", "stranded", "at worst", "ran on", "never used"],
  "grants/M",
];

function page(reports: readonly ModelReport[], paint: Paint): string {
  const rows = reports.map(({ model, last, stranded, ranOn, lost, grantsPerMillion }) => [
    model.kind === "wire" ? paint.bold("none: wire") : grouped(model.grant),
    ...[
      last.mean,
      last.worst,
      stranded.mean,
      stranded.worst,
      ranOn.mean,
      lost.mean,
      grantsPerMillion,
    ].map((figure) => short(figure)),
  ]);
  const drawn = table(HEADS, rows, ["left", ...HEADS.slice(1).map(() => "right" as const)], paint);
  const marks = verdicts(reports).map(({ ok, text }) => {
    return `  ${ok ? paint.green("✓") : paint.red("✗")} ${wrapped(text, 90, "    ")}`;
  });
  return `${drawn}\n\n${marks.join("\n")}\n`;
}

/** What the figures say. */
function verdicts(reports: readonly ModelReport[]): { ok: boolean; text: string }[] {
  const [wire, ...batteries] = reports as [ModelReport, ...ModelReport[]];
  const visits = `${whole(wire.visits.mean)} records visited`;
  const first = wire.ok
    ? `Wire: at every moment the group's last instruction was the one before the switch (${visits}).`
    : `Wire: the group ran on for ${whole(wire.last.worst)} cycles, and must not.`;
  const [small, large] = [batteries[0], batteries.at(-1)];
  return [
    { ok: wire.ok, text: first },
    ...(small && large
      ? [{ ok: batteries.every(({ ok }) => ok), text: batteryVerdict(small, large) }]
      : []),
  ];
}

/** On the first battery and the last, which may be the same. */
function batteryVerdict(small: ModelReport, large: ModelReport): string {
  const cost = `cost ${short(small.grantsPerMillion)} grants per million cycles`;
  const first = `grants of ${sizeOf(small)} end it after ${short(small.last.mean)} cycles and ${cost}`;
  if (small === large) return `Battery: ${first}.`;
  const other = `those of ${sizeOf(large)} cost ${short(large.grantsPerMillion)}`;
  return `Battery: ${first}; ${other}, and it runs on for ${short(large.last.mean)}.`;
}

function toJson(reports: readonly ModelReport[], { moments, seed }: WireFlags): string {
  const object = {
    ...{ moments, seed, ok: reports.every(({ ok }) => ok) },
    summary: verdicts(reports).map(({ text }) => text),
    models: reports.map(({ model, ...figures }) => ({
      model: model.kind,
      grant: model.kind === "wire" ? null : model.grant,
      ...figures,
    })),
  };
  return `${JSON.stringify(object, decimal, 2)}\n`;
}

function nameOf(model: Model): string {
  return model.kind === "wire" ? "wire" : `grants of ${grouped(model.grant)}`;
}

function sizeOf({ model }: ModelReport): string {
  return model.kind === "wire" ? "" : grouped(model.grant);
}

function whole(number: number): string {
  return grouped(Math.round(number));
}

// The tables of `primemeter bench billing`, as text: for a terminal and for HTML alike.

import type { Cost, LoadCost } from "../billing-report/cost.js";
import { digits } from "../billing-report/digits.js";
import type { Exactness, WayReport } from "../billing-report/exactness.js";
import type { Outcome } from "../billing-report/trial.js";
import { REPAIRS, TICK } from "../billing-report/way.js";
import { grouped } from "../scenario/number.js";
import type { Sheet } from "./sheet.js";

export function exactnessSheets(exactness: Exactness): Sheet[] {
  const { ways, points, rates } = exactness;
  const heads = [BY_RATE, ...rates.map(rateText)];
  const rows = (reports: readonly WayReport[], of: (outcome: Outcome) => number) =>
    reports.map(({ way, outcomes }) => [way.name, ...outcomes.map((one) => digits(of(one)))]);
  const all = Object.values(ways);
  const { tick, longTick, exact, coarse, fast, drifting } = ways;
  const { x86, powerpc, mips, arm } = ways;
  return [
    {
      title: "How wrong the worst bill is",
      note: "in percent of what that domain ran; 100 where it was billed for nothing",
      heads,
      rows: rows(all, ({ worst }) => worst),
    },
    {
      title: "How wrong bills are, over all domains",
      note: "mean of their errors, whichever way each is wrong, in percent of what each ran",
      heads,
      rows: rows(all, ({ mean }) => mean),
    },
    {
      title: "Bias",
      note: "what all domains together are billed too much, in percent of what they ran; −: too little",
      heads,
      rows: rows(all, ({ bias }) => bias),
    },
    {
      title: "Shares",
      note: "how much the share of a domain in all bills is off, at most, in points",
      heads,
      rows: rows([tick, longTick, exact, coarse, fast, drifting], ({ shareShift }) => shareShift),
    },
    {
      title: "What readings take",
      note: "in percent of the processor's time, by what a reading costs on that target",
      heads,
      rows: rows([x86, powerpc, mips, arm], ({ readTime }) => readTime),
    },
    {
      title: "Billing points",
      note: "the worst bill's error in percent, with an exact clock read at these points only; readings a switch",
      heads: [...heads, "readings"],
      rows: points.map(({ way, outcomes }) => [
        way.name,
        ...outcomes.map(({ worst }) => digits(worst)),
        digits(outcomes.at(-1)!.readings),
      ]),
    },
    repairSheet(exactness),
  ];
}

const BY_RATE = "switches a tick, about";

/** 0.01 stays as it is, 1000 gets its comma. */
export function rateText(rate: number): string {
  return grouped(rate);
}

function repairSheet({ repairs }: Exactness): Sheet {
  const rows = new Map<string, string[]>();
  for (const { masked, outcome } of repairs) {
    const ticks = digits(masked / TICK);
    const name = `${rateText(outcome.rate)} a tick, masked ${ticks}`;
    rows.set(name, [...(rows.get(name) ?? [name]), digits(outcome.worst)]);
  }
  return {
    title: "Repairs of the rollover race",
    note: "the worst bill's error in percent, by switches a tick, by how many ticks interrupts are masked at most",
    heads: ["", ...REPAIRS],
    rows: [...rows.values()],
  };
}

/** What ways cost in all manners of switching, with those that were measured at several rates. */
export function costSheets({ loads, clocks, rounds, depth, machine }: Cost): Sheet[] {
  const blocking = loads.filter(({ load }) => load === "blocking");
  const shown = blocking.find(({ rate }) => rate === SHOWN_RATE) ?? blocking[0]!;
  const others = loads.filter(({ load }) => load !== "blocking");
  const [cached] = shown.ways;
  const rows = shown.ways.map(({ way, ...figures }) => [
    way,
    plusMinus(figures.switch),
    way === cached!.way ? "" : digits(figures.more.median),
    ...others.map((load) => plusMinus(costOf(load, way).switch)),
    ...blocking.map((load) =>
      way === cached!.way ? "" : digits(costOf(load, way).percent.median),
    ),
  ]);
  return [
    {
      title: "What a switch costs on this machine",
      note: `ns, median and half of its middle half over ${rounds} rounds, depth ${depth}; then percent of its time, so many switches a ms`,
      heads: [
        "",
        ...["blocking", "more"],
        ...others.map(({ load }) => load),
        ...blocking.map(({ rate }) => `${rateText(rate)}/ms`),
      ],
      rows,
    },
    {
      title: "Clocks of this machine",
      note: `${machine}; ns that a reading takes, the least step in ns, and percent of its time at one reading a switch`,
      heads: ["", "reading", "step", ...CLOCK_RATES.map((rate) => `${rateText(rate)}/ms`)],
      rows: clocks.map(({ clock, cost, resolution }) => [
        ...[clock, plusMinus(cost), Number.isFinite(resolution) ? digits(resolution) : "–"],
        ...CLOCK_RATES.map((rate) => digits((100 * cost.median * rate) / MS)),
      ]),
    },
  ];
}

const SHOWN_RATE = 100;
const CLOCK_RATES = [1, 10, 100, 1000];
/** Nanoseconds. */
const MS = 1e6;

export function costOf({ ways }: LoadCost, name: string): LoadCost["ways"][number] {
  return ways.find(({ way }) => way === name)!;
}

/** A median and half of the range of the middle half. */
function plusMinus({ median, p25, p75 }: LoadCost["ways"][number]["switch"]): string {
  return `${digits(median)} ±${digits(Number(((p75 - p25) / 2).toPrecision(1)))}`;
}

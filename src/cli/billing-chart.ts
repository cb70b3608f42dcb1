import { CACHED, type Cost } from "../billing-report/cost.js";
import { digits } from "../billing-report/digits.js";
import type { Exactness, WayReport } from "../billing-report/exactness.js";
import type { Outcome } from "../billing-report/trial.js";
import { ALL_POINTS, REPAIRS, TICK } from "../billing-report/way.js";
import { costOf, rateText } from "./billing-sheets.js";
import type { Chart } from "./chart.js";
import { barChart, lineChart } from "./figure.js";

export const BILLING_TITLE = "How exact billing is, by tick, by clock, by billing points";

/** The pictures of what is the same on every machine. */
export function exactnessCharts(exactness: Exactness): Chart[] {
  return [
    ...errorCharts(exactness),
    pointChart(exactness),
    ...repairCharts(exactness),
    readChart(exactness),
  ];
}

const BY_RATE = "switches a tick, about";

function errorCharts({ ways, rates }: Exactness): Chart[] {
  const all = Object.values(ways);
  const isSound = ({ outcomes }: WayReport) => outcomes.every(({ worst }) => worst < ERRORS.least);
  const sound = all.filter(isSound).map(({ way }) => way.name);
  const none = sound.length > 0 ? [{ name: sound.join(", "), values: rates.map(() => 0) }] : [];
  const chart = (title: string, about: string, of: (outcome: Outcome) => number) =>
    lineChart({
      ...{ ...ERRORS, title, about, across: BY_RATE, names: rates.map(rateText) },
      lines: [
        ...all
          .filter((report) => !isSound(report))
          .map(({ way, outcomes }) => ({ name: way.name, values: outcomes.map(of) })),
        ...none,
      ],
    });
  const dodger = "one domain dodges the ticks on purpose";
  return [
    chart(
      "How wrong the worst bill is, by how often the processor is switched",
      `percent of what that domain ran; ${dodger}`,
      ({ worst }) => worst,
    ),
    chart(
      "How wrong bills are, over all domains",
      `mean of their errors, in percent of what each ran; ${dodger}`,
      ({ mean }) => mean,
    ),
  ];
}

const ERRORS = { unit: "%", least: 0.001 };

function pointChart({ points, rates }: Exactness): Chart {
  const shown = rates.filter((rate) => rate >= 1 && rate <= 100).reverse();
  const isExact = ({ outcomes }: WayReport) => outcomes.every(({ worst }) => worst === 0);
  // Of those that miss nothing only the one that has all.
  const sets = points.filter((set) => !isExact(set) || set.way.name === ALL_POINTS);
  const left = points.length - sets.length;
  return barChart({
    ...ERRORS,
    title: "What sets of billing points miss",
    about: `the worst bill's error, with an exact clock read at these points only; ${left} other sets miss nothing`,
    across: "of what the domain ran",
    names: sets.map(({ way }) => way.name),
    lines: shown.map((rate) => ({
      name: perTick(rate),
      values: sets.map(({ outcomes }) => at(outcomes, rate).worst),
    })),
  });
}

function perTick(rate: number): string {
  return `${rateText(rate)} ${rate === 1 ? "switch" : "switches"} a tick`;
}

function at(outcomes: readonly Outcome[], rate: number): Outcome {
  return outcomes.find((outcome) => outcome.rate === rate)!;
}

function repairCharts({ repairs }: Exactness): Chart[] {
  const rates = [...new Set(repairs.map(({ outcome }) => outcome.rate))];
  const masked = [...new Set(repairs.map((one) => one.masked))];
  return rates.map((rate) => {
    const ofRate = repairs.filter(({ outcome }) => outcome.rate === rate);
    return lineChart({
      ...ERRORS,
      title: `The rollover race and its repairs, about ${perTick(rate)}`,
      about: "the worst bill's error with a clock emulated from a countdown",
      across: "ticks for which interrupts are masked at most; beyond 1 ticks are missed",
      names: masked.map((cycles) => digits(cycles / TICK)),
      lines: REPAIRS.map((repair) => ({
        name: repair === "none" ? "no repair" : repair,
        values: ofRate.filter((one) => one.repair === repair).map(({ outcome }) => outcome.worst),
      })),
    });
  });
}

function readChart({ ways, rates }: Exactness): Chart {
  const { x86, powerpc, mips, arm } = ways;
  return lineChart({
    title: "What readings take of the processor's time",
    about: "microbilling at all points, by what a reading costs on that target",
    across: `${BY_RATE} (where readings take most of the time there are fewer)`,
    names: rates.map(rateText),
    unit: "%",
    least: 0.001,
    lines: [arm, mips, powerpc, x86].map(({ way, outcomes }) => ({
      name: way.name,
      values: outcomes.map(({ readTime }) => readTime),
    })),
  });
}

/** The pictures of what was measured. */
export function costCharts({ loads, depth }: Cost): Chart[] {
  const blocking = loads.filter(({ load }) => load === "blocking");
  const [first] = loads as [Cost["loads"][number]];
  const others = loads.filter(({ load }) => load !== "blocking");
  const shown = [blocking.find(({ rate }) => rate === 100)!, ...others];
  const names = first.ways.map(({ way }) => way);
  return [
    barChart({
      title: "What a switch costs on this machine",
      about: `median over rounds, in nanoseconds; domains under ${depth} meters`,
      across: "ns a switch",
      names,
      unit: "ns",
      least: 0,
      lines: shown.map((load) => ({
        name: load.load,
        values: names.map((name) => costOf(load, name).switch.median),
      })),
    }),
    ...(blocking.length > 1
      ? [
          lineChart({
            title: "What billing takes of this machine's time",
            about: "more than cached meters take, of domains that block; medians",
            across: "switches a millisecond",
            names: blocking.map(({ rate }) => rateText(rate)),
            unit: "%",
            least: 0.0001,
            lines: SHOWN_COSTS.filter((name) => name !== CACHED && names.includes(name)).map(
              (name) => ({
                name,
                values: blocking.map((load) => costOf(load, name).percent.median),
              }),
            ),
          }),
        ]
      : []),
  ];
}

const SHOWN_COSTS = ["whole chain", "tick of 1 ms", "x86", "mips", "coarse", ALL_POINTS];

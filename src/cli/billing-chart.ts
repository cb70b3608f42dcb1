import { CACHED, type Cost } from "../billing-report/cost.js";
import { digits } from "../billing-report/digits.js";
import type { Exactness, WayReport } from "../billing-report/exactness.js";
import type { Outcome } from "../billing-report/trial.js";
import { ALL_POINTS, REPAIRS, TICK } from "../billing-report/way.js";
import { costOf, rateText } from "./billing-sheets.js";
import type { Chart } from "./chart.js";

const WIDTH = 900;
const LINES = 400;
/** Text and axes; a page may put its own colour in its place. */
export const INK = "#333333";
const FAINT = "rgba(127, 127, 127, 0.3)";
/** Told from each other on white and on black, each with a symbol of its own. */
const COLOURS = [
  ...["#d64550", "#d98324", "#9467bd", "#3f7fbf", "#2f9e62", "#17a2b8", "#b5548c", "#888888"],
];
/** Smaller and smaller, so that those that lie on each other are seen. */
const SYMBOLS = ["circle", "rect", "triangle", "diamond", "pin", "arrow", "roundRect", "circle"];

interface Line {
  readonly name: string;
  readonly values: readonly number[];
}

/**
 * Figures on an axis of powers of ten; what is below its beginning, `least`, stands there, and 0 says so. With a `least`
 * of 0 the axis is an ordinary one.
 */
interface Figures {
  readonly title: string;
  readonly about: string;
  readonly across: string;
  readonly names: readonly string[];
  readonly unit: string;
  readonly least: number;
  readonly lines: readonly Line[];
}

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

function lineChart(figures: Figures): Chart {
  const { title, across, names, lines, least, unit } = figures;
  const legends = rowsOf(lines).length * ROW;
  return {
    ...{ title, width: WIDTH, height: LINES + legends },
    option: {
      ...common(figures),
      grid: { left: 76, right: 28, top: LEGEND + 20 + legends, bottom: 56 },
      xAxis: { type: "category", boundaryGap: false, data: [...names], ...axis(across, 34) },
      yAxis: {
        type: "log",
        min: least,
        startValue: least,
        ...axis(""),
        axisLabel: label(least, unit),
      },
      series: lines.map(({ name, values }, index) => ({
        ...{ type: "line", name, symbol: SYMBOLS[index], symbolSize: 14 - index },
        lineStyle: { width: 2 },
        data: values.map((value) => Math.max(least, value)),
      })),
    } as Chart["option"],
  };
}

function barChart(figures: Figures): Chart {
  const { title, across, names, lines, least, unit } = figures;
  const most = Math.max(10 * least, ...lines.flatMap(({ values }) => values));
  const max = 10 ** Math.ceil(Math.log10(most));
  return {
    ...{ title, width: WIDTH, height: 150 + names.length * (lines.length * 13 + 8) },
    option: {
      ...common(figures),
      grid: { left: 132, right: 64, top: 90, bottom: 56 },
      xAxis: {
        ...(least === 0 ? { type: "value" } : { type: "log", min: least, startValue: least, max }),
        ...axis(across, 34),
        axisLabel: label(least, unit),
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: names.map((name) => name.trim()),
        ...axis(""),
      },
      series: lines.map(({ name, values }) => ({
        ...{ type: "bar", name, barGap: "10%", barCategoryGap: "25%" },
        data: values.map((value) => Math.max(least, value)),
        label: {
          ...{ show: true, position: "right", fontSize: 11, color: INK, textBorderWidth: 0 },
          formatter: ({ dataIndex }: { dataIndex: number }) => digits(values[dataIndex]!),
        },
      })),
    } as Chart["option"],
  };
}

function common({ title, about, lines }: Figures) {
  return {
    color: COLOURS,
    backgroundColor: "#ffffff",
    title: {
      ...{ text: title, subtext: about, left: 16, top: 8 },
      textStyle: { fontSize: 17, color: INK },
      subtextStyle: { fontSize: 13, color: INK },
    },
    legend: rowsOf(lines).map((row, number) => ({
      ...{ left: 12, top: LEGEND + number * ROW, itemGap: 18, data: row.map(({ name }) => name) },
      textStyle: { fontSize: 13, color: INK },
    })),
  };
}

/** Where legends begin, the height of one, and how many names are in it. */
const LEGEND = 54;
const ROW = 22;
const IN_ROW = 5;

function rowsOf(lines: readonly Line[]): (readonly Line[])[] {
  const rows = Math.ceil(lines.length / IN_ROW);
  return Array.from({ length: rows }, (_, row) => lines.slice(row * IN_ROW, (row + 1) * IN_ROW));
}

function axis(name: string, nameGap = 0) {
  return {
    ...{ name, nameLocation: "middle", nameGap },
    nameTextStyle: { fontSize: 13, color: INK },
    axisLabel: { fontSize: 12, color: INK },
    axisLine: { lineStyle: { color: INK } },
    splitLine: { lineStyle: { color: FAINT } },
  };
}

/** Powers of ten; where the axis begins is also nothing at all. */
function label(least: number, unit: string) {
  return {
    ...{ fontSize: 12, color: INK },
    formatter: (value: number) => (value <= least ? "0" : `${digits(value)} ${unit}`),
  };
}

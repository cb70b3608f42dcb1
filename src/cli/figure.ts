// Lines and bars, as all reports draw them.

import { digits } from "../billing-report/digits.js";
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

export interface Line {
  readonly name: string;
  readonly values: readonly number[];
}

/**
 * Figures on an axis of powers of ten; what is below its beginning, `least`, stands there, and 0 says so. With a `least`
 * of 0 the axis is an ordinary one, and may go below 0.
 */
export interface Figures {
  readonly title: string;
  readonly about: string;
  readonly across: string;
  readonly names: readonly string[];
  readonly unit: string;
  readonly least: number;
  readonly lines: readonly Line[];
}

export function lineChart(figures: Figures): Chart {
  const { title, across, names, lines, least, unit } = figures;
  const legends = rowsOf(lines).length * ROW;
  return {
    ...{ title, width: WIDTH, height: LINES + legends },
    option: {
      ...common(figures),
      grid: { left: 76, right: 28, top: LEGEND + 20 + legends, bottom: 56 },
      xAxis: { type: "category", boundaryGap: false, data: [...names], ...axis(across, 34) },
      yAxis: { ...scale(least), ...axis(""), axisLabel: label(least, unit) },
      series: lines.map(({ name, values }, index) => ({
        ...{ type: "line", name, symbol: SYMBOLS[index], symbolSize: 14 - index },
        ...(values.length > MOST_SYMBOLS ? { showSymbol: false } : {}),
        lineStyle: { width: 2 },
        data: values.map((value) => placed(value, least)),
      })),
    } as Chart["option"],
  };
}

export function barChart(figures: Figures): Chart {
  const { title, across, names, lines, least, unit } = figures;
  const all = lines.flatMap(({ values }) => values);
  const max = 10 ** Math.ceil(Math.log10(Math.max(10 * least, ...all)));
  const isBelow = least === 0 && all.some((value) => value < 0);
  return {
    ...{ title, width: WIDTH, height: 150 + names.length * (lines.length * 13 + 8) },
    option: {
      ...common(figures),
      grid: { left: 132, right: 64, top: 90, bottom: 56 },
      xAxis: {
        ...scale(least),
        ...(least === 0 ? {} : { max }),
        // Room for the figures of bars to the left of 0.
        ...(isBelow ? { boundaryGap: ["8%", "8%"] } : {}),
        ...axis(across, 34),
        axisLabel: label(least, unit),
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: names.map((name) => name.trim()),
        ...axis(""),
        // Names stay where they are: such bars don't cross them.
        ...(isBelow ? { axisLine: { onZero: false } } : {}),
      },
      series: lines.map(({ name, values }) => ({
        ...{ type: "bar", name, barGap: "10%", barCategoryGap: "25%" },
        data: values.map((value) =>
          least === 0 && value < 0 ? { value, label: { position: "left" } } : placed(value, least),
        ),
        label: {
          ...{ show: true, position: "right", fontSize: 11, color: INK, textBorderWidth: 0 },
          formatter: ({ dataIndex }: { dataIndex: number }) => digits(values[dataIndex]!),
        },
      })),
    } as Chart["option"],
  };
}

/** Of more points, none is marked. */
const MOST_SYMBOLS = 40;

function scale(least: number) {
  return least === 0 ? { type: "value" } : { type: "log", min: least, startValue: least };
}

function placed(value: number, least: number): number {
  return least === 0 ? value : Math.max(least, value);
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

/** Where an axis of powers of ten begins is also nothing at all. */
function label(least: number, unit: string) {
  const isNothing = (value: number) => (least === 0 ? value === 0 : value <= least);
  return {
    ...{ fontSize: 12, color: INK },
    formatter: (value: number) => (isNothing(value) ? "0" : `${digits(value)} ${unit}`.trimEnd()),
  };
}

import type { WayReport } from "../locks/survey.js";
import type { Chart } from "./chart.js";

/** Stopped by this manner, all ways fail that do. */
const MANNER = "off";

const WIDTH = 900;
const PANEL = 112;
const TOP = 84;
const BOTTOM = 56;
/** Where "never" is drawn, above all waits. */
const NEVER = 20_000;
const LEAST = 10;
const COLOURS = { in: "#2a6f97", never: "#c1121f" };

const TITLE = "Cycles until the next caller gets in, by where a caller is stopped";

/** For each way a panel: how long the next caller waits, by where in its transaction a caller is stopped. */
export function locksChart(reports: readonly WayReport[]): Chart {
  const panels = reports.map((report, index) => panel(report, index, index === reports.length - 1));
  return {
    title: TITLE,
    width: WIDTH,
    height: TOP + reports.length * PANEL + BOTTOM,
    option: {
      backgroundColor: "#ffffff",
      title: [
        {
          text: TITLE,
          subtext: `its meter is switched off at an instruction boundary of a transaction; red: nobody gets in any more`,
          left: 16,
          top: 8,
          textStyle: { fontSize: 17 },
          subtextStyle: { fontSize: 13, color: "#444" },
        },
        ...panels.map(({ title }) => title),
      ],
      grid: panels.map(({ grid }) => grid),
      xAxis: panels.map(({ xAxis }) => xAxis),
      yAxis: panels.map(({ yAxis }) => yAxis),
      series: panels.flatMap(({ series }) => series),
    } as Chart["option"],
  };
}

function panel({ plan, manners }: WayReport, index: number, isLast: boolean) {
  const top = TOP + index * PANEL;
  const outcomes = manners.find(({ manner }) => manner === MANNER)!.outcomes;
  // Transactions of different ways are of different lengths: in percent, all panels have one axis.
  const points = outcomes.map(({ wait }, i) => {
    const x = Math.round((10_000 * i) / Math.max(1, outcomes.length - 1)) / 100;
    return { x, wait };
  });
  const scatter = { type: "scatter", xAxisIndex: index, yAxisIndex: index, symbolSize: 5 };
  return {
    title: {
      text: `${plan.way}  ${plan.name}`,
      ...{ left: 16, top: top + 30 },
      textStyle: { fontSize: 14, fontWeight: "bold" },
    },
    grid: { left: 244, right: 24, top: top + 8, height: PANEL - 26 },
    xAxis: {
      ...{ gridIndex: index, type: "value", min: 0, max: 100, interval: 10 },
      axisLabel: { show: isLast, formatter: "{value} %", fontSize: 12, color: "#333" },
      splitLine: { show: false },
      ...(isLast
        ? {
            name: "of the instructions of the caller's transaction, its server's included",
            nameLocation: "middle",
            nameGap: 30,
          }
        : {}),
      nameTextStyle: { fontSize: 13, color: "#333" },
    },
    yAxis: {
      ...{ gridIndex: index, type: "log", min: LEAST, max: NEVER },
      axisLabel: {
        ...{ fontSize: 12, color: "#333" },
        formatter: (value: number) =>
          value === NEVER ? "never" : [10, 100, 1000].includes(value) ? String(value) : "",
      },
    },
    series: [
      {
        ...{ ...scatter, name: "gets in", itemStyle: { color: COLOURS.in } },
        data: points.flatMap(({ x, wait }) => (wait === null ? [] : [[x, Math.max(LEAST, wait)]])),
      },
      {
        ...{ ...scatter, name: "never", itemStyle: { color: COLOURS.never }, symbol: "rect" },
        data: points.flatMap(({ x, wait }) => (wait === null ? [[x, NEVER]] : [])),
      },
    ],
  };
}

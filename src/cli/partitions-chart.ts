import { CYCLES_OF_MS } from "../../assembly/layout.js";
import type { Chart } from "./chart.js";
import type { Sample } from "./samples.js";

const WIDTH = 900;
const HEIGHT = 460;
const TITLE = "Percent of the processors that each partition used";
const COLOURS = [
  ...["#2a6f97", "#c1121f", "#588157", "#bc6c25", "#7b2cbf", "#495057", "#0096c7", "#e07a5f"],
];

/** What each partition used in the window before each sample; dashed, its budget then. */
export function partitionsChart(file: string, samples: readonly Sample[]): Chart {
  const partitions = samples[0]?.partitions ?? [];
  const lines = partitions.map(({ name }, i) => {
    const points = (figure: "used" | "budget") =>
      samples.map(({ cycle, partitions }) => [
        Math.round(Number(cycle) / CYCLES_OF_MS),
        Math.round(100 * partitions[i]![figure]) / 100,
      ]);
    return {
      name,
      colour: COLOURS[i % COLOURS.length]!,
      used: points("used"),
      budget: points("budget"),
    };
  });
  const axis = { fontSize: 13, color: "#333" };
  return {
    title: TITLE,
    width: WIDTH,
    height: HEIGHT,
    option: {
      backgroundColor: "#ffffff",
      color: lines.map(({ colour }) => colour),
      title: {
        ...{ text: TITLE, left: 16, top: 8, textStyle: { fontSize: 17 } },
        subtext: `${file}: over the averaging window; dashed: what its budget guarantees`,
        subtextStyle: { fontSize: 13, color: "#444" },
      },
      legend: {
        ...{ data: lines.map(({ name }) => name), type: "scroll", top: 58, left: 16, right: 16 },
        textStyle: { fontSize: 13 },
      },
      grid: { left: 64, right: 24, top: 96, bottom: 56 },
      xAxis: {
        ...{ type: "value", name: "milliseconds", nameLocation: "middle", nameGap: 32, min: 0 },
        ...{ axisLabel: axis, nameTextStyle: axis, splitLine: { show: false } },
      },
      yAxis: { type: "value", min: 0, max: 100, axisLabel: { ...axis, formatter: "{value} %" } },
      series: lines.flatMap(({ name, colour, used, budget }) => [
        {
          ...{ type: "line", name, data: used, showSymbol: false },
          ...{ lineStyle: { width: 2, color: colour }, itemStyle: { color: colour } },
        },
        {
          ...{ type: "line", name: `budget of ${name}`, data: budget, showSymbol: false },
          ...{ step: "end", silent: true },
          lineStyle: { width: 1, type: "dashed", color: colour },
          itemStyle: { color: colour },
        },
      ]),
    } as Chart["option"],
  };
}

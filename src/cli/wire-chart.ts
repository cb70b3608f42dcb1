import { grouped } from "../scenario/number.js";
import type { ModelReport, Spread } from "../wire/comparison.js";
import type { Chart } from "./chart.js";
import { short } from "./short.js";

const WIDTH = 900;
const PANEL = 190;
const GAP = 56;
const TOP = 96;
const BOTTOM = 40;
const COLOURS = { mean: "#2a6f97", worst: "#c1121f" };

interface Panel {
  readonly title: string;
  readonly of: (report: ModelReport) => Spread;
  /** Where the axis begins; a figure of 0 is drawn here, and says that it is 0. */
  readonly least: number;
}

const PANELS: readonly Panel[] = [
  { title: "cycles until the group's last instruction", of: ({ last }) => last, least: 100 },
  { title: "cycles stranded in unused grants", of: ({ stranded }) => stranded, least: 100 },
  {
    title: "what it costs: grants for each million cycles",
    of: ({ grantsPerMillion: mean }) => ({ mean, worst: mean }),
    least: 0.1,
  },
];

const TITLE = "Wire against battery: a group is switched off at unforeseen moments";

/** Each figure by the size of grants, the wire first. */
export function wireChart(reports: readonly ModelReport[]): Chart {
  const names = reports.map(({ model }) => (model.kind === "wire" ? "wire" : grouped(model.grant)));
  const tops = PANELS.map((_, i) => TOP + i * (PANEL + GAP));
  return {
    title: TITLE,
    width: WIDTH,
    height: TOP + PANELS.length * (PANEL + GAP) - GAP + BOTTOM,
    option: {
      backgroundColor: "#ffffff",
      title: [
        {
          text: TITLE,
          subtext: "12 programs on a tree of meters, or each with grants of so many cycles",
          left: 16,
          top: 8,
          textStyle: { fontSize: 17 },
          subtextStyle: { fontSize: 13, color: "#444" },
        },
        ...PANELS.map(({ title }, i) => ({
          text: title,
          left: 16,
          top: tops[i]! - 30,
          textStyle: { fontSize: 14 },
        })),
      ],
      legend: { right: 24, top: 12, data: ["mean", "worst"], textStyle: { fontSize: 13 } },
      grid: tops.map((top) => ({ left: 96, right: 24, top, height: PANEL - 24 })),
      xAxis: PANELS.map((_, i) => ({
        ...{ type: "category", gridIndex: i, data: names },
        axisLabel: { fontSize: 13, color: "#333" },
        ...(i === PANELS.length - 1
          ? { name: "cycles of a grant", nameLocation: "middle", nameGap: 32 }
          : {}),
        nameTextStyle: { fontSize: 13, color: "#333" },
      })),
      yAxis: PANELS.map(({ least }, i) => ({
        ...{ type: "log", gridIndex: i, min: least, startValue: least },
        axisLabel: { fontSize: 12, color: "#333", formatter: (value: number) => short(value, 2) },
      })),
      series: PANELS.flatMap((panel, i) => seriesOf(panel, i, reports)),
    } as Chart["option"],
  };
}

function seriesOf({ of, least }: Panel, index: number, reports: readonly ModelReport[]) {
  const common = { type: "bar", xAxisIndex: index, yAxisIndex: index, barGap: "10%" };
  const bars = (name: "mean" | "worst") => ({
    ...{ ...common, name, itemStyle: { color: COLOURS[name] } },
    data: reports.map((report) => Math.max(least, of(report)[name])),
    label: {
      ...{ show: true, position: "top", fontSize: 12, color: "#222" },
      formatter: ({ dataIndex }: { dataIndex: number }) => short(of(reports[dataIndex]!)[name], 2),
    },
  });
  const isOne = reports.every((report) => of(report).mean === of(report).worst);
  return isOne && index === PANELS.length - 1 ? [bars("mean")] : [bars("mean"), bars("worst")];
}

import { writeFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import type { EChartsOption } from "echarts";

export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly option: EChartsOption;
}

/** Draws a chart as SVG; the same chart gives the same bytes. @throws {InvalidArgumentError} without echarts */
export async function drawChart({ width, height, option }: Chart): Promise<string> {
  const echarts = await load();
  const canvas = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  canvas.setOption({ animation: false, ...option });
  const svg = canvas.renderToSVGString();
  canvas.dispose();
  // Its ids count the charts of this process.
  return `${svg.replaceAll(/\bzr\d+-/g, "zr-")}\n`;
}

/** @throws {InvalidArgumentError} where the file can't be written */
export async function writeChart(file: string, chart: Chart): Promise<void> {
  const svg = await drawChart(chart);
  try {
    writeFileSync(file, svg);
  } catch (error) {
    throw new InvalidArgumentError(`--svg: ${(error as Error).message}`);
  }
}

/** It is large, and only charts need it: whoever wants them installs it beside primemeter. */
async function load() {
  try {
    return await import("echarts");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new InvalidArgumentError("--svg needs echarts to draw: npm install echarts");
  }
}

import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { InvalidArgumentError } from "commander";
import type { EChartsOption } from "echarts";

export interface Chart {
  /** What it shows, for whoever can't see it. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly option: EChartsOption;
}

/** Draws a chart as SVG; the same chart gives the same bytes. @throws {InvalidArgumentError} without echarts */
export async function drawChart({ title, width, height, option }: Chart): Promise<string> {
  const echarts = await load();
  const canvas = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  canvas.setOption({ animation: false, ...option });
  const svg = canvas.renderToSVGString();
  canvas.dispose();
  const said = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `${timeless(svg).replace(/>/, `>\n<title>${said}</title>`)}\n`;
}

/** Without what counts the charts of this process: ids, and the styles of what a mouse is over. */
function timeless(svg: string): string {
  return svg
    .replaceAll(/ class="zr\d+-cls-\d+"/g, "")
    .replaceAll(/<style\b[^>]*>.*?<\/style>\n?/gs, "")
    .replaceAll(/\bzr\d+-/g, "zr-");
}

/**
 * Looks, before there is anything to draw, whether it could be drawn to a file: who has waited for figures is
 * not to learn then that it can't. @throws {InvalidArgumentError}
 */
export async function checkChart(file: string): Promise<void> {
  await load();
  try {
    accessSync(dirname(file), constants.W_OK);
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error("it is a folder");
  } catch (error) {
    throw new InvalidArgumentError(`--svg: can't write ${file}: ${(error as Error).message}`);
  }
}

export async function writeChart(file: string, chart: Chart): Promise<void> {
  writeFileSync(file, await drawChart(chart));
}

/** It is large, and only charts need it: whoever wants them installs it beside primemeter. */
async function load() {
  try {
    return await import("echarts");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new InvalidArgumentError("--svg: echarts is needed to draw: npm install echarts");
  }
}

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
  return `${timeless(svg).replace(/>/, `>\n<title>${escaped(title)}</title>`)}\n`;
}

/** For text of SVG and HTML. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
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
export async function checkChart(file: string, flag = "--svg"): Promise<void> {
  await load(flag);
  try {
    accessSync(dirname(file), constants.W_OK);
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error("it is a folder");
  } catch (error) {
    throw new InvalidArgumentError(`${flag}: can't write ${file}: ${(error as Error).message}`);
  }
}

export async function writeChart(file: string, chart: Chart): Promise<void> {
  writeFileSync(file, await drawChart(chart));
}

/** Draws charts one below the other, as one picture. */
export async function drawCharts(title: string, charts: readonly Chart[]): Promise<string> {
  const drawn: string[] = [];
  let height = 0;
  for (const chart of charts) {
    // What they define is to be told apart.
    const svg = (await drawChart(chart)).replaceAll("zr-", `zr${drawn.length}-`);
    drawn.push(svg.replace("<svg ", `<svg y="${height}" `));
    height += chart.height;
  }
  const width = Math.max(...charts.map((chart) => chart.width));
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n<title>${escaped(title)}</title>`;
  return `${head}\n${drawn.join("")}</svg>\n`;
}

/** It is large, and only charts need it: whoever wants them installs it beside primemeter. */
async function load(flag = "--svg") {
  try {
    return await import("echarts");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new InvalidArgumentError(`${flag}: echarts is needed to draw: npm install echarts`);
  }
}

// The report on billing as a page of HTML: one file, with its charts in it, that needs nothing else.

import { writeFileSync } from "node:fs";
import { WAYS } from "../billing-report/way.js";
import type { BillingReport } from "./bench.js";
import { costCharts, exactnessCharts, INK } from "./billing-chart.js";
import { costSheets, exactnessSheets, type Sheet } from "./billing-sheets.js";
import { type Chart, drawChart } from "./chart.js";

export async function writeBillingPage(file: string, report: BillingReport): Promise<void> {
  writeFileSync(file, await billingPage(report));
}

export async function billingPage({ exactness, cost, verdicts }: BillingReport): Promise<string> {
  const said = verdicts.map(
    ({ ok, text }) => `<li class="${ok ? "ok" : "bad"}">${escaped(text)}</li>`,
  );
  const parts = [
    ...(exactness
      ? [
          "<h2>How exact it is</h2>",
          `<ul>${said.join("\n")}</ul>`,
          ERROR_GUIDE,
          ...(await drawn("error", exactnessCharts(exactness))),
          ...exactnessSheets(exactness).map(sheetHtml),
        ]
      : []),
    ...(cost
      ? [
          "<h2>What it costs</h2>",
          COST_GUIDE,
          ...(await drawn("cost", costCharts(cost))),
          ...costSheets(cost).map(sheetHtml),
        ]
      : []),
  ];
  const ways = Object.values(WAYS).map(
    ({ name, about }) =>
      `<tr><td>${escaped(name)}</td><td class="words">${escaped(about)}</td></tr>`,
  );
  return `${HEAD}<table>\n${ways.join("\n")}\n</table>\n${parts.join("\n")}\n</main>\n</body>\n</html>\n`;
}

/** In the page's own colours, light or dark; each with ids of its own. */
async function drawn(part: string, charts: readonly Chart[]): Promise<string[]> {
  const pictures: string[] = [];
  for (const chart of charts) {
    const clear = { ...chart, option: { ...chart.option, backgroundColor: "transparent" } };
    const svg = (await drawChart(clear)).replaceAll(INK, "currentColor");
    pictures.push(`<figure>${svg.replaceAll("zr-", `${part}${pictures.length}-`)}</figure>`);
  }
  return pictures;
}

function sheetHtml({ title, note, heads, rows }: Sheet): string {
  const cells = (tag: string, row: readonly string[]) =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("");
  const body = rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("\n");
  return [
    '<div class="sheet"><table>',
    `<caption><b>${escaped(title)}</b>: ${escaped(note)}</caption>`,
    `<thead><tr>${cells("th", heads)}</tr></thead>`,
    `<tbody>\n${body}\n</tbody>`,
    "</table></div>",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const HEAD = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What billing costs, and how exact it is</title>
<style>
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1f2328; --line: #d0d7de; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181c; --ink: #dde3ea; --line: #3a424c; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 sans-serif; }
main { max-width: 940px; margin: 0 auto; padding: 24px 16px 64px; }
figure { margin: 24px 0; }
figure svg { max-width: 100%; height: auto; }
.sheet { overflow-x: auto; }
table { border-collapse: collapse; margin: 16px 0; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 8px 0; }
th, td { padding: 2px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: pre; }
th:first-child, td:first-child, td.words { text-align: left; white-space: normal; }
li.ok::marker { content: "✓  "; }
li.bad::marker { content: "✗  "; }
li.bad { font-weight: bold; }
</style>
</head>
<body>
<main>
<h1>What billing costs, and how exact it is</h1>
<p>Made by <code>primemeter bench billing</code>. Programs that block many times a tick or seldom, two that send each
other messages, and one that dodges the ticks on purpose run on one processor; what each is billed for is compared with
what it ran, to the cycle.</p>
`;

const ERROR_GUIDE = `<h3>How to read it</h3>
<p>From left to right the processor is switched more often: from once in 100 ticks to 1,000 times in a tick. Upwards bills
are more wrong, in powers of ten; the bottom line is nothing at all. An error of 100 % is a domain that was billed for
nothing, or for twice what it ran. This part is the same on every machine.</p>`;

const COST_GUIDE = `<h3>How to read it</h3>
<p>Measured on the machine that this page was made on. In each round all ways came once, in changing order; figures are
medians over rounds, and ± is half of the range of their middle half. Cached meters is the kernel that counts cycles: what
the others are compared with. Percentages are of a processor that is switched so often in each millisecond.</p>`;

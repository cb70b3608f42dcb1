// Reports as pages of HTML: one file, with its charts in it, that needs nothing else.

import type { Verdict } from "../billing-report/verdict.js";
import { type Chart, drawChart, escaped } from "./chart.js";
import { INK } from "./figure.js";
import type { Sheet } from "./sheet.js";

/** `parts` are of HTML, the title is text. */
export function htmlPage(title: string, parts: readonly string[]): string {
  return `${HEAD.replaceAll("TITLE", () => escaped(title))}${parts.join("\n")}\n</main>\n</body>\n</html>\n`;
}

/** In the page's own colours, light or dark; each with ids of its own. */
export async function drawn(part: string, charts: readonly Chart[]): Promise<string[]> {
  const pictures: string[] = [];
  for (const chart of charts) {
    const clear = { ...chart, option: { ...chart.option, backgroundColor: "transparent" } };
    const svg = (await drawChart(clear)).replaceAll(INK, "currentColor");
    pictures.push(`<figure>${svg.replaceAll("zr-", `${part}${pictures.length}-`)}</figure>`);
  }
  return pictures;
}

export function sheetHtml({ title, note, heads, rows }: Sheet): string {
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

/** Names, and what they mean. */
export function glossary(
  rows: readonly { readonly name: string; readonly about: string }[],
): string {
  const cells = rows.map(
    ({ name, about }) =>
      `<tr><td>${escaped(name)}</td><td class="words">${escaped(about)}</td></tr>`,
  );
  return `<table>\n${cells.join("\n")}\n</table>`;
}

export function verdictList(verdicts: readonly Verdict[]): string {
  const said = verdicts.map(
    ({ ok, text }) => `<li class="${ok ? "ok" : "bad"}">${escaped(text)}</li>`,
  );
  return `<ul>${said.join("\n")}</ul>`;
}

const HEAD = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>TITLE</title>
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
<h1>TITLE</h1>
`;

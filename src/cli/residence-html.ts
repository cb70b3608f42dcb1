// The report on residence as a page of HTML.

import type { ResidenceReport } from "../residence/report.js";
import { SCHEMES } from "../residence/scheme.js";
import { findings, residenceVerdicts } from "../residence/verdict.js";
import { escaped } from "./chart.js";
import { drawn, glossary, htmlPage, sheetHtml, verdictList } from "./html.js";
import { CHART_NAMES, RESIDENCE_CHARTS, RESIDENCE_TITLE } from "./residence-chart.js";
import { residenceSheets, summary } from "./residence-sheets.js";

export async function residencePage(file: string, report: ResidenceReport): Promise<string> {
  const charts = CHART_NAMES.map((name) => RESIDENCE_CHARTS[name](report));
  const said = findings(report).map((text) => `<li>${escaped(text)}</li>`);
  return htmlPage(RESIDENCE_TITLE, [
    `<p>Made by <code>primemeter residence ${escaped(file)}</code>. ${escaped(summary(report))}</p>`,
    glossary(SCHEMES),
    verdictList(residenceVerdicts(report)),
    `<ul>${said.join("\n")}</ul>`,
    ...(await drawn("residence", charts)),
    ...residenceSheets(report).map(sheetHtml),
  ]);
}

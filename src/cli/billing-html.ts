// The report on billing as a page of HTML.

import { writeFileSync } from "node:fs";
import { WAYS } from "../billing-report/way.js";
import type { BillingReport } from "./bench.js";
import { costCharts, exactnessCharts } from "./billing-chart.js";
import { costSheets, exactnessSheets } from "./billing-sheets.js";
import { drawn, glossary, htmlPage, sheetHtml, verdictList } from "./html.js";

const TITLE = "What billing costs, and how exact it is";

export async function writeBillingPage(file: string, report: BillingReport): Promise<void> {
  writeFileSync(file, await billingPage(report));
}

async function billingPage({ exactness, cost, verdicts }: BillingReport): Promise<string> {
  return htmlPage(TITLE, [
    INTRODUCTION,
    glossary(Object.values(WAYS)),
    ...(exactness
      ? [
          "<h2>How exact it is</h2>",
          verdictList(verdicts),
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
  ]);
}

const INTRODUCTION = `<p>Made by <code>primemeter bench billing</code>. Programs that block many times a tick or seldom, two that send each
other messages, and one that dodges the ticks on purpose run on one processor; what each is billed for is compared with
what it ran, to the cycle.</p>`;

const ERROR_GUIDE = `<h3>How to read it</h3>
<p>From left to right the processor is switched more often: from once in 100 ticks to 1,000 times in a tick. Upwards bills
are more wrong, in powers of ten; the bottom line is nothing at all. An error of 100 % is a domain that was billed for
nothing, or for twice what it ran. This part is the same on every machine.</p>`;

const COST_GUIDE = `<h3>How to read it</h3>
<p>Measured on the machine that this page was made on. In each round all ways came once, in changing order; figures are
medians over rounds, and ± is half of the range of their middle half. Cached meters is the kernel that counts cycles: what
the others are compared with. Percentages are of a processor that is switched so often in each millisecond.</p>`;

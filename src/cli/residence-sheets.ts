// The tables of `primemeter residence`, as text.

import { CLOCK_HZ, CYCLES_OF_MS, PAGE_SIZE } from "../../assembly/layout.js";
import { digits } from "../billing-report/digits.js";
import { shareOf } from "../residence/errors.js";
import type { ResidenceReport } from "../residence/report.js";
import type { Scheme } from "../residence/scheme.js";
import { WORD_SECOND } from "../residence.js";
import { counted, grouped } from "../scenario/number.js";
import type { Sheet } from "./sheet.js";

const NONE = "–";

/** What happened, and what it cost. */
export function summary({
  period,
  phase,
  time,
  statistics,
  cost,
  frames,
}: ResidenceReport): string {
  const { cycles, faults, starts, unpaid, fetches, writes, evictions, copies } = statistics;
  const seconds = digits(Number(time) / CLOCK_HZ);
  const percent = cost.percent === null ? "" : `, ${digits(cost.percent)} % of all that ran`;
  return [
    `${counted(Number(cycles), "lock cycle")}, one in ${digits(period / CYCLES_OF_MS)} ms with a ${phase} phase, in ${seconds} s;`,
    `${counted(Number(faults), "page-accounting fault")}, ${grouped(starts)} of them for pages just assigned.`,
    ...(unpaid > 0n ? [`${grouped(unpaid)} more found an account with too little.`] : []),
    `${counted(frames, "core frame")}: ${grouped(fetches)} pages read from the drum, ${grouped(writes)} written,`,
    `${grouped(evictions)} taken out, ${grouped(copies)} copied on write.`,
    `It cost ${grouped(cost.locking)} cycles of the page-locking process and ${grouped(cost.faulting)} of faults${percent}.`,
  ].join(" ");
}

export function residenceSheets(report: ResidenceReport): Sheet[] {
  return [chargeSheet(report), shareSheet(report), workingSetSheet(report)];
}

function chargeSheet({ accounts, schemes }: ResidenceReport): Sheet {
  return {
    title: "What accounts pay",
    note: "word-seconds of core, by each scheme; a page for a second is 1,024; error: in all, in percent of the truth",
    heads: ["account", ...schemes.map(({ name }) => name)],
    rows: [
      ...accounts.map((account) => [
        account,
        ...schemes.map(({ charges }) => {
          const charge = charges.accounts.get(account);
          if (charge !== undefined) return wordSeconds(charge);
          return charges.accounts.size === 0 ? NONE : "0";
        }),
      ]),
      ["total", ...schemes.map(({ charges }) => wordSeconds(charges.total))],
      [
        "error",
        ...schemes.map(({ scheme, errors }) => (scheme === TRUTH ? "" : off(errors.total))),
      ],
    ],
  };
}

function shareSheet({ accounts, schemes, chance }: ResidenceReport): Sheet {
  const of = (scheme: Scheme) => schemes.find((report) => report.scheme === scheme)!;
  const [truth, multics] = [of(TRUTH), of("multics")];
  const others = OTHERS.map(of);
  return {
    title: "Shares, and how wrong they are",
    note: "percent of all charges by access; how many points others are off, and the standard error of Multics' by chance; misplaced: percent of charges that fall on the wrong accounts",
    heads: ["account", truth.name, multics.name, "± chance", ...others.map(({ name }) => name)],
    rows: [
      ...accounts.map((account) => [
        account,
        digits(shareOf(truth.charges, account)),
        off(multics.errors.points?.get(account) ?? null),
        chance === null ? NONE : digits(chance.get(account) ?? 0),
        ...others.map(({ errors }) => off(errors.points?.get(account) ?? null)),
      ]),
      [
        "misplaced",
        "",
        ...[plain(multics.errors.misplaced), ""],
        ...others.map(({ errors }) => plain(errors.misplaced)),
      ],
    ],
  };
}

const TRUTH: Scheme = "access";
/** Those that know accounts. */
const OTHERS = ["toucher", "split"] as const;

function workingSetSheet(report: ResidenceReport): Sheet {
  const { curve, period, cycles, time, statistics, cost } = report;
  const length = cycles === 0 ? period : Number(time) / cycles;
  const lockCost = Number(cost.locking) / Math.max(1, Number(statistics.cycles));
  const faultCost = Number(cost.faulting) / Math.max(1, Number(statistics.faults));
  return {
    title: "The working set by the scan period",
    note: "pages referenced in a period, mean and its standard error, from consecutive ones united; what it would be if cycles were independent; faults a second and cost in percent of all cycles with such a period",
    heads: [
      ...["period, ms", "windows", "pages", "±", "KiB", "independent", "faults/s", "cost, %"],
    ],
    rows: curve.map(({ cycles, windows, pages, error, independent }) => {
      const ticks = cycles * length;
      return [
        digits((cycles * period) / CYCLES_OF_MS),
        grouped(windows),
        digits(pages),
        error === null ? NONE : digits(error),
        digits((pages * PAGE_SIZE) / 1024),
        digits(independent),
        digits((pages * CLOCK_HZ) / ticks),
        digits((100 * (lockCost + pages * faultCost)) / ticks),
      ];
    }),
  };
}

export function wordSeconds(charge: bigint): string {
  const seconds = Number(charge) / Number(WORD_SECOND);
  return seconds < 1000 ? digits(seconds) : grouped(Math.round(seconds));
}

/** With its sign. */
function off(value: number | null): string {
  if (value === null) return NONE;
  return value > 0 ? `+${digits(value)}` : digits(value);
}

function plain(value: number | null): string {
  return value === null ? NONE : digits(value);
}

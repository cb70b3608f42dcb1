// What may become of a domain while it waits for a page from the drum, and of the page.

import { expect, test } from "vitest";
import type { Domain, DomainOptions } from "../src/index.js";
import { findings } from "./lab.js";
import { ResidenceLab } from "./residence-lab.js";
import { A0, addi, codeOf, EXIT, li, lw, T0 } from "./residence-programs.js";
import { everywhere } from "./variants.js";

const AT = 0x100_0000;
const LATENCY = 50_000;
const LONG = 1_600_000_000;
const CHARGE = 1024n * BigInt(LONG);
const STACK = 17 * 4096;

/** Exits with 5 more than the word at AT. */
const reader = codeOf(...li(A0, 0), ...li(T0, AT), lw(A0, T0, 0), addi(A0, A0, 5), ...EXIT);

class Waits extends ResidenceLab {
  constructor() {
    super({ core: 16, pages: 200, period: LONG, latency: LATENCY, phase: "fixed" });
  }

  page(word = 7) {
    const page = this.kernel.createPage("data");
    page.write(0, new Uint8Array([word, 0, 0, 0]));
    return page;
  }

  reader(options: Partial<DomainOptions> = {}): Domain {
    const memory = reader.end + STACK + 4096;
    return this.kernel.createDomain({ meter: this.prime, program: reader, memory, ...options });
  }

  /** Runs until the domain waits for the page: its code has come before. */
  untilItWaits(domain: Domain): void {
    domain.start();
    const fetches = this.statistics.fetches;
    this.runUntil(() => this.statistics.fetches === fetches + 2n);
    expect(domain.state).toBe("waiting");
  }
}

everywhere("waiting for a page", () => {
  test("takes the drum's time, and the page is paid for once", () => {
    const lab = new Waits();
    const meter = lab.meter("M", lab.prime);
    const domain = lab.reader({ meter, pages: [{ page: lab.page(), at: AT }] });
    lab.untilItWaits(domain);
    lab.runUntil(() => domain.state === "ended");
    expect(domain.exitCode).toBe(12);
    expect(meter.storage.charged()).toBe(2n * CHARGE);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test.each(["unmap", "rescind", "segment"] as const)(
    "the page goes by %s: its own trap",
    (how) => {
      const lab = new Waits();
      const meter = lab.meter("M", lab.prime);
      const page = lab.page();
      const segment = lab.kernel.createSegment({ slots: [page] });
      const pages = how === "segment" ? [{ segment, at: AT }] : [{ page, at: AT }];
      const domain = lab.reader({ meter, pages });
      lab.untilItWaits(domain);
      if (how === "unmap") domain.unmap(AT);
      else if (how === "rescind") page.rescind();
      else segment.set(0, null);
      lab.runUntil(() => domain.trap !== null);
      expect(domain.trap).toMatchObject({ code: 0x105, address: AT });
      // Its code alone.
      expect(meter.storage.charged()).toBe(CHARGE);
      expect(findings(lab.kernel)).toEqual([]);
      // Another in its place: it goes on from there, unharmed.
      const other = lab.page(9);
      if (how === "segment") segment.set(0, other);
      else domain.map(other, AT);
      domain.start();
      lab.runUntil(() => domain.state === "ended");
      expect(domain.exitCode).toBe(14);
    },
  );

  test("another page in its stead is what it finds", () => {
    const lab = new Waits();
    const domain = lab.reader({ pages: [{ page: lab.page(), at: AT }] });
    lab.untilItWaits(domain);
    domain.unmap(AT);
    domain.map(lab.page(30), AT);
    lab.runUntil(() => domain.state === "ended");
    expect(domain.exitCode).toBe(35);
  });

  test("one that is stopped then, and started again, goes on unharmed", () => {
    const lab = new Waits();
    const domain = lab.reader({ pages: [{ page: lab.page(), at: AT }] });
    lab.untilItWaits(domain);
    domain.stop();
    lab.run(3 * LATENCY);
    expect(domain.state).toBe("stopped");
    expect(findings(lab.kernel)).toEqual([]);
    domain.start();
    lab.runUntil(() => domain.state === "ended");
    expect(domain.exitCode).toBe(12);
  });

  test("one that is started then looks again, and pays no sooner", () => {
    const lab = new Waits();
    const meter = lab.meter("M", lab.prime);
    const domain = lab.reader({ meter, pages: [{ page: lab.page(), at: AT }] });
    lab.untilItWaits(domain);
    const since = lab.kernel.time;
    for (let round = 0; round < 5; round++) {
      domain.start();
      lab.run(100);
    }
    expect(meter.storage.charged()).toBe(CHARGE);
    lab.runUntil(() => domain.state === "ended");
    expect(lab.kernel.time - since).toBeGreaterThan(BigInt(LATENCY - 2000));
    expect([domain.exitCode, meter.storage.charged()]).toEqual([12, 2n * CHARGE]);
  });

  test("one that is rescinded then leaves nothing, and pays nothing", () => {
    const lab = new Waits();
    const { pagesFree } = lab;
    const meter = lab.meter("M", lab.prime);
    const page = lab.page();
    const domain = lab.reader({ meter, pages: [{ page, at: AT }] });
    lab.untilItWaits(domain);
    domain.rescind();
    page.rescind();
    expect(lab.pagesFree).toBe(pagesFree);
    expect(lab.statistics.coreFree).toBe(16);
    lab.run(3 * LATENCY);
    expect(meter.storage.charged()).toBe(CHARGE);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("whoever is above it when the page has come pays", () => {
    const lab = new Waits();
    const [one, two] = [lab.meter("one", lab.prime), lab.meter("two", lab.prime)];
    const domain = lab.reader({ meter: one, pages: [{ page: lab.page(), at: AT }] });
    lab.untilItWaits(domain);
    domain.setMeter(two);
    lab.runUntil(() => domain.state === "ended");
    expect(domain.exitCode).toBe(12);
    expect([one.storage.charged(), two.storage.charged()]).toEqual([CHARGE, CHARGE]);
    expect([one.storage.faults(), two.storage.faults()]).toEqual([1n, 1n]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("one whose meter is gone then traps for that, and the page is nobody's", () => {
    const lab = new Waits();
    const meter = lab.meter("M", lab.prime);
    const domain = lab.reader({ meter, pages: [{ page: lab.page(), at: AT }] });
    lab.untilItWaits(domain);
    meter.rescind();
    lab.runUntil(() => domain.trap !== null);
    expect(domain.trap).toMatchObject({ code: 0x404 });
    for (const { account, first } of lab.kernel.residence.pages()) {
      expect([account, first]).toEqual([null, null]);
    }
    expect(findings(lab.kernel)).toEqual([]);
    domain.setMeter(lab.prime);
    domain.start();
    lab.runUntil(() => domain.state === "ended");
    expect(domain.exitCode).toBe(12);
  });

  test("two that wait for one page both get it, and one pays", () => {
    const lab = new Waits();
    const meter = lab.meter("M", lab.prime);
    const page = lab.page();
    const pages = [{ page, at: AT }];
    const domains = [1, 2].map(() => lab.reader({ meter, pages }));
    for (const domain of domains) domain.start();
    lab.runUntil(() => domains.every((domain) => domain.state === "ended"));
    expect(domains.map((domain) => domain.exitCode)).toEqual([12, 12]);
    // They share their code, too.
    expect(meter.storage.charged()).toBe(2n * CHARGE);
    expect(lab.statistics.fetches).toBe(2n);
  });
});

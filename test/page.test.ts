// The package in a page of Chromium: the kernel, several processors, guests.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { PreviewServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle, hasChromium, launch, serve } from "./chromium.js";
import { AROUND, SPINNER } from "./wasm/plugin.js";
import { wat } from "./wasm/wat.js";

/** What test/page/main.js puts there. */
interface Scope {
  primemeter: typeof import("../src/index.js") &
    typeof import("../src/instrument/index.js") &
    typeof import("../src/quickjs/index.js") & { quickjsUrl: string };
}

// Browsers are no packages of npm: CI installs Debian's; elsewhere this says that it is skipped.
describe.skipIf(!hasChromium)("in a page", () => {
  const folder = mkdtempSync(join(tmpdir(), "primemeter-page-"));
  const servers: PreviewServer[] = [];
  let browser: Browser;

  beforeAll(async () => {
    await bundle("test/page", folder);
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    for (const server of servers) await server.close();
    rmSync(folder, { recursive: true });
  });

  /** A page, served with the headers that the example sets, or without. */
  async function open(configFile: string | false): Promise<Page> {
    const server = await serve(folder, configFile);
    servers.push(server);
    const page = await browser.newPage();
    await page.goto(server.resolvedUrls!.local[0]!);
    await page.waitForFunction(() => "primemeter" in globalThis);
    return page;
  }

  describe("that is cross-origin isolated", () => {
    let page: Page;

    beforeAll(async () => {
      page = await open("examples/browser/vite.config.js");
    });

    test("domains run under meters", async () => {
      const bill = await page.evaluate(async () => {
        const { bursts, createKernel, refill } = (globalThis as unknown as Scope).primemeter;
        const kernel = createKernel();
        const keeper = refill({ amount: 500n, times: 1 });
        const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 1000n, keeper });
        const domain = kernel.createDomain({ meter, program: bursts({ run: 10 }) });
        domain.start();
        await kernel.run();
        return [domain.state, String(domain.consumed), kernel.check().findings.length];
      });
      expect(bill).toEqual(["parked", "1500", 0]);
    });

    test("several processors are workers, and the switch stops them", async () => {
      const bill = await page.evaluate(async () => {
        const { bursts, createKernel } = (globalThis as unknown as Scope).primemeter;
        const kernel = createKernel({ processors: 2 });
        const make = (cycles: bigint) => {
          const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles });
          const domain = kernel.createDomain({ meter, program: bursts({ run: 1000 }) });
          domain.start();
          return { meter, domain };
        };
        const short = make(100_000n);
        const endless = make(1n << 62n);
        const run = kernel.run();
        while (short.domain.state !== "parked" || endless.meter.statistics().consumed === 0n) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        endless.meter.off();
        const stopped = endless.domain.consumed;
        await run;
        const { findings } = kernel.check();
        const isStill = endless.domain.consumed === stopped;
        kernel.dispose();
        return [String(short.domain.name), isStill, findings.length];
      });
      expect(bill).toEqual(["domain-1", true, 0]);
    });

    test("guests run as in Node, to the cycle", async () => {
      const bytes = [...(await wat(SPINNER))];
      const bill = await page.evaluate(async (bytes) => {
        const { createKernel, instrument } = (globalThis as unknown as Scope).primemeter;
        const module = instrument(Uint8Array.from(bytes));
        const kernel = createKernel();
        const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 100_000n });
        const guest = kernel.loadWasm(module, { meter, imports: { host: { act() {} } } });
        await guest.call("spin", 1000);
        const spun = guest.domain.consumed;
        const end = await guest.call("forever").catch((error) => error.code);
        return [String(spun), end, String(guest.domain.consumed), guest.domain.state];
      }, bytes);
      expect(bill).toEqual(["5000", "EXHAUSTED", "100000", "parked"]);
    });

    test("guests are suspended in the midst of a call, and go on from there", async () => {
      const bytes = [...(await wat(SPINNER))];
      const bill = await page.evaluate(async (bytes) => {
        const { createKernel, instrument } = (globalThis as unknown as Scope).primemeter;
        const module = instrument(Uint8Array.from(bytes));
        const kernel = createKernel();
        const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 1000n });
        let asked = 0;
        meter.keeper = async ({ meter }) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          asked++;
          meter.add(1000n);
        };
        const imports = { host: { act() {} } };
        const guest = kernel.loadWasm(module, { meter, imports, suspend: true });
        await guest.call("spin", 1000);
        return [String(guest.domain.consumed + guest.domain.owed), asked];
      }, bytes);
      expect(bill).toEqual(["5000", 4]);
    });

    test("plugins in JavaScript run, and are stopped within a builtin", async () => {
      const bill = await page.evaluate(async () => {
        const { createKernel, createQuickJS, quickjsUrl } = (globalThis as unknown as Scope)
          .primemeter;
        const wasm = new Uint8Array(await (await fetch(quickjsUrl)).arrayBuffer());
        const kernel = createKernel();
        const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 20_000_000n });
        const plugin = await createQuickJS(kernel, { meter, wasm });
        const answer = await plugin.eval("[3, 1, 2].sort().join()");
        const end = await plugin.eval("/^(a+)+$/.test('a'.repeat(40) + '!')").catch((e) => e.code);
        return [answer, end, String(meter.peek()), kernel.check().findings.length];
      });
      expect(bill).toEqual(["1,2,3", "EXHAUSTED", "0", 0]);
    });

    test("guests in workers wait for keepers that take their time, and stop when switched off", async () => {
      const bytes = [...(await wat(SPINNER))];
      const bill = await page.evaluate(async (bytes) => {
        const { createKernel, instrument } = (globalThis as unknown as Scope).primemeter;
        const module = instrument(Uint8Array.from(bytes));
        const kernel = createKernel();
        const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
        const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 1000n });
        meter.keeper = async ({ meter }) => {
          await pause();
          meter.add(10_000n);
        };
        const imports = { host: { act: pause } };
        const guest = kernel.loadWasm(module, { meter, imports, worker: true });
        await guest.call("around", 1000);
        const around = guest.domain.consumed + guest.domain.owed;
        meter.keeper = null;
        meter.set(1n << 62n);
        const endless = guest.call("forever").catch((error) => error.code);
        const before = guest.domain.consumed;
        while (guest.domain.consumed === before) await pause();
        meter.off();
        const stopped = guest.domain.consumed;
        await pause();
        const isStill = guest.domain.consumed === stopped;
        guest.domain.rescind();
        return [String(around), isStill, await endless, kernel.check().findings.length];
      }, bytes);
      expect(bill).toEqual([String(2n * 5000n + AROUND), true, "RESCINDED", 0]);
    });
  });

  test("that is not isolated: one processor does, several are refused with what would help", async () => {
    const page = await open(false);
    const said = await page.evaluate(() => {
      const { createKernel } = (globalThis as unknown as Scope).primemeter;
      createKernel();
      try {
        createKernel({ processors: 2 });
        return "made";
      } catch (error) {
        return String(error);
      }
    });
    expect(said).toMatch(/SharedArrayBuffer.*Cross-Origin-Opener-Policy: same-origin/);
  });
});

// The page of examples/browser/, bundled by Vite, in Chromium.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import type { PreviewServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle, hasChromium, launch, serve } from "./chromium.js";

// Browsers are no packages of npm: CI installs Debian's; elsewhere this says that it is skipped.
describe.skipIf(!hasChromium)("the plugin host in a page", () => {
  const folder = mkdtempSync(join(tmpdir(), "primemeter-page-"));
  const errors: string[] = [];
  let server: PreviewServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await bundle("examples/browser", folder);
    server = await serve(folder, "examples/browser/vite.config.js");
    browser = await launch();
    page = await browser.newPage();
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(server.resolvedUrls!.local[0]!);
    await page.locator("#log li").nth(4).waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  /** The page begins with five. */
  let asked = 5;

  /** A line of the bill. */
  const row = (name: string) => page.locator(`tr[data-name=${name}]`);
  const cells = (name: string) => row(name).locator("td").allInnerTexts();
  const used = async (name: string) => Number((await cells(name))[2]!.replaceAll(",", ""));

  /** Waits until an element has this text, and no other. */
  const expectText = (line: Locator, text: string) =>
    expect.poll(() => line.innerText(), { timeout: 10_000 }).toBe(text);

  async function ask(plugin: string, text: string) {
    await page.selectOption("select", plugin);
    await page.fill("input", text);
    await page.click("#ask button");
    return page.locator("#log li").nth(asked++);
  }

  test("the hostile have used up their own meters, the others have answered", async () => {
    for (const name of ["spin", "regex", "hog"]) {
      expect((await cells(name)).slice(2, 4)).toEqual(["10,000,000", "out of cycles"]);
      expect(await row(name).locator(".used").getAttribute("style")).toBe("width: 100%;");
    }
    expect(await page.locator("#log li").allInnerTexts()).toEqual([
      "slug: meters-and-what-hangs-below-them",
      "words: a: 3 of 8",
      ...["regex", "spin", "hog"].map((name) =>
        expect.stringContaining(`${name}: guest ${name} ran`),
      ),
    ]);
  });

  test("the same counts as in Node; and a tenant's is the sum", async () => {
    expect(await used("acme")).toBe((await used("slug")) + 20_000_000);
    expect(await used("globex")).toBe((await used("words")) + 10_000_000);
  });

  test("the switch: a tenant that is off waits until it is on; the other one works", async () => {
    await row("acme").locator("button").click();
    expect(await cells("acme")).toEqual(["acme", "", expect.any(String), "off", "on"]);
    const waiting = await ask("slug", "Off");
    const other = await ask("words", "on and on");
    await expectText(other, "words: on: 2 of 3");
    expect(await waiting.innerText()).toBe("slug: waits");
    const before = await used("slug");
    await row("acme").locator("button").click();
    await expectText(waiting, "slug: off");
    expect(await used("slug")).toBeGreaterThan(before);
    expect((await cells("acme"))[4]).toBe("off");
  });

  test("a plugin that was stopped is not asked again", async () => {
    await expectText(await ask("spin", "go"), "spin: spin was stopped before: out of cycles");
  });

  test("nothing went wrong in the page", () => {
    expect(errors).toEqual([]);
  });
});

// Pages in Debian's Chromium, where it is.

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { build, type PreviewServer, preview } from "vite";

const PATH = "/usr/bin/chromium";

export const hasChromium = existsSync(PATH);

if (!hasChromium) console.warn(`SKIPPED: pages need ${PATH} (Debian: chromium)`);

/** Without a sandbox, which the superuser has no right to; and with nothing that asks for the network. */
const ARGUMENTS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: PATH, args: ARGUMENTS });
}

/** Bundles a page, by its own vite.config.js if it has one, into a folder. */
export function bundle(root: string, outDir: string): Promise<unknown> {
  return build({ root, logLevel: "warn", build: { target: "es2022", outDir, emptyOutDir: true } });
}

/** Serves what was bundled, by a configuration file, on a free port. */
export function serve(outDir: string, configFile: string | false): Promise<PreviewServer> {
  const at = { port: 0, host: "127.0.0.1" };
  return preview({ configFile, logLevel: "warn", build: { outDir }, preview: at });
}

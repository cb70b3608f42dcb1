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

/** Bundles a page by its own vite.config.js into a folder, and serves that on a free port. */
export async function serve(root: string, outDir: string): Promise<PreviewServer> {
  const options = { root, logLevel: "warn", build: { outDir, emptyOutDir: true } } as const;
  await build(options);
  return preview({ ...options, preview: { port: 0, host: "127.0.0.1" } });
}

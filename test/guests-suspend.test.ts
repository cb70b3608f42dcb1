// Guests that are suspended need JSPI: where this engine has none, their tests run in another version of Node.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { nodeBinary } from "../bench/wasm/other-node.js";
import { canSuspend } from "../src/guest/suspension.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VERSION = "26";
/** npm may have to install it. */
const PATIENCE = 300_000;

interface Report {
  readonly numPassedTests: number;
  readonly testResults: { assertionResults: { status: string; fullName: string }[] }[];
}

if (canSuspend()) {
  await import("./jspi/suspend.jspi.js");
  await import("./jspi/host.jspi.js");
  await import("./jspi/quickjs.jspi.js");
  await import("./jspi/property.jspi.js");
} else {
  test(
    "a Node with JSPI passes the tests in test/jspi",
    async () => {
      const vitest = ["node_modules/vitest/vitest.mjs", "run", "test/guests-suspend.test.ts"];
      const output = await new Promise<string>((resolve) => {
        const given = [...vitest, "--reporter=json"];
        execFile(nodeBinary(VERSION), given, { cwd: ROOT, maxBuffer: 1 << 26 }, (_, out, err) =>
          resolve(out.slice(out.indexOf("{")) || err),
        );
      });
      const { numPassedTests, testResults }: Report = JSON.parse(output);
      const all = testResults.flatMap(({ assertionResults }) => assertionResults);
      expect(all.filter(({ status }) => status !== "passed")).toEqual([]);
      expect(numPassedTests).toBeGreaterThan(30);
    },
    PATIENCE,
  );
}

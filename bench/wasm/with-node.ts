#!/usr/bin/env node
// npm run with-node -- 26 SCRIPT [ARGUMENTS…]: runs a script with another version of Node, from npm.

import { runWith } from "./other-node.js";

const [version, script, ...given] = process.argv.slice(2);
if (!version || !script) {
  console.error("usage: npm run with-node -- VERSION SCRIPT [ARGUMENTS…]");
  console.error("example: npm run with-node -- 26 node_modules/vitest/vitest.mjs run test/wasm");
  process.exit(2);
}
process.exit(runWith(version, script, given));

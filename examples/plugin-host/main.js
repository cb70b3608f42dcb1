// Two tenants, their plugins, and three that are hostile: node examples/plugin-host/main.js

import { readFileSync } from "node:fs";
import { table } from "../table.js";
import { PluginHost } from "./host.js";

const host = new PluginHost();
host.addTenant("acme", 50_000_000n);
host.addTenant("globex", 50_000_000n);

const read = (name) => readFileSync(new URL(`plugins/${name}`, import.meta.url));
const install = (tenant, name, code) => host.install(tenant, name, code, 10_000_000n);
await install("acme", "slug", read("slug.wasm"));
await install("acme", "spin", read("spin.js").toString()); // while (true);
await install("acme", "regex", read("regex.js").toString()); // exponential, in one call of a builtin
await install("globex", "words", read("words.js").toString());
await install("globex", "hog", read("hog.js").toString()); // a megabyte, and another, and another …

const work = [
  ["slug", "Meters, and what hangs below them!"],
  ["spin", "go"],
  ["words", "a meter above a meter above a meter"],
  ["hog", "go"],
  ["regex", `${"a".repeat(40)}!`],
  ["slug", "Nobody else has noticed"],
  ["words", "the rest of the rest"],
];
for (const [name, text] of work) {
  const answer = await host.ask(name, text).catch((error) => `stopped: ${error.message}`);
  console.log(name.padEnd(6), answer);
}

const rows = host
  .bill()
  .flatMap(({ plugins, ...tenant }) => [
    tenant,
    ...plugins.map((plugin) => ({ ...plugin, name: `  ${plugin.name}` })),
  ]);
console.log(`\n${table(rows)}`);

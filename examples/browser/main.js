// The plugin host of examples/plugin-host/ in a page: npx vite examples/browser

import quickjs from "@jitl/quickjs-wasmfile-release-sync/wasm?url"; // its address: "?url" is Vite's
import { PluginHost } from "../plugin-host/host.js";

const PER_TENANT = 50_000_000n;
const PER_PLUGIN = 10_000_000n;
const PLUGINS = { acme: ["slug.wasm", "spin.js", "regex.js"], globex: ["words.js", "hog.js"] };
const TEXTS = {
  slug: "Meters, and what hangs below them!",
  words: "a meter above a meter above a meter",
  regex: `${"a".repeat(40)}!`,
  spin: "go",
  hog: "go",
};

const bytesAt = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
const host = new PluginHost(await bytesAt(quickjs));
/** @type {(id: string) => any} */
const element = (id) => document.getElementById(id);
const form = element("ask");

function show() {
  const rows = host.bill().flatMap(({ plugins, ...tenant }) => {
    const meter = host.tenants.get(tenant.name);
    return [
      rowOf(tenant, PER_TENANT, meter),
      ...plugins.map((plugin) => rowOf(plugin, PER_PLUGIN)),
    ];
  });
  element("bill").replaceChildren(...rows);
}

/** A line of the bill; a tenant's has the switch. */
function rowOf({ name, used, left, note }, granted, tenant) {
  const row = element(tenant ? "tenant" : "plugin").content.firstElementChild.cloneNode(true);
  const cell = (of) => row.querySelector(`.${of}`);
  row.dataset.name = name;
  row.classList.toggle("spent", note === "out of cycles");
  cell("name").textContent = name;
  cell("used").style.width = `${(100 * Number(used)) / Number(granted)}%`;
  cell("count").textContent = used.toLocaleString("en");
  cell("note").textContent = note || `${left.toLocaleString("en")} left`;
  if (tenant) {
    row.classList.toggle("off", tenant.isOff);
    cell("switch").textContent = tenant.isOff ? "on" : "off";
    cell("switch").onclick = () => {
      if (tenant.isOff) tenant.on();
      else tenant.off();
      show();
    };
  }
  return row;
}

async function run(name, text) {
  const line = document.createElement("li");
  element("log").append(line);
  line.textContent = `${name}: waits`; // where its tenant is off, until it is on
  const answer = await host.ask(name, text).catch((error) => error.message);
  line.textContent = `${name}: ${answer}`;
  show();
}

for (const [tenant, files] of Object.entries(PLUGINS)) {
  host.addTenant(tenant, PER_TENANT);
  for (const file of files) {
    const [name, kind] = file.split(".");
    const bytes = await bytesAt(new URL(`../plugin-host/plugins/${file}`, import.meta.url));
    const code = kind === "js" ? new TextDecoder().decode(bytes) : bytes;
    await host.install(tenant, name, code, PER_PLUGIN);
    form.plugin.append(new Option(name));
  }
}
form.plugin.onchange = () => {
  form.text.value = TEXTS[form.plugin.value];
};
form.onsubmit = (event) => {
  event.preventDefault();
  run(form.plugin.value, form.text.value);
};
for (const [name, text] of Object.entries(TEXTS)) await run(name, text);

// A host of plugins that strangers wrote: each runs under a meter of its own, which hangs under its tenant's.
// Nothing here is Node's: the page of examples/browser/ uses it too.

import { createKernel, ExhaustedError } from "primemeter";
import { instrument } from "primemeter/wasm";

/** What AssemblyScript knows an ArrayBuffer by. */
const ARRAY_BUFFER = 1;

export class PluginHost {
  /** By name: their meters. `off()` and `on()` are the switch of all that a tenant has. */
  tenants = new Map();
  plugins = new Map();
  #kernel = createKernel();

  addTenant(name, cycles) {
    const superior = this.#kernel.primeMeter;
    this.tenants.set(name, this.#kernel.createMeter({ name, superior, cycles }));
  }

  /** A plugin, which may use so many cycles of its tenant's. Throws ModuleError for what is no WebAssembly. */
  install(tenant, name, bytes, cycles) {
    const superior = this.tenants.get(tenant);
    const meter = this.#kernel.createMeter({ name, superior, cycles });
    this.plugins.set(name, { tenant, meter, module: instrument(bytes), end: "" });
  }

  /** Gives a plugin a text; resolves with its answer. One that had to be stopped is not asked again. */
  async ask(name, text) {
    const plugin = this.plugins.get(name);
    if (plugin.end) throw new Error(`${name} was stopped before: ${plugin.end}`);
    let guest;
    try {
      // An instance for each text: it finds nothing that another has left behind.
      guest = this.#kernel.loadWasm(plugin.module, { name, meter: plugin.meter });
      return await run(guest, text);
    } catch (error) {
      if (!(error instanceof ExhaustedError)) plugin.end = error.message;
      // What its tenant has used up, or who has switched that off, is not the plugin's fault.
      else if (plugin.meter.peek() === 0n) plugin.end = "out of cycles";
      throw error;
    } finally {
      guest?.domain.rescind();
    }
  }

  /** Who has used what: a line for each tenant, and one for each plugin below. */
  bill() {
    const plugins = [...this.plugins.values()];
    return [...this.tenants.values()].map((meter) => ({
      ...line(meter, meter.isOff ? "off" : ""),
      plugins: plugins
        .filter(({ tenant }) => tenant === meter.name)
        .map((plugin) => line(plugin.meter, plugin.end)),
    }));
  }
}

function line(meter, note) {
  return { name: meter.name, used: meter.statistics().consumed, left: meter.peek(), note };
}

/** A text goes in as UTF-8 in an ArrayBuffer of the plugin's memory, and another comes out. */
async function run(guest, text) {
  await guest.call("_initialize");
  const bytes = new TextEncoder().encode(text);
  const given = await guest.call("__new", bytes.length, ARRAY_BUFFER);
  new Uint8Array(guest.exports.memory.buffer, given, bytes.length).set(bytes);
  const answer = await guest.call("run", given);
  // The length of an ArrayBuffer stands before it. The memory may have grown, so its buffer is another one.
  const { buffer } = guest.exports.memory;
  const length = new DataView(buffer).getUint32(answer - 4, true);
  return new TextDecoder().decode(new Uint8Array(buffer, answer, length));
}

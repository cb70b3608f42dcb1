// A host of plugins that strangers wrote: each runs under a meter of its own, which hangs under its tenant's.
// Nothing here is Node's: the page of examples/browser/ uses it too.

import { createKernel, ExhaustedError } from "primemeter";
import { createQuickJS } from "primemeter/quickjs";
import { instrument } from "primemeter/wasm";

/** What AssemblyScript knows an ArrayBuffer by; its length stands before it. */
const ARRAY_BUFFER = 1;
const LENGTH_BYTES = 4;

export class PluginHost {
  /** By name: their meters. `off()` and `on()` are the switch of all that a tenant has. */
  tenants = new Map();
  plugins = new Map();
  #kernel = createKernel();
  #quickjs;

  /** Pages give the bytes of QuickJS, which Node finds by itself. */
  constructor(quickjs) {
    this.#quickjs = quickjs && instrument(quickjs);
  }

  addTenant(name, cycles) {
    const superior = this.#kernel.primeMeter;
    this.tenants.set(name, this.#kernel.createMeter({ name, superior, cycles }));
  }

  /**
   * Installs a plugin, which may use so many cycles of its tenant's: a module of JavaScript, as text, or of WebAssembly,
   * as bytes. Rejects with ModuleError, ScriptError, ExhaustedError.
   */
  async install(tenant, name, code, cycles) {
    const meter = this.#kernel.createMeter({ name, superior: this.tenants.get(tenant), cycles });
    const run =
      typeof code === "string"
        ? await inJavaScript(this.#kernel, code, { name, meter, wasm: this.#quickjs })
        : inWebAssembly(this.#kernel, code, { name, meter });
    this.plugins.set(name, { tenant, meter, run, end: "" });
  }

  /** Gives a plugin a text; resolves with its answer. One that had to be stopped is not asked again. */
  async ask(name, text) {
    const plugin = this.plugins.get(name);
    if (plugin.end) throw new Error(`${name} was stopped before: ${plugin.end}`);
    try {
      return await plugin.run(text);
    } catch (error) {
      plugin.end = error instanceof ExhaustedError ? "out of cycles" : error.message;
      throw error;
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

/** A module of JavaScript that exports `run`. It runs in QuickJS, which is WebAssembly, and so is metered. */
async function inJavaScript(kernel, code, options) {
  const script = await createQuickJS(kernel, options);
  await script.eval(code, { file: `${options.name}.js`, module: true });
  return (text) => script.call("run", text);
}

/** A module of WebAssembly whose `run` takes and gives texts: UTF-8 in ArrayBuffers as AssemblyScript has them. */
function inWebAssembly(kernel, bytes, options) {
  const module = instrument(bytes);
  return async (text) => {
    // An instance for each text: it finds nothing that another has left behind.
    const guest = kernel.loadWasm(module, options);
    try {
      await guest.call("_initialize");
      const given = new TextEncoder().encode(text);
      const at = await guest.call("__new", given.length, ARRAY_BUFFER);
      await guest.write(at, given);
      const answer = await guest.call("run", at);
      const before = await guest.read(answer - LENGTH_BYTES, LENGTH_BYTES);
      const length = new DataView(before.buffer).getUint32(0, true);
      return new TextDecoder().decode(await guest.read(answer, length));
    } finally {
      guest.domain.rescind();
    }
  };
}

// primemeter/wasm: modules of WebAssembly that count what they run, for `kernel.loadWasm`.

export {
  createModuleCache,
  type ModuleCache,
  type ModuleCacheOptions,
  type ModuleCacheStatistics,
} from "./cache.js";
export type { Costs, Lengths } from "./cost.js";
export { ModuleError, type ModuleFault } from "./error.js";
export {
  type Figures,
  Instrumented,
  type InstrumentOptions,
  instrument,
} from "./instrument.js";
export type { CostClass } from "./names.js";
export { openInstrumented } from "./open.js";
export type { SourceMap } from "./source-map.js";
export { typesOf } from "./types.js";

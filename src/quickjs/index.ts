// primemeter/quickjs: other people's JavaScript, metered to the instruction, by metering QuickJS itself.

export type { HostFunction, HostFunctions } from "./exposed.js";
export { createQuickJS, type EvalOptions, type QuickJS, type QuickJSOptions } from "./quickjs.js";
export { ScriptError, type ScriptFault } from "./script-error.js";

// What a guest in a worker of its own is loaded with. Internal, but for the options.

import type { Core } from "../core.js";
import { OptionError, WorkerError } from "../errors.js";
import type { Instrumented } from "../instrument/instrument.js";
import { checkNames, show } from "../options.js";
import { missingForThreads } from "../thread.js";
import { type CheckedGuestOptions, checkGuest, type GuestOptions } from "./guest-options.js";

export interface WorkerOptions {
  /**
   * The address of a module whose default export makes imports inside the worker: a function, or one that gives a promise, of
   * `{ memory }`, the guest's memory once it has an instance, which answers modules of imports. They may be anything that
   * WebAssembly imports, and what functions among them take, results included, does not cross threads.
   */
  imports?: URL | string;
}

export interface WorkerGuestOptions<Imports extends object = WebAssembly.Imports>
  extends Omit<GuestOptions<Imports>, "suspend"> {
  /**
   * The guest runs in a thread of its own. It waits where it can't go on, and while functions of `imports` run: in the host's
   * thread, for as long as they like (promises are awaited), with numbers and bigints for arguments and results.
   */
  worker: true | WorkerOptions;
}

/** @internal */
export interface CheckedWorkerOptions extends CheckedGuestOptions {
  /** The address of the module that makes imports in the worker. */
  readonly own: string | undefined;
}

/** @throws {OptionError} @throws {StateError} @throws {WorkerError} NO_WORKERS @internal */
export function checkWorker(
  core: Core,
  module: Instrumented,
  options: WorkerGuestOptions & Pick<GuestOptions, "suspend">,
): CheckedWorkerOptions {
  const { worker, suspend } = options;
  if (worker !== true && (typeof worker !== "object" || worker === null)) {
    throw new OptionError(`worker: found ${show(worker)}, expected true or { imports }`);
  }
  if (worker !== true) checkNames("worker", worker, ["imports"]);
  if (suspend !== undefined) {
    throw new OptionError(
      `suspend: found ${show(suspend)}, but a guest in a worker always waits where it can't go on`,
    );
  }
  const checked = checkGuest(core, module, options);
  const { imports } = checked;
  for (const [from, fields] of Object.entries(imports)) {
    for (const [field, value] of Object.entries(fields ?? {})) {
      if (typeof value === "function") continue;
      throw new OptionError(
        `imports.${from}.${field}: found ${show(value)}, expected a function: what else a guest in a worker ` +
          "imports is made there, by `worker.imports`",
      );
    }
  }
  const own = worker === true ? undefined : addressOf(worker.imports);
  if (own === undefined) checkFunctions(module, imports);
  const missing = missingForThreads();
  if (missing) throw new WorkerError("NO_WORKERS", `worker: it needs ${missing}`);
  return { ...checked, own };
}

/** Whether there is all that the module imports, where nothing else makes imports. */
function checkFunctions({ module, refill }: Instrumented, imports: WebAssembly.Imports): void {
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from === refill.module && name === refill.field) continue;
    if (typeof imports[from]?.[name] === "function" && kind === "function") continue;
    const where = kind === "function" ? "a function, or one" : `a ${kind}`;
    throw new OptionError(
      `imports.${from}.${name}: found none, expected ${where} of \`worker.imports\``,
    );
  }
}

function addressOf(address: URL | string | undefined): string | undefined {
  if (address === undefined) return undefined;
  if (address instanceof URL) return address.href;
  if (typeof address === "string" && URL.canParse(address)) return address;
  throw new OptionError(
    `worker.imports: found ${show(address)}, expected the URL of a module, as of ` +
      'new URL("imports.js", import.meta.url)',
  );
}

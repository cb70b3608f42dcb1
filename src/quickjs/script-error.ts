import { PrimemeterError } from "../errors.js";

/** An error as the script has it; texts of its own making, so of any content. */
export interface ScriptFault {
  /** "TypeError", say; empty where something else than an error was thrown. */
  readonly name: string;
  readonly message: string;
  /** Places in the script, a line each. */
  readonly stack: string;
}

/** What a script threw and did not catch, or what its code is refused for (SyntaxError). The plugin can be used on. */
export class ScriptError extends PrimemeterError {
  readonly script: ScriptFault;
  /** What was thrown where that is plain data, and no error. */
  readonly thrown: unknown;

  constructor(script: ScriptFault, thrown?: unknown) {
    const { name, message } = script;
    super("SCRIPT_ERROR", name ? `${name}: ${message}` : message);
    this.script = script;
    this.thrown = thrown;
  }
}

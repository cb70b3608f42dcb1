import { OptionError } from "../errors.js";
import type { Inspection } from "./inspection.js";
import type { Path } from "./toml.js";

/** How keys are called here that the kernel calls otherwise. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  freeTime: "free-time",
  lockCost: "lock-cost",
  faultCost: "fault-cost",
};

/**
 * Tells what an act objects to, at the key that it names, which is in the table at `base`, or, where it names none that
 * is here, at `path`.
 */
export function attempt(inspection: Inspection, path: Path, act: () => unknown, base: Path = []) {
  try {
    act();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const [, names, message] = /^([\w.]+): (.*)$/s.exec(error.message)!;
    const steps = [...base, ...names!.split(".").map((name) => OWN_NAMES[name] ?? name)];
    const unknown = /^no option "(\w+)"/.exec(message!)?.[1];
    if (unknown !== undefined) {
      const expected = message!.replace(/^no option "\w+", /, "");
      inspection.say([...steps, unknown], `unknown key for this kind, ${expected}`, "key");
      return;
    }
    const isHere = inspection.document.at(steps) !== undefined;
    const isAt = path.at(-1) === names;
    inspection.say(isHere ? steps : path, isHere || isAt ? message! : error.message);
  }
}

// What is said of a scenario file that is refused.

import { parseScenario } from "../src/scenario/file.js";
import { ScenarioError } from "../src/scenario/problem.js";

/** The whole message, without the file's name; "none" where there is nothing to say. */
export function complaint(text: string): string {
  try {
    parseScenario("test/x.toml", text);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.replaceAll("test/x.toml:", "");
    throw error;
  }
  return "none";
}

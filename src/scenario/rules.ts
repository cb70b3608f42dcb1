import { actRules } from "./act-rules.js";
import { claimRules } from "./claim-rules.js";
import { domainRules } from "./domain-rules.js";
import { Inspection, isTable } from "./inspection.js";
import { slotRules } from "./key-rules.js";
import { memoryRules } from "./memory-rules.js";
import { meterRules } from "./meter-rules.js";
import type { Modules } from "./modules.js";
import { partitionRules } from "./partition-rules.js";
import type { Problem } from "./problem.js";
import type { Programs } from "./programs.js";
import { residenceRules } from "./residence-rules.js";
import { segmentRules } from "./segment-rules.js";
import { stringRules } from "./string-rules.js";
import { timeRules } from "./time-rules.js";
import type { TomlDocument } from "./toml.js";
import { wasmRules } from "./wasm-rules.js";

// What the schema cannot say: which fields go together, and that names are unique and known. These
// rules look at the file as it stands, so that they find their faults beside those of the schema.

/** Every breach of these rules in a scenario file, whose programs and modules are these. */
export function breaches(document: TomlDocument, programs: Programs, modules: Modules): Problem[] {
  const inspection = new Inspection(document);
  kernelRules(inspection);
  timeRules(inspection);
  partitionRules(inspection);
  residenceRules(inspection);
  meterRules(inspection);
  domainRules(inspection);
  memoryRules(inspection, programs);
  wasmRules(inspection, modules);
  for (const [path, node] of inspection.tables("node")) {
    slotRules(inspection, [...path, "keys"], node.keys);
  }
  for (const [path, page] of inspection.tables("page")) stringRules(inspection, path, page);
  segmentRules(inspection);
  actRules(inspection);
  claimRules(inspection);
  return inspection.problems;
}

function kernelRules(inspection: Inspection): void {
  const { kernel } = inspection.document.root;
  if (!isTable(kernel) || kernel.seed === undefined || kernel.processors !== undefined) return;
  inspection.say(["kernel", "seed"], "found seed alone, expected processors beside it");
}

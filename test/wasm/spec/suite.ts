// The official test suite: modules, what is called, and what is to come of it. See convert.mjs for where the
// files are from.

import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";

export type Group = "core" | "simd" | "new";

export interface SuiteFile {
  readonly name: string;
  readonly commands: readonly Command[];
}

export type Command =
  | readonly ["module", ModuleAction]
  | readonly ["register", RegisterAction]
  | readonly ["invoke", InvokeAction]
  | readonly ["get", GetAction]
  | readonly ["return", InvokeAction | GetAction, readonly Expected[]]
  | readonly ["trap", InvokeAction | ModuleAction]
  | readonly ["exception" | "exhaustion", InvokeAction]
  | readonly ["invalid" | "malformed" | "unlinkable", ModuleAction];

export interface ModuleAction {
  readonly kind: "module";
  readonly index: number;
  /** In base64. */
  readonly bytes: string;
}

export interface RegisterAction {
  readonly kind: "register";
  readonly of: Instance;
  readonly as: string;
}

export interface InvokeAction {
  readonly kind: "invoke";
  readonly of: Instance;
  readonly field: string;
  readonly given: readonly Literal[];
}

export interface GetAction {
  readonly kind: "get";
  readonly of: Instance;
  readonly field: string;
}

/** By the index of the module, or by the name that it was registered under. */
type Instance = number | string;

export type Literal =
  | { readonly type: string; readonly bits: string }
  | { readonly type: string; readonly null: boolean }
  | { readonly extern: number }
  | null;

export type Expected =
  | Literal
  | "canonical_nan"
  | "arithmetic_nan"
  | { readonly lanes: readonly Expected[] }
  | { readonly any: readonly Expected[] }
  | { readonly reference: string };

export function suite(group: Group): SuiteFile[] {
  const packed = readFileSync(new URL(`suite-${group}.json.br`, import.meta.url));
  return JSON.parse(brotliDecompressSync(packed).toString());
}

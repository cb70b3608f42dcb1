import type binaryen from "assemblyscript/binaryen";

/** What is left out, by name, and why. */
type Reasons = Readonly<Record<string, string>>;

export declare function journalStores(
  library: typeof binaryen,
  module: binaryen.Module,
  excluded?: Reasons,
  bulk?: Reasons,
): void;

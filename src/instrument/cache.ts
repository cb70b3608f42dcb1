// A cache of instrumented modules, by the contents of what they are made of: in memory, and in a directory.

import { OptionError, StateError } from "../errors.js";
import { checkNames, show, whole } from "../options.js";
import { CacheFiles } from "./cache-files.js";
import { keyOf, textOf } from "./cache-key.js";
import { type Instrumented, type InstrumentOptions, instrument } from "./instrument.js";

export interface ModuleCacheOptions {
  /** Where modules are kept besides, for other processes and later ones; made if it is not there. Node only. */
  readonly directory?: string;
  /** Bytes of instrumented modules that are kept in memory; those used longest ago go first. 256 MiB. */
  readonly limit?: number;
}

export interface ModuleCacheStatistics {
  /** Modules in memory, and their bytes. */
  readonly modules: number;
  readonly bytes: number;
  /** How often one was in memory, or under way; was read from the directory; was instrumented. */
  readonly found: number;
  readonly read: number;
  readonly made: number;
  /** How often the directory could not be read or written, and what was said last. */
  readonly faults: number;
  readonly fault: Error | undefined;
}

const LIMIT = 256 * 2 ** 20;

/** @throws {OptionError} A directory that can't be used is told by `instrument`. */
export function createModuleCache(options: ModuleCacheOptions = {}): ModuleCache {
  checkNames("createModuleCache", options, ["directory", "limit"]);
  const { directory, limit = LIMIT } = options;
  if (directory !== undefined && (typeof directory !== "string" || directory === "")) {
    throw new OptionError(`directory: found ${show(directory)}, expected a path`);
  }
  return new ModuleCache(directory, whole("limit", limit, 0, Number.MAX_SAFE_INTEGER));
}

/** Instruments and compiles each module once. */
export class ModuleCache {
  readonly #files: CacheFiles | undefined;
  readonly #limit: number;
  /** By key; those used last are at the end. */
  readonly #kept = new Map<string, Instrumented>();
  readonly #underWay = new Map<string, Promise<Instrumented>>();
  #bytes = 0;
  #found = 0;
  #read = 0;
  #made = 0;
  #faults = 0;
  #fault: Error | undefined;

  /** @internal */
  constructor(directory: string | undefined, limit: number) {
    this.#files = directory === undefined ? undefined : new CacheFiles(directory);
    this.#limit = limit;
  }

  /**
   * As `instrument`, and compiled; of the same bytes and options it is the same one. What is refused is not kept.
   *
   * Rejects with what `instrument` throws, with the engine's CompileError, with OptionError for a directory that can't be
   * used, and with StateError where there is no file system for one, or no WebCrypto. A single file that can't be read
   * or written is no hindrance: `statistics()` has it.
   */
  async instrument(bytes: Uint8Array, options: InstrumentOptions = {}): Promise<Instrumented> {
    if (!(bytes instanceof Uint8Array)) {
      throw new OptionError(`instrument: found ${show(bytes)}, expected a Uint8Array`);
    }
    // Nobody is to change them while they are looked at.
    const [own, text] = [new Uint8Array(bytes), textOf(options)];
    const key = await keyOf(own, text);
    const known = this.#use(key) ?? this.#underWay.get(key);
    if (known) {
      this.#found++;
      return known;
    }
    const coming = this.#make(key, own, JSON.parse(text) as InstrumentOptions);
    this.#underWay.set(key, coming);
    try {
      const made = await coming;
      this.#keep(key, made);
      return made;
    } finally {
      this.#underWay.delete(key);
    }
  }

  statistics(): ModuleCacheStatistics {
    return {
      ...{ modules: this.#kept.size, bytes: this.#bytes, found: this.#found, read: this.#read },
      ...{ made: this.#made, faults: this.#faults, fault: this.#fault },
    };
  }

  async #make(key: string, bytes: Uint8Array, options: InstrumentOptions): Promise<Instrumented> {
    const known = await this.#fromFiles(key);
    if (known) {
      await known.compile();
      this.#read++;
      return known;
    }
    const made = instrument(bytes, options);
    await made.compile();
    this.#made++;
    await this.#trying(() => this.#files?.write(key, made));
    return made;
  }

  #fromFiles(key: string): Promise<Instrumented | undefined> {
    return this.#trying(() => this.#files?.read(key));
  }

  /** Answers nothing where the file system does not do it; a directory that is no good is the host's to mend. */
  async #trying<Result>(act: () => Promise<Result> | undefined): Promise<Result | undefined> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof OptionError || error instanceof StateError) throw error;
      this.#faults++;
      this.#fault = error as Error;
      return undefined;
    }
  }

  #use(key: string): Instrumented | undefined {
    const found = this.#kept.get(key);
    if (!found) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found;
  }

  #keep(key: string, made: Instrumented): void {
    if (made.bytes.length > this.#limit) return;
    this.#kept.set(key, made);
    this.#bytes += made.bytes.length;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#limit) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }
}

// A directory of instrumented modules, a file each, which any number of processes may share: a file is written under
// another name, then renamed, so whoever reads it finds all of it or none.

import { OptionError, StateError } from "../errors.js";
import { show } from "../options.js";
import { entryOf, opened } from "./cache-entry.js";
import type { Instrumented } from "./instrument.js";

type FileSystem = typeof import("node:fs/promises");

const SUFFIX = ".module";

interface Place {
  readonly files: FileSystem;
  /** Wherever the process goes. */
  readonly path: string;
}

export class CacheFiles {
  readonly #directory: string;
  #place: Promise<Place> | undefined;
  #written = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The directory, made if need be. @throws {OptionError} where that can't be. @throws {StateError} */
  async #opened(): Promise<Place> {
    this.#place ??= this.#open();
    try {
      return await this.#place;
    } catch (error) {
      this.#place = undefined;
      throw error;
    }
  }

  async #open(): Promise<Place> {
    const files = await loadFileSystem();
    try {
      await files.mkdir(this.#directory, { recursive: true });
      await files.access(this.#directory, files.constants.R_OK | files.constants.W_OK);
      return { files, path: await files.realpath(this.#directory) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new OptionError(
        `directory: found ${show(this.#directory)} (${code}), expected a directory that can be read ` +
          "and written, or a place for one",
      );
    }
  }

  /**
   * What was written for a key; undefined where there is none, or only what has been damaged.
   *
   * @throws {OptionError} for a directory that can't be used. @throws {Error} what the file system says.
   */
  async read(key: string): Promise<Instrumented | undefined> {
    const { files, path } = await this.#opened();
    try {
      // A copy of its own: small files come out of a pool.
      return await opened(key, new Uint8Array(await files.readFile(`${path}/${key}${SUFFIX}`)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** @throws as `read` does. */
  async write(key: string, made: Instrumented): Promise<void> {
    const { files, path } = await this.#opened();
    const unique = `${process.pid}-${Math.random().toString(36).slice(2)}-${this.#written++}`;
    const file = `${path}/${key}${SUFFIX}`;
    const temporary = `${file}.${unique}.tmp`;
    try {
      await files.writeFile(temporary, await entryOf(key, made), { flag: "wx" });
      await files.rename(temporary, file);
    } catch (error) {
      await files.rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
  }
}

async function loadFileSystem(): Promise<FileSystem> {
  // By a name that bundlers for browsers don't follow.
  const name = "node:fs/promises";
  if (typeof process === "object" && typeof process.versions?.node === "string") {
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as FileSystem;
  }
  throw new StateError("directory: found no file system here, expected Node; leave it out");
}

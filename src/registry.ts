// Handles by node index. Internal.

/** As a Map from index to handle, but several times faster: millions are made and looked up. */
export class Registry<Handle> {
  /** Without holes, or V8 would make it a hash table. */
  readonly #handles: (Handle | undefined)[] = [];

  get(index: number): Handle | undefined {
    return this.#handles[index];
  }

  set(index: number, handle: Handle): void {
    const handles = this.#handles;
    while (handles.length < index) handles.push(undefined);
    handles[index] = handle;
  }

  delete(index: number): void {
    if (index < this.#handles.length) this.#handles[index] = undefined;
  }

  /** In the order of nodes. */
  *values(): IterableIterator<Handle> {
    for (const handle of this.#handles) if (handle !== undefined) yield handle;
  }

  clear(): void {
    this.#handles.length = 0;
  }
}

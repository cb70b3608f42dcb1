// Puts other bytes in place of the modules that a package compiles. Each package has glue of its own (of
// Emscripten, wasm-bindgen, Go …) and none a common way to be given a module and more imports; but all of
// them end in the functions of `WebAssembly`, and these are replaced while the package loads.

/** What is done to each module of a guest. */
export interface Variant {
  readonly name: string;
  transform(bytes: Uint8Array): Transformed;
}

/** A module, and how one instance of it is made. */
export interface Transformed {
  readonly bytes: Uint8Array;
  /** Imports beside those that the glue gives, for one instance. */
  imports?(): Extra;
}

export interface Extra {
  readonly imports: WebAssembly.Imports;
  /** Called with the instance as soon as there is one, before the glue has it. */
  made?(instance: WebAssembly.Instance): void;
  /** Exports that the glue, which may go through all of them, is not to see. */
  readonly hidden?: readonly string[];
}

type Source = BufferSource | WebAssembly.Module;

/**
 * Runs `load`, in which these modules are the variant's; others (Node has some of its own) are left alone.
 * One at a time; all is put back at the end. Instances that are made later lack the imports.
 */
export async function intercept<T>(
  variant: Variant,
  modules: readonly Uint8Array[],
  load: () => Promise<T>,
): Promise<T> {
  const native = { ...functionsOf(WebAssembly) };
  const transformed = new WeakMap<WebAssembly.Module, Transformed>();

  const compile = (source: BufferSource): WebAssembly.Module => {
    const bytes = bytesOf(source);
    if (!modules.some((each) => Buffer.compare(each, bytes) === 0)) {
      return new native.Module(source);
    }
    const result = variant.transform(bytes);
    const module = new native.Module(result.bytes as BufferSource);
    transformed.set(module, result);
    return module;
  };
  const make = (module: WebAssembly.Module, given?: WebAssembly.Imports): WebAssembly.Instance => {
    const extra = transformed.get(module)?.imports?.();
    const instance = new native.Instance(module, { ...given, ...extra?.imports });
    extra?.made?.(instance);
    return extra?.hidden ? without(extra.hidden, instance) : instance;
  };
  const instantiate = async (source: Source, imports?: WebAssembly.Imports) => {
    if (source instanceof native.Module) return make(source, imports);
    const module = compile(source);
    return { module, instance: make(module, imports) };
  };

  Object.assign(WebAssembly, {
    Module: new Proxy(native.Module, { construct: (_, [source]) => compile(source) }),
    Instance: new Proxy(native.Instance, { construct: (_, [of, given]) => make(of, given) }),
    compile: async (source: BufferSource) => compile(source),
    instantiate,
    // Packages fall back on the others where there are none.
    compileStreaming: undefined,
    instantiateStreaming: undefined,
  });
  try {
    return await load();
  } finally {
    Object.assign(WebAssembly, native);
  }
}

function without(hidden: readonly string[], instance: WebAssembly.Instance): WebAssembly.Instance {
  const shown = Object.entries(instance.exports).filter(([name]) => !hidden.includes(name));
  const exports = { value: Object.freeze(Object.fromEntries(shown)) };
  return Object.create(WebAssembly.Instance.prototype, { exports });
}

function functionsOf(namespace: typeof WebAssembly) {
  const { Module, Instance, compile, instantiate } = namespace;
  const { compileStreaming, instantiateStreaming } = namespace;
  return { Module, Instance, compile, instantiate, compileStreaming, instantiateStreaming };
}

function bytesOf(source: BufferSource): Uint8Array {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  const { buffer, byteOffset, byteLength } = source as ArrayBufferView;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

// What guests in workers import there, for tests: `worker.imports`.

/** Blocks, as foreign code may. */
function block(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

export default async function imports(context) {
  await null;
  const early = (() => {
    try {
      return context.memory;
    } catch (error) {
      return error.message;
    }
  })();
  return {
    host: {
      act: () => {},
      block,
      double: (value) => value * 2,
      first: () => new Uint8Array(context.memory.buffer)[0],
      early: () => early.length,
      fail: () => {
        throw new RangeError("from the worker");
      },
      back: (act) => act(),
      die: () => process.exit(3),
      later: () => {
        setTimeout(() => {
          throw new RangeError("later");
        });
      },
      hide: (value) => ({ value }),
      show: ({ value }) => value,
    },
    env: { memory: new WebAssembly.Memory({ initial: 2 }) },
  };
}

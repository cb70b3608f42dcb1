// Guests whose workers die, or do not come back; and processes that end, or must not.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { MOST_CHUNK } from "../src/guest/mailbox.js";
import { WorkerError, type WorkerGuest } from "../src/index.js";
import { balanced, type Tree, TURN } from "./wasm/plugin.js";
import { ranBy, remote, until, world } from "./wasm/remote.js";

const imports = new URL("wasm/imports.mjs", import.meta.url);

/** Spins, and then calls functions of its worker's. */
const text = `(module (import "host" "die" (func $die))
  (import "host" "later" (func $later))
  (func $spin (export "spin") (param $n i32)
    (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "forever") (loop $more (br $more)))
  (func (export "die") (call $spin (i32.const 100)) (call $die))
  (func (export "later") (call $later)))`;

const mortal = (here: Tree): Promise<WorkerGuest> =>
  remote(here, { text, imports: {}, worker: { imports } });

describe("a worker that dies", () => {
  test("in a function of its own: all that ran is paid; calls say why", async () => {
    const here = world();
    const errors: WorkerError[] = [];
    const guest = await mortal(here);
    const calls = [guest.call("die"), guest.call("spin", 1)];
    for (const call of calls) await call.catch((error) => errors.push(error));
    expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual(
      Array(2).fill("WORKER_DIED guest domain-1: its worker has ended"),
    );
    expect(errors[0]).toBeInstanceOf(WorkerError);
    expect(errors[0]!.cause).toEqual(new Error("the worker exited with code 3"));
    await expect(guest.call("spin", 1)).rejects.toThrow(WorkerError);
    await expect(guest.ready).resolves.toBe(undefined);
    expect(ranBy(guest)).toBe(100n * TURN + 3n);
    expect(guest.domain.state).toBe("ended");
    balanced(here);
    guest.domain.rescind();
    expect(here.kernel.check().findings).toEqual([]);
  });

  test("while nobody calls it, of an error that nobody catches", async () => {
    const here = world();
    const guest = await mortal(here);
    await guest.call("later");
    await until(() => guest.domain.state === "ended");
    const error: unknown = await guest.call("spin", 1).catch((error) => error);
    expect(error).toBeInstanceOf(WorkerError);
    expect((error as WorkerError).cause).toEqual(new RangeError("later"));
    balanced(here);
  });

  test.each(["the event loop", "an act of the host"])(
    "in the guest's code, as %s finds: the chunk that was out is paid in full",
    async (who) => {
      const here = world({ cycles: 2n ** 60n });
      const guest = await mortal(here);
      const other = await remote(here);
      const call = guest.call("forever");
      await until(() => guest.domain.consumed > 0n);
      const before = ranBy(guest);
      // It goes on when the event loop has gone round.
      await new Promise((resolve) => setTimeout(resolve, 5));
      const failed = expect(call).rejects.toThrow(WorkerError);
      await terminate(guest);
      if (who === "the event loop") await failed;
      const found = ranBy(guest) - before;
      expect(found).toBeGreaterThanOrEqual(BigInt(MOST_CHUNK));
      await failed;
      expect(ranBy(guest) - before).toBe(found);
      expect(guest.domain.state).toBe("ended");
      balanced(here);
      await other.call("spin", 10);
      balanced(here);
    },
  );
});

/** Ends its worker as anybody might, not as its guest does. */
async function terminate(guest: WorkerGuest): Promise<void> {
  const { worker } = guest.thread as unknown as { worker: Worker };
  await worker.terminate();
}

describe("the process", () => {
  /** What a program prints that has a kernel, a spinning guest in a worker, and a meter. */
  async function run(body: string, ...args: string[]): Promise<string> {
    const module = JSON.stringify(await base64());
    const program = `
      import { createKernel } from "${new URL("../dist/src/index.js", import.meta.url)}";
      import { instrument } from "${new URL("../dist/src/instrument/index.js", import.meta.url)}";
      const kernel = createKernel();
      const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 1_000_000_000n });
      const module = instrument(Buffer.from(${module}, "base64"));
      const guest = kernel.loadWasm(module, { meter, worker: true });
      ${body}`;
    const options = ["--input-type=module", "-e", program, ...args];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    return stdout.trim();
  }

  async function base64(): Promise<string> {
    const { wat } = await import("./wasm/wat.js");
    const bytes = await wat(`(module (func (export "spin") (param $n i32)
      (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`);
    return Buffer.from(bytes).toString("base64");
  }

  test("ends where a guest is idle, or not even ready", async () => {
    expect(await run(`await guest.call("spin", 3); console.log("end")`)).toBe("end");
    expect(await run(`console.log("end")`)).toBe("end");
  });

  test("does not end while a call is under way", async () => {
    const body = `guest.call("spin", 50_000_000).then(() => console.log(guest.domain.consumed))`;
    expect(await run(body)).toBe("250000000n");
  });

  test("ends where a call waits for what nobody gives", async () => {
    const body = `meter.set(1000n);
      guest.call("spin", 1000).then(() => console.log("done"));
      kernel.on("park", () => console.log("parked"));`;
    expect(await run(body)).toBe("parked");
  });

  test("ends when the kernel is disposed of in the midst of a call", async () => {
    const body = `guest.call("spin", 2e9).catch((error) => console.log(error.code));
      setTimeout(() => kernel.dispose(), 20)`;
    expect(await run(body)).toBe("RESCINDED");
  });
});

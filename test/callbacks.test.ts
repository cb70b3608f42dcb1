// Host code that the kernel calls back: what a listener, keeper or alarm may do there, and what is left
// when it throws (nothing half done, nobody in limbo).

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  bursts,
  createKernel,
  type Domain,
  type Kernel,
  loadElf,
  type Meter,
} from "../src/index.js";
import { guestFile } from "./guests.js";
import { findings } from "./lab.js";

const FOREVER = bursts({ run: 10 });
const HELLO = loadElf(readFileSync(guestFile("hello")));

function dry(kernel: Kernel, keeper: Parameters<Kernel["createMeter"]>[0]["keeper"]): Meter {
  return kernel.createMeter({
    name: "dry",
    superior: kernel.primeMeter,
    cycles: 0n,
    ...{ keeper },
  });
}

function busy(kernel: Kernel, meter: Meter): Domain {
  const domain = kernel.createDomain({ meter, program: FOREVER });
  domain.start();
  return domain;
}

/** Steps on through errors until nobody can go on; answers how many there were. */
function settle(kernel: Kernel): number {
  for (let errors = 0; ; ) {
    try {
      if (kernel.step().reason !== "ran") return errors;
    } catch {
      errors++;
    }
  }
}

test("step in a keeper, a listener or an alarm is refused", () => {
  const kernel = createKernel({ trace: true });
  const errors: unknown[] = [];
  const again = () => {
    try {
      kernel.step();
    } catch (error) {
      errors.push((error as { code: string }).code);
    }
  };
  const meter = dry(kernel, () => {
    again();
    return "decline";
  });
  kernel.on("park", again);
  kernel.at(0n, again);
  busy(kernel, meter);
  while (kernel.step().reason === "ran");
  expect(errors).toEqual(["WRONG_STATE", "WRONG_STATE", "WRONG_STATE"]);
  expect(findings(kernel)).toEqual([]);
});

test("a listener that throws stops neither the other listeners nor the keeper", () => {
  const kernel = createKernel({ trace: true, quantum: 100 });
  let calls = 0;
  const told: bigint[] = [];
  const meter = kernel.createMeter({
    superior: kernel.primeMeter,
    cycles: 150n,
    keeper: () => {
      calls++;
      return "decline";
    },
  });
  kernel.on("slice", () => {
    throw new Error("as planned");
  });
  kernel.on("slice", ({ cycles }) => told.push(cycles));
  const domain = busy(kernel, meter);
  expect(settle(kernel)).toBe(1);
  expect(told).toEqual([100n, 50n]);
  expect(calls).toBe(1);
  expect(domain.state).toBe("parked");
  expect(findings(kernel)).toEqual([]);
});

test("a listener that throws loses no trap and no system call", () => {
  const kernel = createKernel({ trace: true, quantum: 100 });
  kernel.on("slice", () => {
    throw new Error("as planned");
  });
  kernel.on("refill", () => {
    throw new Error("as planned");
  });
  const hello = kernel.createDomain({ meter: kernel.primeMeter, program: HELLO });
  hello.start();
  const gone = kernel.createMeter({ superior: kernel.primeMeter });
  const orphan = busy(kernel, gone);
  gone.rescind();
  expect(settle(kernel)).toBeGreaterThan(0);
  expect(hello.state).toBe("ended");
  expect(hello.exitCode).toBe(0);
  expect(orphan.trap?.code).toBe(0x404);
});

test("the error of a listener reaches whoever runs the kernel, also out of a promise", async () => {
  const kernel = createKernel();
  const meter = dry(kernel, () => Promise.reject(new Error("keeper")));
  kernel.on("keeperError", () => {
    throw new Error("listener");
  });
  const domain = busy(kernel, meter);
  await expect(kernel.run()).rejects.toThrow("listener");
  expect(domain.state).toBe("parked");
  expect((await kernel.run()).reason).toBe("idle");
});

test.each(["at once", "later"])(
  "without a listener the error of a keeper, %s, reaches whoever runs the kernel",
  async (when) => {
    const kernel = createKernel();
    const error = new Error("keeper");
    const meter = dry(kernel, () => {
      if (when === "later") return Promise.reject(error);
      throw error;
    });
    const domain = busy(kernel, meter);
    await expect(kernel.run()).rejects.toBe(error);
    expect(domain.state).toBe("parked");
    expect((await kernel.run()).reason).toBe("idle");
  },
);

test("a listener that does something else first does not make the keeper's call another's", () => {
  const kernel = createKernel({ trace: true, quantum: 100 });
  const meter = kernel.createMeter({
    superior: kernel.primeMeter,
    cycles: 150n,
    keeper: ({ meter }) => meter.add(10n),
  });
  // It changes what the kernel last reported: codes, indices.
  kernel.on("slice", () => {
    kernel.createMeter({ superior: kernel.primeMeter });
    domain.unprepare();
  });
  const domain = busy(kernel, meter);
  for (let i = 0; i < 100 && kernel.time < 400n; i++) kernel.step({ cycles: 400n - kernel.time });
  expect(domain.consumed).toBe(400n);
});

test("a listener that rescinds who the kernel reports", () => {
  for (const which of ["meter", "domain"] as const) {
    const kernel = createKernel({ trace: true, quantum: 100 });
    let calls = 0;
    const meter = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 150n,
      keeper: () => void calls++,
    });
    const domain = busy(kernel, meter);
    kernel.on("slice", ({ time }) => {
      if (time === 150n) (which === "meter" ? meter : domain).rescind();
    });
    while (kernel.step().reason === "ran");
    expect(findings(kernel)).toEqual([]);
    if (which === "meter") expect(domain.trap?.code).toBe(0x404);
    expect(calls).toBe(0);
  }
});

test("a listener that rescinds a domain in the middle of its system call", () => {
  const kernel = createKernel({ frames: 2000 });
  const free = kernel.core.exports.framesFree();
  const domain = kernel.createDomain({ meter: kernel.primeMeter, program: HELLO });
  kernel.on("output", () => domain.rescind());
  domain.start();
  while (kernel.step().reason === "ran");
  expect(kernel.core.exports.framesFree()).toBe(free);
  expect(findings(kernel)).toEqual([]);
});

test("rescind frees the program's frames though a listener throws", () => {
  const kernel = createKernel({ frames: 2000, trace: true });
  const free = kernel.core.exports.framesFree();
  kernel.on("slice", () => {
    throw new Error("as planned");
  });
  const domain = kernel.createDomain({ meter: kernel.primeMeter, program: HELLO });
  domain.start();
  kernel.step({ cycles: 10 });
  expect(() => domain.rescind()).toThrow("as planned");
  expect(kernel.core.exports.framesFree()).toBe(free);
  expect([...kernel.domains()]).toEqual([]);
});

test("dispose in a keeper: the kernel is done for, and says so", async () => {
  const kernel = createKernel();
  busy(
    kernel,
    dry(kernel, () => kernel.dispose()),
  );
  await expect(kernel.run()).rejects.toMatchObject({ code: "WRONG_STATE" });
  for (const use of [
    () => kernel.time,
    () => kernel.check(),
    () => kernel.statistics(),
    () => kernel.step(),
    () => kernel.primeMeter.peek(),
  ]) {
    expect(use).toThrow("disposed of");
  }
  kernel.dispose();
});

test("a listener may take itself off, and one put on in the middle waits for the next event", () => {
  const kernel = createKernel({ trace: true, quantum: 10 });
  const told: string[] = [];
  const add = () => {
    if (told.length < 50) kernel.on("slice", add);
    told.push("slice");
  };
  kernel.on("slice", add);
  busy(kernel, kernel.primeMeter);
  kernel.step({ cycles: 10 });
  kernel.step({ cycles: 10 });
  expect(told).toHaveLength(3);
});

test("an answer by restart or decline wakes a run that waits for the promise", async () => {
  for (const how of ["restart", "decline"] as const) {
    const kernel = createKernel();
    const meter = dry(kernel, (message) => {
      setTimeout(() => {
        if (how === "restart") message.meter.add(5n);
        message[how]();
      }, 5);
      return new Promise(() => {});
    });
    const domain = busy(kernel, meter);
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), 2000);
    const { reason } = await kernel.run({ cycles: 5, signal: abort.signal });
    clearTimeout(timer);
    expect(reason).toBe(how === "restart" ? "limit" : "idle");
    expect(domain.consumed).toBe(how === "restart" ? 5n : 0n);
  }
});

test("what the host does meanwhile wakes a run that waits for a keeper", async () => {
  const kernel = createKernel();
  busy(
    kernel,
    dry(kernel, () => new Promise(() => {})),
  );
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 2000);
  const running = kernel.run({ cycles: 5, signal: abort.signal });
  setTimeout(() => busy(kernel, kernel.primeMeter), 5);
  expect((await running).reason).toBe("limit");
  clearTimeout(timer);
});

test("every park is told, however many keepers decline at once", async () => {
  const kernel = createKernel({ nodes: 6000 });
  const kept: (() => boolean)[] = [];
  let parks = 0;
  kernel.on("park", () => parks++);
  for (let i = 0; i < 2500; i++) {
    busy(
      kernel,
      dry(kernel, ({ decline }) => {
        kept.push(decline);
        return new Promise(() => {});
      }),
    );
  }
  while (kernel.step().reason === "ran");
  for (const decline of kept) decline();
  kernel.step();
  expect(parks).toBe(2500);
});

test("a thenable that is no Promise of this realm is waited for", async () => {
  const kernel = createKernel();
  let answer = () => {};
  const meter = dry(kernel, () => {
    // biome-ignore lint/suspicious/noThenProperty: it is what is tested
    return { then: (resolve: () => void) => (answer = resolve) } as never;
  });
  const domain = busy(kernel, meter);
  while (kernel.step().reason === "ran");
  expect(domain.state).toBe("waiting");
  await Promise.resolve();
  meter.add(3n);
  answer();
  for (let i = 0; i < 4; i++) await Promise.resolve();
  kernel.step({ cycles: 3 });
  expect(domain.consumed).toBe(3n);
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TRAP_FETCH_FAULT } from "../assembly/codes.js";
import { createKernel, type Kernel, loadElf, refill } from "../src/index.js";
import { GUEST_RUNS, guestFile, WILD_ACTS } from "./guests.js";

const elf = (program: string) => loadElf(readFileSync(guestFile(program)));

function domainOf(kernel: Kernel, program: string, args: readonly string[] = [], stdin = "") {
  const meter = kernel.createMeter({ superior: kernel.primeMeter });
  const memory = program === "hog" ? 8 << 20 : undefined;
  const domain = kernel.createDomain({
    name: program,
    meter,
    program: elf(program),
    args,
    stdin,
    ...(memory === undefined ? {} : { memory }),
  });
  domain.start();
  return domain;
}

describe("compiled programs", () => {
  for (const { program, args, stdin, exit = 0, output, instructions } of GUEST_RUNS) {
    test(`${program} ${args.join(" ")}: its output, and its cycles as an outside oracle counts them`, async () => {
      const kernel = createKernel();
      const domain = domainOf(kernel, program, args, stdin);
      const result = await kernel.run();
      expect(result.reason).toBe("idle");
      expect(domain.state).toBe("ended");
      expect(domain.exitCode).toBe(exit);
      expect(domain.output).toBe(output);
      if (instructions !== undefined) expect(domain.consumed).toBe(BigInt(instructions));
      expect(kernel.primeMeter.statistics().consumed).toBe(domain.consumed);
      expect(kernel.check().findings).toEqual([]);
    });
  }

  test("many at a time, in odd slices, under meters that run dry: the same outputs and counts", async () => {
    const kernel = createKernel({ quantum: 997, advance: 10_007n, frames: 32_768 });
    const meter = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 1n,
      keeper: refill({ amount: 33_333n }),
    });
    const short = GUEST_RUNS.filter(({ instructions = 1e9 }) => instructions < 1_400_000);
    const domains = short.map(({ program, args, stdin = "" }) =>
      kernel.createDomain({ name: program, meter, program: elf(program), args, stdin }),
    );
    for (const domain of domains) domain.start();
    await kernel.run();
    short.forEach(({ output, instructions, exit = 0 }, i) => {
      expect(domains[i]!.output).toBe(output);
      expect(domains[i]!.consumed).toBe(BigInt(instructions!));
      expect(domains[i]!.exitCode).toBe(exit);
    });
    expect(kernel.check().findings).toEqual([]);
  });

  test("programs cost what their classes of instructions cost", async () => {
    const kernel = createKernel({ costs: { multiply: 4, load: 3 }, advance: 1000n });
    const plain = domainOf(createKernel(), "matmul", ["4", "2"]);
    const costly = domainOf(kernel, "matmul", ["4", "2"]);
    await kernel.run();
    expect(costly.exitCode).toBe(0);
    expect(costly.consumed).toBeGreaterThan(6409n);
    expect(plain.consumed).toBe(0n);
    expect(kernel.check().findings).toEqual([]);
  });

  test("hello sees its arguments, its input and the kernel's clock", async () => {
    const kernel = createKernel();
    const domain = domainOf(kernel, "hello", ["a", "b c"], "some text");
    const pieces: string[] = [];
    kernel.on("output", ({ fd, bytes }) => pieces.push(`${fd}:${new TextDecoder().decode(bytes)}`));
    await kernel.run();
    expect(domain.exitCode).toBe(0);
    expect(domain.output).toContain("b c");
    expect(domain.output).toContain("input 9 bytes");
    expect(pieces.join("")).toContain("1:");
    expect(domain.unimplementedCalls).toEqual({});
  });
});

describe("hostile programs", () => {
  for (const { act, trap } of WILD_ACTS) {
    test(`wild ${act} traps, and another domain is unharmed`, async () => {
      const kernel = createKernel();
      const wild = domainOf(kernel, "wild", [act]);
      const good = domainOf(kernel, "sieve", ["1000"]);
      await kernel.run();
      expect(wild.state).toBe("trapped");
      expect(wild.trap?.code).toBe(trap);
      expect(good.output).toBe("sieve limit 1000 primes 168 last 997\n");
      expect(good.consumed).toBe(12_324n);
      expect(kernel.check().findings).toEqual([]);
    });
  }

  test("spin is stopped by its meter and by nothing else", async () => {
    const kernel = createKernel();
    const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 1_234_567n });
    const domain = kernel.createDomain({ meter, program: elf("spin") });
    domain.start();
    expect((await kernel.run()).reason).toBe("idle");
    expect(domain.state).toBe("parked");
    expect(domain.consumed).toBe(1_234_567n);
    meter.on(1000n);
    await kernel.run();
    expect(domain.consumed).toBe(1_235_567n);
    expect(meter.peek()).toBe(0n);
  });

  test("a domain that traps again and again never comes further and costs nothing", async () => {
    const kernel = createKernel();
    const domain = domainOf(kernel, "wild", ["jump-null"]);
    await kernel.run();
    const { consumed } = domain;
    for (let i = 0; i < 10; i++) {
      domain.start();
      await kernel.run();
      expect(domain.trap).toMatchObject({ code: TRAP_FETCH_FAULT, address: 0 });
    }
    expect(domain.consumed).toBe(consumed);
  });

  test("hog gets what its memory holds, and no more", async () => {
    const kernel = createKernel();
    const domain = domainOf(kernel, "hog");
    await kernel.run();
    expect(domain.exitCode).toBe(0);
    expect(domain.output).toMatch(/^hog blocks \d+ wrong 0\n$/);
  });
});

describe("memory", () => {
  test("too little for the program is refused with what would do", () => {
    const kernel = createKernel();
    const meter = kernel.createMeter({ superior: kernel.primeMeter });
    const program = elf("sieve");
    expect(() => kernel.createDomain({ meter, program, memory: 4096 })).toThrow(
      /memory: found 4096 bytes, the program needs at least \d+/,
    );
  });

  test("frames used up: a clear error, nothing kept, and room again once a domain has ended", async () => {
    const kernel = createKernel({ frames: 600 });
    const meter = kernel.createMeter({ superior: kernel.primeMeter });
    const program = elf("sieve");
    const make = () => kernel.createDomain({ meter, program, args: ["1000"] });
    const domains = [make()];
    expect(() => {
      for (let i = 0; i < 20; i++) domains.push(make());
    }).toThrow(expect.objectContaining({ code: "NO_FRAMES" }));
    expect(domains.length).toBeGreaterThan(1);
    expect(kernel.check().findings).toEqual([]);
    for (const domain of domains) domain.start();
    await kernel.run();
    for (const domain of domains) expect(domain.exitCode).toBe(0);
    make().start();
    await kernel.run();
    expect(kernel.check().findings).toEqual([]);
  });

  test("a rescinded domain's memory is another's, and zero", async () => {
    const kernel = createKernel({ frames: 600 });
    const meter = kernel.createMeter({ superior: kernel.primeMeter });
    for (let i = 0; i < 30; i++) {
      const domain = kernel.createDomain({ meter, program: elf("hog"), args: ["3"] });
      domain.start();
      await kernel.run({ cycles: 50_000 });
      domain.rescind();
    }
    expect([...kernel.domains()]).toEqual([]);
    expect(kernel.check().findings).toEqual([]);
  });
});

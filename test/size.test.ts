import { describe, expect, test } from "vitest";
import { createKernel } from "../src/index.js";
import { bytesOf } from "../src/size.js";

const refused = (nodes: number, frames: number): string => {
  try {
    bytesOf(nodes, frames);
  } catch (error) {
    expect(error).toMatchObject({ code: "NO_MEMORY" });
    return (error as Error).message;
  }
  return "";
};

describe("a kernel larger than a memory", () => {
  test("is refused with the frames that would fit, and they do", () => {
    const message = refused(65_536, 1 << 20);
    const [, most] = message.match(/expected at most (\d+) frames with 65536 nodes$/)!;
    expect(bytesOf(65_536, Number(most))).toBeLessThanOrEqual(65_535 * 65_536);
    expect(refused(65_536, Number(most) + 1)).toContain(`at most ${most} frames`);
    expect(() => createKernel({ frames: 1 << 20 })).toThrow(message);
  });

  test("because of its nodes alone is refused with the nodes that would fit", () => {
    // Past what the option allows; the function answers for itself.
    const [, most] = refused(20_000_000, 0).match(/expected at most (\d+) nodes$/)!;
    expect(bytesOf(Number(most), 0)).toBeLessThanOrEqual(65_535 * 65_536);
    expect(refused(Number(most) + 1, 0)).toContain(`at most ${most} nodes`);
  });

  test("the smallest kernel has room for the prime meter only, and says so", () => {
    const kernel = createKernel({ nodes: 2, frames: 0 });
    expect(() => kernel.createMeter({ superior: kernel.primeMeter })).toThrow(
      /all 1 nodes are in use; create the kernel with more `nodes`/,
    );
    expect(kernel.check().findings).toEqual([]);
  });
});

import { expect, test } from "vitest";
import * as layout from "../assembly/layout.js";

test("a node is its header and sixteen keys", () => {
  expect(layout.NODE_KEYS + layout.SLOTS * layout.KEY_SIZE).toBe(layout.NODE_SIZE);
});

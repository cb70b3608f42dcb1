import { expect, test } from "vitest";
import { shrink, simplify } from "../src/sim/shrink.js";

const numbers = Array.from({ length: 1000 }, (_, number) => number);

test("a list is shrunk to what makes it fail, in order", () => {
  const needed = [3, 500, 501, 998];
  const fails = (some: readonly number[]) => needed.every((number) => some.includes(number));
  expect(shrink(numbers, fails, 10_000)).toEqual(needed);
});

test("one of which any two fail becomes two", () => {
  expect(shrink(numbers, (some) => some.length >= 2, 10_000)).toHaveLength(2);
});

test("it gives up after so many tries, with a list that fails", () => {
  let tries = 0;
  const fails = (some: readonly number[]) => {
    tries++;
    return some.includes(700) && some.includes(20);
  };
  const few = shrink(numbers, fails, 12);
  expect(tries).toBe(12);
  expect(few.length).toBeLessThan(1000);
  expect(few).toContain(700);
  expect(few).toContain(20);
});

test("what can be simpler is made simpler, one after the other", () => {
  const simpler = (number: number) => (number > 0 ? [0, number - 1] : []);
  const fails = ([a, b]: readonly number[]) => a! + b! >= 5;
  expect(simplify([4, 9], simpler, fails)).toEqual([0, 5]);
});

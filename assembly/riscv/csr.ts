import { me } from "../processor";
import { Machine } from "./machine";

const CYCLE: u32 = 0xc00;
const TIME: u32 = 0xc01;
const HIGH: u32 = 0x80;

/** cycle, time, instret and their high halves. */
export function isCounter(number: u32): bool {
  const low = number & ~HIGH;
  return low >= CYCLE && low <= CYCLE + 2;
}

/** Value of a counter when this run has used so many cycles and retired so many instructions. */
export function readCounter(machine: Machine, number: u32, used: u32, retired: u32): u32 {
  const low = number & ~HIGH;
  let value = machine.retired + retired;
  if (low == CYCLE) value = machine.cycles + used;
  else if (low == TIME) value = me().time + used;
  return <u32>((number & HIGH) != 0 ? value >> 32 : value);
}

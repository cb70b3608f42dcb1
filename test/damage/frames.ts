// Damage to frames, machines and images.

import * as layout from "../../assembly/layout.js";
import * as rv from "../../assembly/riscv/layout.js";
import type { Domain } from "../../src/index.js";
import { type Corruption, type Damage, into, nodeOf } from "./damage.js";

export const FRAMES: Corruption[] = [];
const damage = into(FRAMES);

const bitmap = (d: Damage) => d.u32(d.control(layout.CONTROL_FRAME_BASE));
const image = (d: Damage, of: Domain) => d.u32(d.machine(of) + rv.MACHINE_IMAGE);

damage("frames used", "one more", (d) => {
  d.set32(d.control(layout.CONTROL_FRAMES_USED), 1);
  return "found 1,";
});

damage("frames", "the bitmap's own free", (d) => {
  d.bits(bitmap(d), -1);
  return "bitmap";
});

damage("frames", "a page's free", (d, { domains }) => {
  const frame = (d.u32(d.word(domains.spin)) - bitmap(d)) >> 12;
  d.bits(bitmap(d) + (frame >> 3), -(1 << (frame & 7)));
  return nodeOf(d, domains.spin);
});

damage("frames", "a page's in another machine", (d, { domains }) => {
  d.set32(d.word(domains.spin), d.u32(d.word(domains.sieve)));
  return `of ${nodeOf(d, domains.spin)}, expected a frame owned once`;
});

damage("frames", "a page's twice in one machine", (d, { domains }) => {
  d.set32(d.word(domains.spin), d.u32(d.word(domains.spin, 1)));
  return nodeOf(d, domains.spin);
});

damage("frames", "a page over the bitmap", (d, { domains }) => {
  d.set32(d.word(domains.spin), bitmap(d) | rv.MARK_PRESENT);
  return "of bitmap";
});

damage("frames", "a page outside of the frames", (d, { domains }) => {
  d.set32(d.word(domains.spin), layout.CONTROL | rv.MARK_PRESENT);
  return nodeOf(d, domains.spin);
});

damage("page table", "page 0 mapped", (d, { domains }) => {
  const table = d.machine(domains.spin) + rv.MACHINE_TABLE;
  d.set32(table, d.u32(d.word(domains.spin)));
  return `${nodeOf(d, domains.spin)}, page 0`;
});

damage("machine", "not in a frame", (d, { domains }) => {
  d.set32(d.record(domains.spin) + layout.RECORD_PROGRAM, 4096);
  return nodeOf(d, domains.spin);
});

damage("machine", "no pages", (d, { domains }) => {
  d.set32(d.machine(domains.spin) + rv.MACHINE_PAGES, 0);
  return `${nodeOf(d, domains.spin)}, pages`;
});

damage("frames", "a machine of two domains", (d, { domains }) => {
  d.set32(d.record(domains.spin) + layout.RECORD_PROGRAM, d.machine(domains.sieve));
  return `${nodeOf(d, domains.sieve)}, machine`;
});

damage("cycles", "more than the domain consumed", (d, { domains }) => {
  d.add64(d.machine(domains.spin) + rv.MACHINE_CYCLES, 1n);
  return nodeOf(d, domains.spin);
});

damage("image", "no machines", (d, { domains }) => {
  d.set32(image(d, domains.spin) + rv.IMAGE_MACHINES, 0);
  return "machines: found 0";
});

damage("image", "a pool of more frames", (d, { domains }) => {
  d.set32(image(d, domains.spin) + rv.IMAGE_POOL_FRAMES, 7);
  return "found 7";
});

damage("image", "not in a frame", (d, { domains }) => {
  d.set32(d.machine(domains.spin) + rv.MACHINE_IMAGE, 12);
  return nodeOf(d, domains.spin);
});

damage("frames", "a pool in a loop", (d, { domains }) => {
  const pool = d.u32(image(d, domains.spin) + rv.IMAGE_POOL);
  d.set32(pool, pool);
  return "decoded code";
});

damage("program", "bursts out of line", (d, { domains }) =>
  d.set32(d.record(domains.burst) + layout.RECORD_PROGRAM, bitmap(d) + 4),
);

damage("frames", "bursts in a page of a machine", (d, { domains }) => {
  const page = d.u32(d.word(domains.spin)) & -layout.PAGE_SIZE;
  d.set32(d.record(domains.burst) + layout.RECORD_PROGRAM, page);
  return `bursts, description for ${nodeOf(d, domains.burst)}`;
});

damage("frame hint", "above a free frame", (d) => {
  d.set32(d.control(layout.CONTROL_FRAME_HINT), 1024);
  return "found 1024";
});

const description = (d: Damage, of: Domain) => d.u32(d.record(of) + layout.RECORD_PROGRAM);

damage("bursts", "of no cycles", (d, { domains }) => {
  d.set32(description(d, domains.burst) + layout.BURSTS_RUN_MIN, 0);
  return nodeOf(d, domains.burst);
});

damage("bursts", "nothing left of one", (d, { domains }) =>
  d.set32(d.record(domains.burst) + layout.RECORD_BURST_LEFT, 0),
);

damage("bursts", "drawn from 0", (d, { domains }) =>
  d.set32(d.record(domains.burst) + layout.RECORD_RANDOM, 0),
);

damage("bursts", "fewer than for ever", (d, { domains }) =>
  d.set32(d.record(domains.burst) + layout.RECORD_BURSTS, 3),
);

damage("bursts", "more than there are", (d, { domains }) => {
  d.set32(description(d, domains.burst) + layout.BURSTS_TIMES, 3);
  d.set32(d.record(domains.burst) + layout.RECORD_BURSTS, 4);
  return nodeOf(d, domains.burst);
});

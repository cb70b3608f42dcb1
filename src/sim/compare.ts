// All that is in memory against the model: who is what, what each domain ran, what each meter has
// left.

import {
  CONTROL_NODE_BASE,
  CONTROL_NODES,
  CONTROL_RECORD_BASE,
  DOMAIN_HOOK_SLOT,
  KEY_LOW,
  KEY_SIZE,
  KEY_SUBJECT,
  METER_COUNTER_SLOT,
  NODE_ALLOCATED,
  NODE_ALLOCATION,
  NODE_CONSUMED,
  NODE_FLAGS,
  NODE_KEYS,
  NODE_PREPCODE,
  NODE_RECORD,
  NODE_SIZE,
  PREPCODE_DOMAIN,
  PREPCODE_METER,
  RECORD_AMOUNT,
  RECORD_CONSUMED,
  RECORD_NODE,
  RECORD_SIZE,
  RECORD_STATE,
  RECORD_SUPERIOR,
  STATE_ENDED,
  STATE_PARKED,
  STATE_READY,
  STATE_STOPPED,
  STATE_TRAPPED,
  STATE_WAITING,
} from "../../assembly/layout.js";
import type { View } from "../view.js";
import { SimFailure } from "./failure.js";
import { DOMAIN, FREE, type Model, PARKED } from "./model.js";

/** By the model's state; who is active may be ready, asleep, or waiting for a busy keeper. */
const STATES = [
  [STATE_STOPPED],
  [STATE_READY, STATE_WAITING],
  [STATE_PARKED],
  [STATE_WAITING],
  [STATE_TRAPPED],
  [STATE_ENDED],
];

/** @throws {SimFailure} */
export function compare(view: View, model: Model): void {
  const caches = new Array<bigint>(model.nodes).fill(0n);
  const unsettled = new Array<bigint>(model.nodes).fill(0n);
  for (const domain of model.domains) {
    compareNode(view, model, domain);
    compareDomain(view, model, domain);
    sumAbove(view, domain, caches, unsettled);
  }
  for (const meter of model.meters) {
    compareNode(view, model, meter);
    compareMeter(view, model, meter, caches[meter]!, unsettled[meter]!);
  }
  for (let index = 1; index < view.control(CONTROL_NODES); index++) {
    if (model.kind[index] !== FREE) continue;
    const flags = view.u8(node(view, index) + NODE_FLAGS);
    if (flags === NODE_ALLOCATED) throw new SimFailure("state", `node ${index}`, "in use", "free");
  }
}

function node(view: View, index: number): number {
  return view.control(CONTROL_NODE_BASE) + index * NODE_SIZE;
}

function indexOf(view: View, address: number): number {
  return (address - view.control(CONTROL_NODE_BASE)) / NODE_SIZE;
}

function compareNode(view: View, model: Model, index: number): void {
  const at = node(view, index);
  const allocation = view.u32(at + NODE_ALLOCATION);
  const isDomain = view.u8(at + NODE_PREPCODE) === PREPCODE_DOMAIN;
  const found = `${isDomain ? "domain" : "meter"} of allocation ${allocation}`;
  const kind = model.kind[index] === DOMAIN ? "domain" : "meter";
  const expected = `${kind} of allocation ${model.allocation[index]}`;
  if (found !== expected) throw new SimFailure("state", `node ${index}`, found, expected);
}

function compareDomain(view: View, model: Model, domain: number): void {
  const at = node(view, domain);
  const record = view.u32(at + NODE_RECORD);
  const state = view.u8(record + RECORD_STATE);
  const name = `domain ${domain}`;
  if (!STATES[model.state[domain]!]!.includes(state)) {
    throw new SimFailure("state", name, `state ${state}`, model.stateName(domain));
  }
  if (model.state[domain] === PARKED) {
    const hook = view.u32(at + NODE_KEYS + DOMAIN_HOOK_SLOT * KEY_SIZE + KEY_SUBJECT);
    const meter = indexOf(view, hook);
    const expected = model.parkedAt[domain]!;
    if (meter !== expected) {
      throw new SimFailure("state", name, `parked at ${meter}`, `at ${expected}`);
    }
    if (!model.isDry(meter)) {
      throw new SimFailure("park", name, `parked at meter ${meter}`, "to run: it is not dry");
    }
  }
  const ran = view.u64(at + NODE_CONSUMED) + view.u64(record + RECORD_CONSUMED);
  const expected = BigInt(model.consumed[domain]!);
  if (ran !== expected) throw new SimFailure("counter", name, `${ran} ran`, `${expected}`);
}

/** Adds what a domain holds and has not settled to every meter above it, by their records. */
function sumAbove(view: View, domain: number, caches: bigint[], unsettled: bigint[]): void {
  const bases = view.control(CONTROL_RECORD_BASE);
  const record = view.u32(node(view, domain) + NODE_RECORD);
  const amount = view.u64(record + RECORD_AMOUNT);
  const consumed = view.u64(record + RECORD_CONSUMED);
  let depth = 0;
  for (let at = view.u32(record + RECORD_SUPERIOR); at !== 0; at = view.u32(at + RECORD_SUPERIOR)) {
    const isRecord = at >= bases && (at - bases) % RECORD_SIZE === 0 && depth++ < caches.length;
    if (!isRecord) throw new SimFailure("state", `domain ${domain}`, `superior ${at}`, "a record");
    const index = indexOf(view, view.u32(at + RECORD_NODE));
    caches[index]! += amount;
    unsettled[index]! += consumed;
  }
}

function compareMeter(
  view: View,
  model: Model,
  meter: number,
  caches: bigint,
  unsettled: bigint,
): void {
  const at = node(view, meter);
  const isPrepared = view.u8(at + NODE_PREPCODE) === PREPCODE_METER;
  const record = view.u32(at + NODE_RECORD);
  const slot = at + NODE_KEYS + METER_COUNTER_SLOT * KEY_SIZE + KEY_LOW;
  const stored = view.u64(isPrepared ? record + RECORD_AMOUNT : slot);
  const settled = view.u64(isPrepared ? record + RECORD_CONSUMED : at + NODE_CONSUMED);
  const name = `meter ${meter}`;
  const consumed = BigInt(model.consumed[meter]!);
  if (settled + unsettled !== consumed) {
    throw new SimFailure("counter", name, `${settled + unsettled} consumed`, `${consumed}`);
  }
  const counter = model.counter(meter);
  if (stored + caches !== counter) {
    throw new SimFailure("counter", name, `${stored} + ${caches} in caches`, `${counter}`);
  }
}

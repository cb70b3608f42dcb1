// Everything at once: servers and clients that call each other and a host object, and the host, which calls them.

import type { Delivery, KernelOptions, Key } from "../src/index.js";
import { type Actor, Cast, data } from "./cast.js";
import { call, fork, reply, rest, type Step } from "./puppet.js";
import type { Random } from "./riscv/random.js";

export interface Storm {
  readonly cast: Cast;
  readonly servers: Actor[];
  readonly clients: Actor[];
  /** How often the object was invoked. */
  heard: number;
}

/** Answers each message with its key 1, after some work; in between it tells the object in 0. */
function server(random: Random): Step[] {
  const take = [12, null, null, 15];
  const steps: Step[] = [rest({ take })];
  if (random.below(2)) steps.push(fork(0, { order: 1, busy: random.below(300) }));
  if (random.below(2)) steps.push(call(0, { order: 2, busy: random.below(300) }));
  return [...steps, reply(15, { keys: [12], next: 1, busy: random.below(500), take })];
}

/** Calls servers and the object, over and over. */
function client(random: Random, servers: number): Step[] {
  const steps = Array.from({ length: 6 }, (_, order) =>
    call(random.below(servers + 1), { order: 100 + order, busy: random.below(200) }),
  );
  return [...steps, { ...steps[0]!, next: 0 }];
}

/** Servers answer 0, the object 1000 more than its order, at once or later. */
export function storm(random: Random, options: KernelOptions): Storm {
  const cast = new Cast({ quantum: 700, nodes: 64, trace: false, ...options });
  const made: Storm = { cast, servers: [], clients: [], heard: 0 };
  const object = cast.kernel.hostObject(({ order }) => {
    made.heard++;
    const answer = { order: order + 1000 };
    return random.below(3) ? answer : Promise.resolve(answer);
  });
  for (let i = 0; i < 3; i++) {
    made.servers.push(cast.play(server(random), { name: `server ${i}`, keys: { 0: object } }));
  }
  const keys: Record<number, Key> = { 0: object };
  made.servers.forEach(({ domain }, i) => {
    keys[i + 1] = domain.startKey(i);
  });
  for (let i = 0; i < 4; i++) {
    made.clients.push(cast.play(client(random, 3), { name: `client ${i}`, keys }));
  }
  return made;
}

/** Sends so many calls to servers; each promise is for its number and its answer, or for nothing. */
export function calls({ cast, servers }: Storm, count: number, random: Random) {
  return Array.from({ length: count }, (_, i) => {
    const { domain } = servers[random.below(servers.length)]!;
    return cast.kernel
      .call(domain.startKey(), { order: i, keys: [data(i)] })
      .then<[number, Delivery] | undefined, undefined>(
        (answer) => [i, answer],
        () => undefined,
      );
  });
}

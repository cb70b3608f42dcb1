// What a host does at random to a world of pagers.

import { OK } from "../assembly/codes.js";
import { PAGE_SIZE, PRIME_INDEX } from "../assembly/layout.js";
import { LEAST_PERIOD, PAGE_WORDS } from "../assembly/residence-layout.js";
import { MARK_READ, MARK_WRITE } from "../assembly/riscv/layout.js";
import { idOf } from "../src/id.js";
import { PAGES } from "./pager.js";
import type { Paging } from "./residence-rig.js";
import type { PagedWorld } from "./residence-world.js";

/** One act of the host, whichever is drawn. */
export function act(world: PagedWorld): void {
  const { rig, random } = world;
  const { view } = world.simulated;
  const paging = world.pick(world.pagings);
  const meter = world.pick(world.meters);
  const isPrime = meter === PRIME_INDEX;
  const start = () => world.host((x) => x.domainStart(paging.domain, world.at(paging.domain)));
  const acts: (() => void)[] = [
    start,
    start,
    () => world.host((x) => x.domainStop(paging.domain, world.at(paging.domain))),
    () => {
      world.host((x) => x.domainStop(paging.domain, world.at(paging.domain)));
      start();
    },
    () => world.host((x) => x.domainUnprepare(paging.domain, world.at(paging.domain))),
    () => !isPrime && world.setStorage(meter, random(3) * random(40)),
    () => !isPrime && world.addStorage(meter, random(40)),
    () => rig.unshare(paging, world.watch),
    () => {
      if (!paging.pager.shares || paging.shared !== 0) return;
      rig.share(paging, world.pick(world.shared), world.watch);
      start();
    },
    () => random(4) === 0 && world.end(paging),
    () => random(4) === 0 && rescind(world, meter),
    () => move(world, meter),
    () => world.place(paging.domain),
    () => period(world),
    () => store(world, paging),
    () => {
      if (isPrime) return;
      world.host((x) => {
        view.amount = BigInt(random(2) * random(10_000));
        return x.meterSet(meter, world.at(meter));
      });
    },
    () =>
      world.host((x) => {
        view.amount = BigInt(random(1_000_000));
        return x.meterAdd(meter, world.at(meter));
      }),
    () => random(2) === 0 && world.makeMeter(),
  ];
  world.pick(acts)();
}

function rescind(world: PagedWorld, meter: number): void {
  if (meter === PRIME_INDEX || world.meters.length < 3) return;
  world.host((x) => {
    const status = x.nodeFree(meter, world.at(meter));
    if (status === OK) world.judge.close(meter);
    return status;
  });
  world.meters.splice(world.meters.indexOf(meter), 1);
}

/** Under another meter, unless that is below it. */
function move(world: PagedWorld, meter: number): void {
  const superior = world.pick(world.meters);
  if (meter === PRIME_INDEX || superior >= meter) return;
  const id = idOf(superior, world.at(superior));
  world.simulated.put(meter, 1, { kind: "meter", id, databyte: 0 }, world.watch);
  world.judge.move(meter, superior);
  world.look();
}

function period(world: PagedWorld): void {
  const cycles = LEAST_PERIOD + world.random(12_000);
  const phase = world.random(2);
  world.host((x) => x.residencePeriod(cycles, phase, phase === 0 ? world.random(cycles) : 0));
}

/** The host stores what is there already, to a page that may be shared, or nowhere yet. */
function store(world: PagedWorld, paging: Paging): void {
  const page = world.random(paging.pager.pages);
  const { view } = world.simulated;
  world.still((x) => {
    const at = PAGES + page * PAGE_SIZE + 4 * world.random(PAGE_WORDS);
    const from = x.machineTranslate(paging.machine, at, MARK_READ) >>> 0;
    const value = view.u32(from);
    view.setU32(x.machineTranslate(paging.machine, at, MARK_READ | MARK_WRITE) >>> 0, value);
    return OK;
  });
}

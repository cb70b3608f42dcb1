// Calls between domains: a call and its return, strings, forks, against what asks the host; keepers that are
// guests; two domains that talk under a meter that runs dry; a crowd that stalls on one domain.

import { bursts } from "../src/index.js";
import { atMost, type Bench, type Figure, type Parameters, type Size } from "./bench.js";
import { CALLEE, CYCLES, caller, forker, meterKeeper, server } from "./callers.js";
import { crowds } from "./crowd.js";
import { conversations } from "./dregs.js";
import { exhaustions } from "./exhaustion.js";
import { measure, Sample } from "./measure.js";
import { candidate, counted, guest, pair, pass, smallKernel, type Talk, talk } from "./pair.js";
import { talker } from "./talker.js";

export const bench: Bench = {
  name: "gates",
  about: "calls between domains, guests as keepers, crowds that stall; against asking the host",
  run(size) {
    return [...calls(size), ...exhaustions(size), ...conversations(size), ...crowds(size)];
  },
};

const LENGTHS = [0, 64, 4096];
/** What a call is compared with. */
const SYSTEM_CALL = "system call (brk)";
const HOST_OBJECT = "call of a host object";
const HOST_KEEPER = "slice, keeper of the host";
const GUEST_KEEPER = "slice, keeper that is a guest";
const CALL = "call and return";
const FORK = "fork, and its return";
/** Of the domain that runs dry after each. */
const SLICE = 1000;

function calls(size: Size): Figure[] {
  // Short runs: some of them have the processor to themselves, even where others are at work.
  const count = 2000;
  const few = 200;
  const talks = new Map<string, Talk>(LENGTHS.map((bytes) => [`${bytes} bytes`, calling(bytes)]));
  talks.set(FORK, forking());
  talks.set(SYSTEM_CALL, systemCalls());
  talks.set(HOST_OBJECT, hostObject());
  talks.set(HOST_KEEPER, hostKeeper());
  talks.set(GUEST_KEEPER, guestKeeper());
  const isShort = (name: string) => [FORK, "0 bytes", "64 bytes"].includes(name);
  const samples = measure(
    [...talks].map(([name, one]) => candidate(name, one, isShort(name) ? count : few)),
    size,
  );
  const sample = (name: string) => samples.get(name)!;
  const call = sample("0 bytes");
  const against = (name: string) => ({ name, sample: sample(name) });
  const faster = (name: string) =>
    call.figure({ name: CALL, parameters: {}, factor: true, yardstick: against(name) });
  const keeper = { name: GUEST_KEEPER, parameters: {}, yardstick: against(HOST_KEEPER) };
  return [
    call.figure({ name: CALL, parameters: {}, goal: atMost(150) }),
    ...[SYSTEM_CALL, HOST_OBJECT, HOST_KEEPER].map(faster),
    ...LENGTHS.slice(1).map((bytes) => {
      const yardstick = { name: "no string", sample: call };
      return sample(`${bytes} bytes`).figure({ name: CALL, parameters: { bytes }, yardstick });
    }),
    ...[FORK, SYSTEM_CALL, HOST_OBJECT, HOST_KEEPER].map((name) =>
      sample(name).figure({ name, parameters: {} }),
    ),
    sample(GUEST_KEEPER).figure({ ...keeper, factor: true }),
    ...[...talks].map(([name, { cycles }]) => cyclesOf(name, cycles)),
  ];
}

/** What the domains are charged for a round: exact. */
function cyclesOf(name: string, cycles: number): Figure {
  const isCall = name.endsWith(" bytes");
  const parameters: Parameters = isCall ? { bytes: Number.parseInt(name, 10) } : {};
  return new Sample([cycles]).figure({ name: isCall ? CALL : name, parameters, unit: "cycles" });
}

function calling(bytes: number): Talk {
  const kernel = smallKernel();
  return pair(kernel, guest(kernel, caller(bytes)), guest(kernel, server(bytes)));
}

function forking(): Talk {
  const kernel = smallKernel();
  return pair(kernel, guest(kernel, forker()), guest(kernel, server(0)));
}

function systemCalls(): Talk {
  const kernel = smallKernel();
  guest(kernel, talker()).start();
  return talk(kernel, () => Number(kernel.statistics().hostCalls));
}

function hostObject(): Talk {
  const kernel = smallKernel();
  const domain = guest(kernel, caller(0));
  domain.keys.set(
    CALLEE,
    kernel.hostObject(() => {}),
  );
  domain.start();
  return talk(kernel, () => counted(kernel, domain));
}

function hostKeeper(): Talk {
  const kernel = smallKernel();
  let asked = 0;
  const meter = kernel.createMeter({
    superior: kernel.primeMeter,
    cycles: 0n,
    keeper: () => {
      asked++;
      meter.add(BigInt(SLICE));
    },
  });
  kernel.createDomain({ meter, program: bursts({ run: 4_000_000_000 }) }).start();
  return talk(kernel, () => asked);
}

function guestKeeper(): Talk {
  const kernel = smallKernel();
  const keeper = guest(kernel, meterKeeper());
  keeper.keys.set(CYCLES, { kind: "data", value: BigInt(SLICE) });
  keeper.start();
  pass(kernel, 1000);
  const meter = kernel.createMeter({
    superior: kernel.primeMeter,
    cycles: 0n,
    keeper: keeper.startKey(),
  });
  kernel.createDomain({ meter, program: bursts({ run: 4_000_000_000 }) }).start();
  return talk(kernel, () => counted(kernel, keeper));
}

// A worker that runs machines of a shared memory, each when all workers are at theirs.
import { parentPort, workerData } from "node:worker_threads";

const { module, memory, participant, parties, cycles, chunk } = workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
exports.become(participant);

/** [how many came to a barrier, the machine that participant 0, 1, … is at] */
const shared = new Int32Array(workerData.shared);

function runAll(machines) {
  return machines.map((machine, index) => {
    Atomics.store(shared, 1 + participant, index);
    Atomics.add(shared, 0, 1);
    while (Atomics.load(shared, 0) < parties * (index + 1));
    let stop = 0;
    for (let left = cycles; left > 0 && stop === 0; left -= chunk)
      stop = exports.run(machine, chunk);
    return stop;
  });
}

/** Takes and gives back so many runs of frames; answers how many were not its alone. */
function juggle(times) {
  const words = new Int32Array(memory.buffer);
  const held = [];
  let strange = 0;
  for (let time = 0; time < times; time++) {
    const count = 1 + ((time * 7) % 40);
    const address = exports.allocateRun(count) >>> 0;
    if (address !== 0) {
      const run = { address, count };
      const own = words.subarray(address / 4, address / 4 + count * 1024);
      if (own[0] !== 0 || own[own.length - 1] !== 0) strange++;
      own.fill(participant);
      held.push({ ...run, own });
    }
    if (address === 0 || held.length > 6) {
      const [run] = held.splice(time % held.length, 1);
      if (!run) continue;
      if (run.own.some((word) => word !== participant)) strange++;
      exports.freeRun(run.address, run.count);
    }
  }
  for (const { address, count } of held) exports.freeRun(address, count);
  return strange;
}

parentPort.on("message", ({ machines, times }) => {
  parentPort.postMessage(machines ? runAll(machines) : juggle(times));
});

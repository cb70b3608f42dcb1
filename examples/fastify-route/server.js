// POST /run runs a program that a user sends, under the user's meter, which hangs under that of all users.
// PORT=3000 node examples/fastify-route/server.js (npm install fastify)

import Fastify from "fastify";
import { createKernel, ExhaustedError, OptionError } from "primemeter";
import { instrument, ModuleError } from "primemeter/wasm";

const PER_USER = 50_000_000n;
const FOR_ALL = 1_000_000_000n;

const kernel = createKernel();
const all = kernel.createMeter({ name: "all users", superior: kernel.primeMeter, cycles: FOR_ALL });
const meters = new Map();

function meterOf(user) {
  if (!meters.has(user)) {
    meters.set(user, kernel.createMeter({ name: user, superior: all, cycles: PER_USER }));
  }
  return meters.get(user);
}

/** What a user has used, and still may, in cycles: within what numbers hold exactly. */
function accountOf(meter) {
  return { used: Number(meter.statistics().consumed), left: Number(meter.peek()) };
}

/** What a program that can't be run ends with: its sender's fault. OptionError: it exports no function `run`. */
const { CompileError, LinkError, RuntimeError } = WebAssembly;
const FAULTS = [
  ModuleError,
  CompileError,
  LinkError,
  RuntimeError,
  TypeError,
  RangeError,
  OptionError,
];

const app = Fastify({ bodyLimit: 1 << 20 });
app.removeAllContentTypeParsers();
app.addContentTypeParser("application/wasm", { parseAs: "buffer" }, async (_, body) => body);

app.post("/run", async (request, reply) => {
  const user = request.headers["x-user"]; // whom your authentication has found
  if (!user) return reply.code(401).send({ error: "who are you? expected a header x-user" });
  const meter = meterOf(user);
  let guest;
  try {
    guest = kernel.loadWasm(instrument(/** @type {Buffer} */ (request.body)), { meter });
    return { result: guest.callNow("run"), ...accountOf(meter) };
  } catch (error) {
    if (error instanceof ExhaustedError) {
      // Its own budget, or that of all? Nobody has to pay for what others have used.
      const [code, who] = meter.peek() === 0n ? [402, user] : [503, all.name];
      return reply.code(code).send({ error: `${who}: no cycles left`, ...accountOf(meter) });
    }
    if (!FAULTS.some((fault) => error instanceof fault)) throw error;
    return reply.code(400).send({ error: error.message, ...accountOf(meter) });
  } finally {
    guest?.domain.rescind();
  }
});

const port = Number(process.env.PORT ?? 3000);
console.log(await app.listen({ port }));

// POST /run runs a script that a user sends. A request has a budget, and so has its user, and all users together: a tree
// of meters. PORT=3000 node examples/fastify-route/server.js

import Fastify from "fastify";
import { createKernel, ExhaustedError, StateError } from "primemeter";
import { createQuickJS, ScriptError } from "primemeter/quickjs";

const PER_REQUEST = 50_000_000n;
const PER_USER = 100_000_000n;
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

/** Runs a script, in a QuickJS that nobody has used before; what its last statement gives. */
async function run(code, meter) {
  // "trap": who has used up what there is gets an answer, and does not wait for more.
  const script = await createQuickJS(kernel, { meter, onDecline: "trap" });
  try {
    return await script.eval(code, { file: "script.js" });
  } finally {
    script.domain.rescind();
  }
}

const app = Fastify({ bodyLimit: 1 << 20 });
app.removeAllContentTypeParsers();
app.addContentTypeParser("text/javascript", { parseAs: "string" }, async (_, body) => body);

app.post("/run", async (request, reply) => {
  const name = request.headers["x-user"]; // whom your authentication has found
  if (!name) return reply.code(401).send({ error: "who are you? expected a header x-user" });
  const user = meterOf(name);
  const meter = kernel.createMeter({ name: "request", superior: user, cycles: PER_REQUEST });
  const account = () => ({
    used: Number(meter.statistics().consumed),
    left: Number(user.peek()),
  });
  try {
    const result = await run(/** @type {string} */ (request.body), meter);
    return { result: typeof result === "bigint" ? String(result) : result, ...account() };
  } catch (error) {
    const code = statusOf(error, user);
    return reply.code(code).send({ error: error.message, ...account() });
  } finally {
    meter.rescind();
  }
});

function statusOf(error, user) {
  // What the script threw; or it waits for what nothing will bring, or is nested too deep.
  if (error instanceof ScriptError || error instanceof StateError) return 400;
  if (!(error instanceof ExhaustedError)) throw error;
  return error.meter === user ? 402 : error.meter === all ? 503 : 422;
}

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));

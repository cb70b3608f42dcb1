import { PrimemeterError } from "../errors.js";
import type { Kernel, Key, Message } from "../index.js";
import { bytesOf } from "./bytes.js";
import type { AnswerReport } from "./report.js";
import type { ActPlan } from "./scenario.js";
import type { World } from "./world.js";

/** The messages that the operator of a scenario sends, and what is answered. */
export class Mail {
  /** Called when one of the operator's calls is answered, or is never to be. */
  onAnswer: (answer: AnswerReport) => void = () => {};
  readonly #kernel: Kernel;
  readonly #answers: AnswerReport[] = [];
  #isOver = false;

  constructor(readonly world: World) {
    this.#kernel = world.kernel;
  }

  /** In the order in which they were called. */
  get answers(): readonly AnswerReport[] {
    return this.#answers;
  }

  /** Of a call with a name; undefined before it is made. */
  answer(name: string): AnswerReport | undefined {
    return this.#answers.find((answer) => answer.name === name);
  }

  /** The run is over: calls that were not answered stay so, whatever becomes of the kernel. */
  end(): void {
    this.#isOver = true;
  }

  post(act: ActPlan): void {
    const { send, call } = act;
    if (send !== undefined) this.#send(this.#key(send), messageOf(this.world, act));
    if (call !== undefined) this.#call(this.#key(call), act);
  }

  #key(target: NonNullable<ActPlan["send"]>): Key {
    return this.world.key(typeof target === "string" ? { start: target } : target);
  }

  /** A message that nobody can take any more is lost, as that of a domain is. */
  #send(key: Key, message: Message): void {
    this.#kernel.send(key, message).catch(unlessRefused);
  }

  #call(key: Key, act: ActPlan): void {
    const to = nameOf(act.call!);
    const index = this.#answers.length;
    const asked = { name: act.answer ?? null, to, asked: this.#kernel.time };
    const none = { cycle: null, order: null, bytes: null, refusal: null };
    this.#answers.push({ ...asked, ...none });
    const settle = (outcome: Partial<AnswerReport>) => {
      if (this.#isOver) return;
      const answer = { ...this.#answers[index]!, ...outcome };
      this.#answers[index] = answer;
      this.onAnswer(answer);
    };
    this.#kernel.call(key, messageOf(this.world, act)).then(
      ({ order, string }) => settle({ cycle: this.#kernel.time, order, bytes: string }),
      (error: unknown) => settle({ refusal: unlessRefused(error) }),
    );
  }
}

function messageOf(world: World, act: ActPlan): Message {
  const { order = 0, keys = [] } = act;
  const string = bytesOf(act) ?? new Uint8Array();
  return { order, string, keys: keys.map((plan) => world.key(plan)) };
}

/** What a message goes to, in words: `server`, `service tenant`, `clock`. */
export function nameOf(target: NonNullable<ActPlan["send"]>): string {
  if (typeof target === "string") return target;
  const { databyte, ...key } = target;
  const [[kind, name]] = Object.entries(key).filter(([, value]) => value !== undefined) as [
    [string, unknown],
  ];
  const byte = databyte === undefined ? "" : ` (${databyte})`;
  return (kind === "start" ? String(name) : name === true ? kind : `${kind} ${name}`) + byte;
}

/** The kernel's reason not to deliver; throws what is none. */
function unlessRefused(error: unknown): string {
  if (error instanceof PrimemeterError) return `${error.message} (${error.code})`;
  throw error;
}

import { bytesOf, type StringPlan, sameBytes, shownLike } from "./bytes.js";
import type { Check } from "./check.js";
import type { Standing } from "./claim.js";
import { counted, grouped } from "./number.js";
import type { AnswerReport, DomainReport } from "./report.js";
import type { ClaimPlan } from "./scenario.js";

/** What a domain told the console: so many messages, each as it is claimed. */
export function consoleChecks(claim: ClaimPlan, standing: Standing): Check<DomainReport>[] {
  const expected = claim.console;
  if (expected === undefined) return [];
  const fault = ({ name }: DomainReport) => {
    const told = standing.console(name);
    if (told.length !== expected.length) return counted(told.length, "message");
    for (const [index, plan] of expected.entries()) {
      const { order, bytes } = told[index]!;
      const found = differing(plan, order, bytes);
      if (found !== null) return `${found} in message ${index + 1}`;
    }
    return null;
  };
  return [[`told the console ${counted(expected.length, "message")}`, fault]];
}

export function answerChecks(claim: ClaimPlan): Check<AnswerReport | undefined>[] {
  const checks: Check<AnswerReport | undefined>[] = [];
  const { answered, order } = claim;
  if (answered !== undefined) {
    const words = answered ? "has come" : "has not come";
    const fault = (answer: AnswerReport | undefined) => {
      if (((answer?.order ?? null) !== null) === answered) return null;
      return answered ? missing(answer) : `it, at ${grouped(answer!.cycle!)}`;
    };
    checks.push([words, fault]);
  }
  if (order !== undefined) {
    checks.push([`order ${shownOrder(order)}`, (answer) => differingAnswer({ order }, answer)]);
  }
  const bytes = bytesOf(claim);
  if (bytes !== undefined) {
    const { text, numbers } = claim;
    const plan = { text, bytes: claim.bytes, numbers };
    checks.push([shownLike(claim, bytes), (answer) => differingAnswer(plan, answer)]);
  }
  return checks;
}

/** The subject reads so many bytes of the page. */
export function pageChecks(claim: ClaimPlan): Check<(length: number) => Uint8Array>[] {
  const checks: Check<(length: number) => Uint8Array>[] = [];
  const bytes = bytesOf(claim);
  if (bytes !== undefined) {
    const fault = (read: (length: number) => Uint8Array) => {
      const found = read(bytes.length);
      return sameBytes(found, bytes) ? null : shownLike(claim, found);
    };
    checks.push([shownLike(claim, bytes), fault]);
  }
  const { word } = claim;
  if (word !== undefined) {
    const fault = (read: (length: number) => Uint8Array) => {
      const { buffer, byteOffset } = read(4);
      const found = new DataView(buffer, byteOffset).getUint32(0, true);
      return found === word ? null : grouped(found);
    };
    checks.push([`word ${grouped(word)}`, fault]);
  }
  return checks;
}

type MessagePlan = StringPlan & { readonly order?: number | undefined };

function differingAnswer(plan: MessagePlan, answer: AnswerReport | undefined): string | null {
  const { order = null, bytes = null } = answer ?? {};
  return order === null || bytes === null ? missing(answer) : differing(plan, order, bytes);
}

/** What was found instead of what is claimed, or null. */
function differing(plan: MessagePlan, order: number, bytes: Uint8Array): string | null {
  if (plan.order !== undefined && plan.order !== order) return `order ${shownOrder(order)}`;
  const expected = bytesOf(plan);
  return expected === undefined || sameBytes(expected, bytes) ? null : shownLike(plan, bytes);
}

function missing(answer: AnswerReport | undefined): string {
  if (answer === undefined) return "that nobody was called yet";
  return answer.refusal === null ? "none" : `none: ${answer.refusal}`;
}

/** Large ones are mostly codes. */
export function shownOrder(order: number): string {
  return order < 2 ** 31 ? grouped(order) : `0x${order.toString(16)}`;
}

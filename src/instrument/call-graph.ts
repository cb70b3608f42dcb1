// Which functions look at the counter when they are entered: those from which so much can be run before
// the next look that it matters, and those on a cycle of calls, which need no loop to run for ever.

import type { Body } from "./plan.js";

/** Cycles below which nobody needs to look. */
export const SMALL = 1000;
/** Cycles of a body and its callees above which all of its blocks look. */
const LARGE = 10_000_000;
/** How a body looks at the counter, but for heads of loops: not at all, at its entry, or at every block. */
export const LOOKS_AT_ENTRY = 1;
export const LOOKS_ALWAYS = 2;

/** Who calls whom, by body; one more stands for whatever can be called by reference. */
export interface CallGraph {
  readonly callees: readonly (readonly number[])[];
  /** Functions that call each other in a circle, or one; callees before callers. */
  readonly components: readonly (readonly number[])[];
}

/** What can be called by reference is taken to call, and be called by, all that can. */
export function callGraph(
  bodies: readonly Body[],
  imported: number,
  referenced: ReadonlySet<number>,
): CallGraph {
  const anybody = bodies.length;
  const callees = bodies.map(({ calls, callsAny }) => {
    const own = calls.filter((index) => index >= imported).map((index) => index - imported);
    if (callsAny) own.push(anybody);
    return own;
  });
  const byReference = [...referenced].filter((index) => index >= imported);
  callees.push(byReference.map((index) => index - imported));
  return { callees, components: [...components(callees)] };
}

/** By body: how its function looks. Work without a look is LARGE at most. */
export function lookingBodies(bodies: readonly Body[], { callees, components }: CallGraph) {
  const anybody = bodies.length;
  const looks = new Uint8Array(bodies.length + 1);
  /** What a call of it may run without a look. */
  const work = new Float64Array(bodies.length + 1);
  for (const component of components) {
    const isCycle = component.length > 1 || callees[component[0]!]!.includes(component[0]!);
    for (const index of component) {
      let sum = bodies[index]?.cost ?? 0;
      // Whoever looks costs its callers no more than a look.
      if (index !== anybody) for (const callee of callees[index]!) sum += work[callee]!;
      if (isCycle || sum >= SMALL) looks[index] = sum < LARGE ? LOOKS_AT_ENTRY : LOOKS_ALWAYS;
      else work[index] = sum;
    }
  }
  return looks;
}

/** The strongly connected components of a graph, callees before callers (Tarjan, without recursion). */
function* components(edges: readonly (readonly number[])[]): Generator<number[]> {
  const count = edges.length;
  const order = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const isOpen = new Uint8Array(count);
  const next = new Int32Array(count);
  const stack: number[] = [];
  let visited = 0;
  for (let root = 0; root < count; root++) {
    if (order[root]! >= 0) continue;
    const path = [root];
    while (path.length > 0) {
      const node = path[path.length - 1]!;
      if (order[node]! < 0) {
        order[node] = low[node] = visited++;
        stack.push(node);
        isOpen[node] = 1;
      }
      const targets = edges[node]!;
      if (next[node]! < targets.length) {
        const target = targets[next[node]!++]!;
        if (order[target]! < 0) path.push(target);
        else if (isOpen[target]) low[node] = Math.min(low[node]!, order[target]!);
        continue;
      }
      path.pop();
      const parent = path[path.length - 1];
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
      if (low[node] !== order[node]) continue;
      const component: number[] = [];
      let member: number;
      do {
        member = stack.pop()!;
        isOpen[member] = 0;
        component.push(member);
      } while (member !== node);
      yield component;
    }
  }
}

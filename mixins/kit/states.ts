/** State machines as data: the model decides by the table, the documents draw it, the contract shows it. Pure. */

export interface StateMachine<S extends string = string> {
  readonly initial: S;
  /** From each state, the states that may follow; none: final. */
  readonly steps: Readonly<Record<S, readonly S[]>>;
}

export const stateMachine = <const S extends string>(
  initial: NoInfer<S>,
  steps: Readonly<Record<S, readonly NoInfer<S>[]>>,
): StateMachine<S> => ({ initial, steps });

export type StateOf<M> = M extends StateMachine<infer S> ? S : never;

/** A Mermaid state diagram. */
export function stateDiagram({ initial, steps }: StateMachine): string {
  const lines = [`[*] --> ${initial}`];
  for (const [from, to] of Object.entries(steps)) {
    if (to.length === 0) lines.push(`${from} --> [*]`);
    for (const next of to) lines.push(`${from} --> ${next}`);
  }
  return ["stateDiagram-v2", ...lines.map((line) => `    ${line}`)].join("\n");
}

/** State machines as data: the model decides by the table, the documents draw it, the contract shows it. Pure. */

export interface StateMachine<S extends string = string> {
  /** How it may begin. */
  readonly initial: readonly S[];
  /** From each state, the states that may follow; none: final. What is not here is illegal. */
  readonly steps: Readonly<Record<S, readonly S[]>>;
}

export type StateOf<M> = M extends StateMachine<infer S> ? S : never;

/** @example stateMachine(["open"], { open: ["closed"], closed: [] }) */
export const stateMachine = <const S extends string>(
  initial: readonly NoInfer<S>[],
  steps: Readonly<Record<S, readonly NoInfer<S>[]>>,
): StateMachine<S> => ({ initial, steps });

/** As a Mermaid state diagram. */
export function stateDiagram({ initial, steps }: StateMachine): string {
  const lines = Object.entries(steps).flatMap(([from, to]) =>
    to.length === 0 ? [`${from} --> [*]`] : to.map((next) => `${from} --> ${next}`),
  );
  return ["stateDiagram-v2", ...initial.map((state) => `[*] --> ${state}`), ...lines].join("\n    ");
}

/** Asks the services that own dead letters. An id tells its owner; a list asks all of them and says who is away. */
import type { ActionName } from "../../mixins/kit/contracts.ts";
import { NotFoundError } from "../../mixins/kit/errors.ts";
import { isInfrastructureFailure } from "../../mixins/kit/failure.ts";
import type { Call } from "../../mixins/kit/implement.ts";
import { hasOutbox, type Registry } from "../../mixins/kit/registry.ts";
import { consumerOf } from "../../mixins/retry/dead-letter.ts";
import { DeadLetterNotFoundError } from "../../mixins/retry/errors.ts";
import type { Answer, Asked, QuestionName } from "../../mixins/retry/questions.ts";

/** Whom to ask, and how. Part of an action's context. */
export interface Asking {
  readonly registry: Registry;
  readonly call: Call;
}

/** Every service with a queue has an archive. */
export const ownersIn = ({ contracts }: Registry): string[] =>
  contracts.filter((contract) => contract.consumes.length > 0).map((contract) => contract.service);

/**
 * Services with an outbox.
 * @param only this one instead of all. @throws NotFoundError when it has none
 */
export function publishersIn({ contracts }: Registry, only?: string): string[] {
  const all = contracts.filter(hasOutbox).map(({ service }) => service);
  if (only === undefined) return all;
  if (!all.includes(only)) throw new NotFoundError(`A service with an outbox named ${only}`);
  return [only];
}

export function ask<Q extends QuestionName>(
  call: Call,
  service: string,
  question: Q,
  params: Asked<Q>,
): Promise<Answer<Q>> {
  // Internal actions are in nobody's contract; `questions` types them.
  return call(`${service}.deadLetters.${question}` as ActionName, params as never) as unknown as Promise<Answer<Q>>;
}

/** @throws DeadLetterNotFoundError when the id names no service that has dead letters */
export async function askOwner<Q extends QuestionName>(
  { registry, call }: Asking,
  question: Q,
  params: Asked<Q> & { id: string },
): Promise<Answer<Q>> {
  const service = consumerOf(params.id);
  if (!service || !ownersIn(registry).includes(service)) throw new DeadLetterNotFoundError(params.id);
  return ask(call, service, question, params);
}

export interface Gathered<T> {
  answers: T[];
  /** Services that did not answer. */
  unavailable: string[];
}

/** @param only one service instead of all. @throws NotFoundError when it has no dead letters */
export async function gather<T>(
  registry: Registry,
  only: string | undefined,
  askOne: (service: string) => Promise<T>,
): Promise<Gathered<T>> {
  const owners = ownersIn(registry);
  if (only !== undefined && !owners.includes(only)) throw new NotFoundError(`A consumer named ${only}`);
  return gatherFrom(only === undefined ? owners : [only], askOne);
}

export async function gatherFrom<T>(services: string[], askOne: (service: string) => Promise<T>): Promise<Gathered<T>> {
  const outcomes = await Promise.all(services.map((service) => outcome(service, askOne)));
  return {
    answers: outcomes.flatMap((one) => ("answer" in one ? [one.answer] : [])),
    unavailable: outcomes.flatMap((one) => ("away" in one ? [one.away] : [])),
  };
}

async function outcome<T>(
  service: string,
  askOne: (service: string) => Promise<T>,
): Promise<{ answer: T } | { away: string }> {
  try {
    return { answer: await askOne(service) };
  } catch (error) {
    if (isInfrastructureFailure(error)) return { away: service };
    throw error;
  }
}

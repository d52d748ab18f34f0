/** The owner's side: `{service}.deadLetters.<verb>`, internal actions that the `ops` service asks. Never routed. */
import type { ActionSchema, Context, Service, ServiceSchema } from "moleculer";
import type { Actor } from "../kit/actor.ts";
import { UnauthenticatedError } from "../kit/errors.ts";
import { DeadLetterOperations } from "./operations.ts";
import { type Asked, type QuestionName, questions } from "./questions.ts";

interface Meta {
  actor?: Actor;
  correlationId?: string;
  ifMatch?: number;
}

export function deadLetterActions(service: string): NonNullable<ServiceSchema["actions"]> {
  const names = Object.keys(questions) as QuestionName[];
  return Object.fromEntries(names.map((name) => [`deadLetters.${name}`, answerTo(service, name)]));
}

function answerTo<Q extends QuestionName>(service: string, name: Q): ActionSchema {
  return {
    params: questions[name].params as unknown as NonNullable<ActionSchema["params"]>,
    handler(this: Service, ctx: Context<Asked<Q>, Meta>) {
      const { actor, correlationId, ifMatch } = ctx.meta;
      // The audit needs a name for whoever it was.
      if (!actor) throw new UnauthenticatedError("Steps on dead letters need to know who makes them.");
      const operator = {
        actorId: actor.userId,
        correlationId: correlationId ?? ctx.requestID ?? ctx.id,
        expectedVersion: ifMatch,
      };
      const operations = new DeadLetterOperations(this.broker.backbone, service, operator);
      return operations[name](ctx.params as never);
    },
  } as ActionSchema;
}

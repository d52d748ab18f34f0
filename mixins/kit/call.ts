/** Typed questions to other services over Moleculer. */
import { type Context, Errors, type ServiceBroker } from "moleculer";
import { UnavailableError } from "./errors.ts";
import type { Call } from "./implement.ts";

/** Wraps `ctx.call` (keeps the actor and correlation) or `broker.call`. */
export function callOf(caller: Context | ServiceBroker): Call {
  return async (action, params) => {
    try {
      return (await caller.call(action, params)) as never;
    } catch (error) {
      if (error instanceof Errors.MoleculerRetryableError) {
        throw new UnavailableError(`${String(action).split(".")[0]} does not answer at the moment.`, {
          cause: error.name,
        });
      }
      throw error;
    }
  };
}

/**
 * The mixin that makes a domain out of its contract, its actions and its handlers. It wires and decides nothing:
 * validation, access and result shape come from the contract, events from the handlers.
 */
import type { Readable } from "node:stream";
import type { ActionSchema, Context, Service, ServiceSchema } from "moleculer";
import { MongoError } from "mongodb";
import type { EventMeta } from "./amqp/envelope.ts";
import { backboneActions } from "./backbone-actions.ts";
import type { EventHandler } from "./consumer/handler.ts";
import { consumerMixin } from "./consumer/mixin.ts";
import { commandKey, findAnswer, storeOnce } from "./idempotency/command.ts";
import { jobsMixin } from "./jobs/mixin.ts";
import type { JobRunner } from "./jobs/runner.ts";
import { checkAccess } from "./kit/access.ts";
import type { Actor } from "./kit/actor.ts";
import { callOf } from "./kit/call.ts";
import type { ActionDef, Contract } from "./kit/contracts.ts";
import { UnauthenticatedError, UnavailableError } from "./kit/errors.ts";
import { isPassing } from "./kit/failure.ts";
import type { ActionContext, AnyImplementation, FileInfo } from "./kit/implement.ts";
import { withLogContext } from "./kit/log.ts";
import { compileProjection } from "./kit/projection.ts";
import { sampleService } from "./metrics/service.ts";
import { ensureBackboneIndexes } from "./mongo/indexes.ts";
import { readsMixin, readsOf } from "./mongo/reads.ts";

/** What travels in `ctx.meta`. */
export interface CallMeta {
  actor?: Actor;
  correlationId?: string;
  traceparent?: string;
  ifMatch?: number;
  clientIp?: string;
  /** `Idempotency-Key` of a POST, and the action that it is meant for: not what that one calls. */
  idempotency?: { action: string; key: string };
  /** Set for the gateway: the answer is the stored one of an earlier request. */
  idempotencyReplayed?: boolean;
  /** Set for the gateway: what the stream of the answer is. */
  file?: FileInfo;
}

export interface DomainOptions {
  contract: Contract;
  actions: readonly AnyImplementation[];
  handlers: readonly EventHandler[];
  /** The collection that `reads` of the actions is about: served by moleculer-db. */
  reads?: string;
  /** Runs while the service does. */
  jobs?: Pick<JobRunner<never>, "start" | "stop">;
}

/** @throws Error when an action of the contract has no implementation, or the other way round, or a name is the backbone's. */
export function domainMixin({ contract, actions, handlers, reads, jobs }: DomainOptions): Partial<ServiceSchema> {
  const byName = new Map(actions.map((implementation) => [implementation.name as string, implementation]));
  const schemas: Record<string, ActionSchema> = {};
  for (const [name, def] of Object.entries(contract.actions)) {
    const implementation = byName.get(`${contract.service}.${name}`);
    if (!implementation) throw new Error(`${contract.service}.${name} has no implementation.`);
    byName.delete(`${contract.service}.${name}`);
    schemas[name] = actionSchema(contract.service, name, def, implementation);
  }
  const ours = backboneActions(contract.service);
  const taken = Object.keys(schemas).find((name) => Object.hasOwn(ours, name));
  if (taken) throw new Error(`${contract.service}.${taken} would hide the backbone's own action of that name.`);
  const [stray] = byName.keys();
  if (stray) throw new Error(`${stray} is implemented but not in the contract of ${contract.service}.`);
  return {
    mixins: [
      ...(contract.consumes.length > 0 ? [consumerMixin({ contract, handlers })] : []),
      ...(jobs ? [jobsMixin(jobs)] : []),
      ...(reads === undefined ? [] : [readsMixin(reads)]),
    ],
    actions: { ...schemas, ...ours },
    async started(this: Service & { endSamples?: () => void }) {
      const { backbone } = this.broker;
      await ensureBackboneIndexes(backbone.database(contract.service), backbone.env);
      this.endSamples = sampleService(backbone, contract.service, contract.consumes.length > 0);
    },
    async stopped(this: Service & { endSamples?: () => void }) {
      this.endSamples?.();
    },
  };
}

function actionSchema(service: string, name: string, def: ActionDef, implementation: AnyImplementation): ActionSchema {
  const project = def.rest?.download ? (value: unknown) => value : compileProjection(def.result);
  const run = async (self: Service, ctx: Context<unknown, CallMeta>): Promise<unknown> => {
    const context = actionContext(self, service, ctx);
    const command = commandOf(`${service}.${name}`, ctx);
    // Nothing that the contract does not name leaves the service.
    if (!command) return project(await implementation.run(context as never));
    const known = await findAnswer(context.store.db, command);
    if (known) {
      ctx.meta.idempotencyReplayed = true;
      return known.answer;
    }
    const once = storeOnce(context.store, command, project);
    const result = await implementation.run({ ...context, store: once } as never);
    // What it did, it did outside of MongoDB: its answer is kept for a repeat all the same.
    if (!once.wasUsed()) await once.inTransaction(async () => result);
    return project(result);
  };
  return {
    params: def.params as unknown as NonNullable<ActionSchema["params"]>,
    async handler(this: Service, ctx: Context<unknown, CallMeta>) {
      checkAccess(def.access, ctx.meta.actor);
      try {
        const requestId = ctx.meta.correlationId ?? ctx.requestID ?? ctx.id;
        return await withLogContext({ requestId }, () => run(this, ctx));
      } catch (error) {
        // A driver's error loses its class on the way to another node.
        throw isPassing(error) ? awayError(error) : error;
      }
    },
  } as ActionSchema;
}

function commandOf(action: string, { meta: { idempotency, actor }, params }: Context<unknown, CallMeta>) {
  if (idempotency?.action !== action || !actor) return undefined;
  return commandKey({ actorId: actor.userId, action, key: idempotency.key, params });
}

const awayError = (error: unknown): unknown =>
  error instanceof MongoError ? new UnavailableError("The database does not answer at the moment.") : error;

function actionContext(service: Service, name: string, ctx: Context<unknown, CallMeta>): ActionContext<never> {
  const { backbone } = service.broker;
  const { actor, clientIp = "", ifMatch, traceparent } = ctx.meta;
  const correlationId = ctx.meta.correlationId ?? ctx.requestID ?? ctx.id;
  const cause: EventMeta = {
    correlationId,
    actorId: actor?.userId ?? `system:${name}`,
    ...(traceparent && { traceparent }),
  };
  return {
    params: ctx.params as never,
    get actor() {
      if (!actor) throw new UnauthenticatedError("Log in first: this needs an access token.");
      return actor;
    },
    actorOrNull: actor ?? null,
    now: backbone.clock(),
    ifMatch,
    correlationId,
    clientIp,
    upload: (ctx as { stream?: Readable | null }).stream ?? null,
    sendFile: (info) => {
      ctx.meta.file = info;
    },
    store: backbone.store(name as never, cause),
    reads: readsOf(service),
    registry: backbone.registry,
    call: callOf(ctx),
    logger: service.logger,
  };
}

/**
 * The process's share of the backbone: one MongoClient, two connections for events, the registry of contracts. A
 * Moleculer middleware, so that it is up before the first service starts and goes after the last one has stopped.
 */
import type { Middleware, ServiceBroker } from "moleculer";
import type { Db, MongoClient } from "mongodb";
import { EventConnection } from "./amqp/connection.ts";
import type { EventMeta } from "./amqp/envelope.ts";
import { assertTopology, TopologyMismatchError, topologyOf } from "./amqp/topology.ts";
import { type Clock, systemClock } from "./kit/clock.ts";
import { armCrashPoint } from "./kit/crash-point.ts";
import type { Env } from "./kit/env.ts";
import type { BackgroundStore, GroupOptions } from "./kit/implement.ts";
import type { Registry } from "./kit/registry.ts";
import { Turns } from "./kit/turns.ts";
import { Metrics } from "./metrics/metrics.ts";
import { sampleProcess } from "./metrics/process.ts";
import { createMongoClient } from "./mongo/client.ts";
import { endOrphans } from "./mongo/orphans.ts";
import { waitForMongo } from "./mongo/wait.ts";
import { GroupCommit } from "./outbox/group-commit.ts";
import { inTransaction, type Tx } from "./outbox/transaction.ts";

export interface Backbone {
  readonly env: Env;
  readonly registry: Registry;
  readonly client: MongoClient;
  /** For whoever publishes, and for questions. */
  readonly connection: EventConnection;
  /**
   * For consumers. A broker in alarm reads nothing any more from a connection that has published: no ack would reach it,
   * and it could never drain its queues.
   */
  readonly consuming: EventConnection;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Of what nobody waits for. */
  readonly turns: Turns;
  /** `{prefix}_{service}`: no one but its service reads it. */
  database(service: string): Db;
  /** The service's store; facts written through it carry `cause`. */
  store<O extends string>(service: O, cause: EventMeta): BackgroundStore<O>;
}

declare module "moleculer" {
  interface ServiceBroker {
    backbone: Backbone;
  }
}

export interface BackboneOptions {
  env: Env;
  registry: Registry;
  clock?: Clock;
}

export function backboneMiddleware(options: BackboneOptions): Middleware {
  return {
    name: "Backbone",
    created(broker: ServiceBroker) {
      broker.backbone = createBackbone(options, broker);
    },
    async starting(broker: ServiceBroker) {
      const { client, connection, consuming } = broker.backbone;
      await waitForMongo(client, broker.getLogger("MONGO"));
      // What an earlier life of this node has left open would block the jobs and commands of this one.
      await endOrphans(client);
      await connection.start();
      await consuming.start();
      broker.backbone.metrics.start();
    },
    async stopped(broker: ServiceBroker) {
      broker.backbone.metrics.stop();
      await broker.backbone.consuming.stop();
      await broker.backbone.connection.stop();
      await broker.backbone.client.close();
    },
  } as Middleware;
}

function createBackbone({ env, registry, clock = systemClock }: BackboneOptions, broker: ServiceBroker): Backbone {
  armCrashPoint(env.CRASH_AT);
  const client = createMongoClient(env.MONGO_URL, broker.nodeID);
  const topology = topologyOf(registry);
  const metrics = new Metrics(broker.metrics);
  sampleProcess(metrics, client);
  const amqp = { url: env.AMQP_URL, logger: broker.getLogger("EVENTS") };
  const connection = new EventConnection({
    ...amqp,
    name: `events ${broker.nodeID}`,
    setup: (model) => assertTopology(model, topology),
    isFinal: (error) => error instanceof TopologyMismatchError || /ACCESS.REFUSED|403/.test(error.message),
  });
  const consuming = new EventConnection({ ...amqp, name: `consumers ${broker.nodeID}` });
  // Kept: making one parses its options anew, a quarter of the time of a read through the gateway (measured).
  const databases = new Map<string, Db>();
  const turns = new Turns();
  const groups = new GroupCommit(turns);
  const database = (service: string): Db => {
    const known = databases.get(service) ?? client.db(`${env.DB_PREFIX}_${service}`);
    databases.set(service, known);
    return known;
  };
  return {
    env,
    registry,
    client,
    connection,
    consuming,
    clock,
    metrics,
    turns,
    database,
    store: <O extends string>(service: O, cause: EventMeta): BackgroundStore<O> => {
      const db = database(service);
      const optionsNow = () => ({ client, db, service, registry, now: clock(), cause });
      return {
        db,
        inTransaction: <R>(work: (tx: Tx<O>) => Promise<R>, { group, lingerMs }: GroupOptions = {}) => {
          if (group === undefined) return inTransaction<O, R>(optionsNow(), work);
          return groups.run<O, R>(`${service}/${group}`, optionsNow(), work, lingerMs);
        },
        inSharedTransaction: (item, all, { group, lingerMs }) =>
          groups.runAll(`${service}/${group}`, optionsNow(), item, all, lingerMs),
      };
    },
  };
}

/** The two probe domains of the tests on a world of their own, with a bare channel and client beside them. */
import amqp, { type ChannelModel, type ConfirmChannel } from "amqplib";
import type { Db } from "mongodb";
import type { Contract } from "../../mixins/kit/contracts.ts";
import type { Env } from "../../mixins/kit/env.ts";
import { ensureBackboneIndexes } from "../../mixins/mongo/indexes.ts";
import { relay } from "../../services/relay/contract.ts";
import type { World } from "../../test/support/cluster.ts";
import { consumerContract, producer } from "../../test/support/probe-domain.ts";
import { openWorld } from "./world.ts";

export const QUEUE = "search.q";
export const probeContracts: readonly Contract[] = [producer, relay, consumerContract("search")];

export interface Lab {
  world: World;
  channel: ConfirmChannel;
  database(service: string): Db;
  /** A database that the relay does not know, with the same collections and indexes. */
  bare(name?: string): Promise<Db>;
  purge(): Promise<void>;
  close(): Promise<void>;
}

export async function openLab(overrides: Partial<Env> = {}): Promise<Lab> {
  const world = await openWorld({ RELAY_LEASE_MS: 5_000, RELAY_SWEEP_MS: 30_000, ...overrides });
  const connection: ChannelModel = await amqp.connect(world.env.AMQP_URL, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  const database = (service: string): Db => world.client.db(`${world.env.DB_PREFIX}_${service}`);
  return {
    world,
    channel,
    database,
    bare: async (name = "bare") => {
      await ensureBackboneIndexes(database(name), world.env);
      return database(name);
    },
    purge: async () => void (await channel.purgeQueue(QUEUE)),
    close: async () => {
      await connection.close();
      await world.dispose();
    },
  };
}

/** Per second. */
export const rate = (count: number, since: number): number => (count * 1000) / (performance.now() - since);

/** The product's queues, emptied while something else is measured. */
import amqp from "amqplib";
import { topologyOf } from "../../mixins/amqp/topology.ts";
import { createRegistry } from "../../mixins/kit/registry.ts";
import { contracts } from "../../services/contracts.ts";
import type { World } from "../../test/support/cluster.ts";

export interface Queues {
  purge: () => Promise<void>;
  close: () => Promise<void>;
}

/** They exist once a node has started. */
export async function openQueues({ env }: World): Promise<Queues> {
  const names = topologyOf(createRegistry(contracts)).queues.map(({ name }) => name);
  const connection = await amqp.connect(env.AMQP_URL, { noDelay: true });
  const channel = await connection.createChannel();
  return {
    purge: async () =>
      void (await Promise.all(names.filter((name) => name.endsWith(".q")).map((name) => channel.purgeQueue(name)))),
    close: () => connection.close(),
  };
}

/** The confirming publisher against real refusals of a real broker. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import amqp, { type Channel, type ChannelModel } from "amqplib";
import { EventConnection } from "../../../mixins/amqp/connection.ts";
import { ConfirmedPublisher, type Outcome } from "../../../mixins/amqp/publisher.ts";
import { assertTopology, TopologyMismatchError, topologyOf } from "../../../mixins/amqp/topology.ts";
import { createRegistry } from "../../../mixins/kit/registry.ts";
import { createVhost, waitFor } from "../../support/env.ts";
import { consumerContract, producer } from "../../support/probe-domain.ts";

const silent = { info: () => {}, warn: () => {} };

describe("publishing with confirms", () => {
  let vhost: Awaited<ReturnType<typeof createVhost>>;
  let connection: EventConnection;
  let bare: ChannelModel;
  let channel: Channel;
  const warnings: string[] = [];
  const message = (routingKey: string, n = 0) => ({
    exchange: "",
    routingKey,
    content: Buffer.from(JSON.stringify({ n })),
    options: { messageId: `m-${n}`, mandatory: true, deliveryMode: 2 },
  });

  beforeAll(async () => {
    vhost = await createVhost();
    connection = new EventConnection({ url: vhost.amqpUrl, name: "test", logger: silent, setup: async () => {} });
    await connection.start();
    bare = await amqp.connect(vhost.amqpUrl);
    channel = await bare.createChannel();
  });
  afterAll(async () => {
    await bare.close();
    await connection.stop();
    await vhost.dispose();
  });

  const publisher = (options: object = {}): ConfirmedPublisher => {
    const made = new ConfirmedPublisher({
      connection,
      logger: { warn: (line) => void warnings.push(line) },
      ...options,
    });
    made.start();
    return made;
  };

  it("a message that a queue refuses (nack) is sent again until there is room; its channel is a new one", async () => {
    await channel.assertQueue("full.q", { arguments: { "x-max-length": 1, "x-overflow": "reject-publish" } });
    const publishing = publisher();
    expect(await publishing.published(message("full.q", 1))).toEqual({ kind: "routed" });
    const second = publishing.published(message("full.q", 2));
    await waitFor(() => warnings.some((line) => line.includes("refused a publish")), { message: "the nack" });
    expect(publishing.inFlight).toBe(1);
    await channel.purgeQueue("full.q");
    expect(await second).toEqual({ kind: "routed" });
    await publishing.stop();
  });

  it("tells for each of many whether a queue had it, also when routed and unroutable ones are mixed", async () => {
    await channel.assertQueue("some.q");
    const publishing = publisher({ window: 50 });
    const outcomes = await Promise.all(
      Array.from({ length: 300 }, (_, n) => publishing.published(message(n % 3 === 0 ? "nobody.q" : "some.q", n))),
    );
    outcomes.forEach((outcome, n) => {
      expect([n, outcome]).toEqual([n, { kind: n % 3 === 0 ? "unroutable" : "routed" } satisfies Outcome]);
    });
    await publishing.stop();
  });

  it("what can't be encoded fails alone", async () => {
    await channel.assertQueue("other.q");
    const publishing = publisher();
    const huge = { ...message("other.q", 1), options: { messageId: "x".repeat(400) } };
    const [bad, good] = await Promise.all([publishing.published(huge), publishing.published(message("other.q", 2))]);
    expect(bad).toMatchObject({ kind: "failed", reason: expect.stringMatching(/./) });
    expect(good).toEqual({ kind: "routed" });
    await publishing.stop();
  });

  it("a channel that the broker closes is replaced, and nothing that was on its way is lost", async () => {
    await channel.assertQueue("steady.q");
    const publishing = publisher();
    const settled: Outcome[] = [];
    for (let n = 0; n < 100; n++) publishing.publish(message("steady.q", n), (outcome) => settled.push(outcome));
    // An exchange that is not there closes the channel with a 404.
    publishing.publish({ ...message("key", 1_000), exchange: "no.such.exchange" }, (outcome) => settled.push(outcome));
    await waitFor(() => warnings.some((line) => line.includes("NOT_FOUND")), { message: "the closed channel" });
    await channel.assertExchange("no.such.exchange", "topic");
    await waitFor(() => settled.length === 101, { message: "all outcomes" });
    expect(settled.filter((outcome) => outcome.kind === "routed")).toHaveLength(100);
    const { messageCount } = await channel.checkQueue("steady.q");
    expect(messageCount).toBeGreaterThanOrEqual(100);
    await publishing.stop();
  });

  it("a queue with other arguments stops the start: its name, the difference and the remedy, and nothing is deleted", async () => {
    const topology = topologyOf(createRegistry([producer, consumerContract("search")]));
    const retry = topology.queues.find(({ name }) => name === "search.retry.1s");
    await channel.assertQueue("search.retry.1s", {
      durable: true,
      arguments: { ...retry?.arguments, "x-message-ttl": 7 },
    });
    const clash = await assertTopology(bare, topology).catch((error: unknown) => error);
    expect(clash).toBeInstanceOf(TopologyMismatchError);
    const { message } = clash as Error;
    for (const part of ["search.retry.1s", "x-message-ttl", "7", "1000", "Remedy", "Nothing was changed"])
      expect(message).toContain(part);
    expect((await channel.checkQueue("search.retry.1s")).queue).toBe("search.retry.1s");
  });
});

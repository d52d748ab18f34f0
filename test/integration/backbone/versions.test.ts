/** A rolling upgrade: nodes with the old and the new contract of one event, side by side on one bus. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import Type from "typebox";
import type { EventHandler } from "../../../mixins/consumer/handler.ts";
import { domainMixin } from "../../../mixins/domain.ts";
import {
  type Contract,
  defineContract,
  type EventDef,
  event,
  olderVersion,
  versionedEvent,
} from "../../../mixins/kit/contracts.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { DEAD_LETTERS, type DeadLetter } from "../../../mixins/retry/dead-letter.ts";
import { relay } from "../../../services/relay/contract.ts";
import relayService from "../../../services/relay/relay.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";

const V1 = Type.Object({ size: Type.Integer() });
const V2 = Type.Object({ ...V1.properties, colour: Type.String() });
const oldEvent = event(V1);
const newEvent = versionedEvent([olderVersion(V1, (payload) => ({ ...payload, colour: "unknown" }))], V2);

const things = (made: EventDef) =>
  defineContract({ service: "things", summary: "", events: { "thing.made": made }, consumes: [], actions: {} });
const consumer = (service: string): Contract =>
  defineContract({ service, summary: "", events: {}, consumes: ["thing.made"], actions: {} });

interface Effect {
  _id: string;
  version: string;
  payload: object;
}

describe("versions of one event side by side", () => {
  let world: World;
  let oldNode: ServiceBroker;
  let newNode: ServiceBroker;

  const handler: EventHandler = {
    pattern: "thing.made",
    batch: true,
    handle: async ({ eventId, version, payload }, tx) =>
      void (await tx.collection<Effect>("effects").insertOne({ _id: eventId, version, payload: payload as object })),
  };
  const service = (name: string) => ({
    name,
    mixins: [domainMixin({ contract: consumer(name), actions: [], handlers: [handler] })],
  });
  const db = (name: string) => world.client.db(`${world.env.DB_PREFIX}_${name}`);
  const effect = (consumerName: string, eventId: string) =>
    waitFor(() => db(consumerName).collection<Effect>("effects").findOne({ _id: eventId }), {
      message: `an effect at ${consumerName}`,
    });
  const publish = (node: ServiceBroker, payload: object): Promise<string> =>
    node.backbone
      .store("things" as never, {})
      .inTransaction(async (tx) =>
        (tx as unknown as { publish: (type: string, payload: object, options: object) => string }).publish(
          "thing.made",
          payload,
          { aggregateId: newId(), aggregateVersion: 1 },
        ),
      );

  beforeAll(async () => {
    world = await createWorld();
    const both = (made: EventDef) => [things(made), consumer("lab"), consumer("annex"), relay];
    oldNode = await world.startBroker({ contracts: both(oldEvent), services: [service("lab"), relayService] });
    newNode = await world.startBroker({ contracts: both(newEvent), services: [service("annex")] });
  });
  afterAll(() => world.dispose());

  it("a fact of the old producer reaches the new consumer as the newest version, the old one as it is", async () => {
    const id = await publish(oldNode, { size: 3 });
    expect(await effect("annex", id)).toMatchObject({ payload: { size: 3, colour: "unknown" } });
    expect(await effect("lab", id)).toMatchObject({ version: "v1", payload: { size: 3 } });
  });

  it("a new producer's fact is kept for an old consumer, and handled when that one has been upgraded", async () => {
    const id = await publish(newNode, { size: 4, colour: "red" });
    expect(await effect("annex", id)).toMatchObject({ version: "v2", payload: { size: 4, colour: "red" } });
    const letters = db("lab").collection<DeadLetter>(DEAD_LETTERS);
    const letter = await waitFor(() => letters.findOne({ eventId: id }), { message: "the old consumer's dead letter" });
    expect(letter.code).toBe("UNKNOWN_VERSION");
    await oldNode.stop();
    const upgraded = await world.startBroker({
      contracts: [things(newEvent), consumer("lab"), consumer("annex"), relay],
      services: [service("lab"), relayService],
    });
    await upgraded.call(
      "lab.deadLetters.replay",
      { id: letter._id },
      {
        meta: {
          actor: { userId: "ann", sessionId: "s", roles: [{ role: "admin", buildingId: null }], memberships: [] },
        },
      },
    );
    expect(await effect("lab", id)).toMatchObject({ payload: { size: 4, colour: "red" } });
    expect(
      await db("annex")
        .collection("effects")
        .countDocuments({ _id: id as never }),
    ).toBe(1);
  });

  it("a payload that fits another version only is refused at the write, with the field's name", async () => {
    await expect(publish(newNode, { size: 5 })).rejects.toThrow(/colour/);
  });
});

/** A person who is deleted while others' transactions still write to them: nothing of it stays. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { JOBS, type JobDoc } from "../../../mixins/jobs/job.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { contracts } from "../../../services/contracts.ts";
import type { DeliveryDoc, NotificationDoc } from "../../../services/notifications/model.ts";
import notifications from "../../../services/notifications/notifications.service.ts";
import { settled } from "../../../services/notifications/settle.ts";
import relay from "../../../services/relay/relay.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { facts, type Neighbour, neighbours } from "../../support/crowd.ts";
import { waitFor } from "../../support/env.ts";

describe("forgetting a person", () => {
  let world: World;
  let broker: ServiceBroker;
  const db = () => broker.backbone.database("notifications");
  const told = () => db().collection<NotificationDoc>("notifications");
  const people = () => db().collection<{ _id: string; deleted: boolean }>("people");
  const jobs = () => db().collection<JobDoc>(JOBS);

  beforeAll(async () => {
    world = await createWorld();
    broker = await world.startBroker({ contracts, services: [relay, notifications] });
  });
  afterAll(() => world.dispose());

  async function deleted(): Promise<Neighbour> {
    const [person] = (await neighbours(broker, 1)) as [Neighbour];
    await waitFor(() => people().findOne({ _id: person.id }), { message: "the person" });
    await facts(broker, "iam", "user.deleted", [{ userId: person.id, version: 2 }]);
    await waitFor(() => people().findOne({ _id: person.id, deleted: true }), { message: "the deletion" });
    return person;
  }

  it("takes away what was being sent in that moment", async () => {
    const { id: userId } = await deleted();
    const notificationId = newId();
    const sent = { _id: newId(), notificationId, userId, channel: "email" as const, to: "x@example.com" };
    const deliveries = db().collection<DeliveryDoc>("deliveries");
    await deliveries.insertOne({ ...sent, subject: "s", text: "t", at: new Date() } as DeliveryDoc);
    const store = broker.backbone.store("notifications", { actorId: "test" });
    await store.inTransaction(settled([notificationId], { status: "sent" }));
    expect(await deliveries.findOne({ notificationId })).toBeNull();
  });

  it.each([
    ["deliveries", "named", { $or: [{ userId: newId() }, { namedId: newId() }, { to: "x@example.com" }] }],
    ["notifications", "named", { namedId: newId() }],
    ["notifications", "digest", { userId: newId(), digestAt: new Date(), channel: "email", status: "queued" }],
    ["notifications", "post", { "subject.type": "post", "subject.id": newId(), template: { $nin: ["welcome"] } }],
    ["notifications", "comment", { commentId: newId(), status: "queued" }],
  ])("in %s the index %s is used", async (collection, index, where) => {
    const plan = JSON.stringify(await db().collection(collection).find(where).explain("queryPlanner"));
    expect(plan).toContain(`"indexName":"${index}"`);
    expect(plan).not.toContain("COLLSCAN");
  });

  it("looks once more, when no transaction is left that knew the person", async () => {
    const { id: userId } = await deleted();
    const job = await jobs().findOne({ kind: "forget", "data.userId": userId } as object);
    const inMs = (job?.dueAt.getTime() ?? 0) - Date.now();
    // MongoDB lets a transaction live for 60 s.
    expect(inMs).toBeGreaterThan(60_000);
    const late = { _id: newId(), key: newId(), userId, channel: "in_app", template: "ticket_assigned", status: "sent" };
    await told().insertOne({ ...late, causeEventId: newId(), createdAt: new Date() } as never);
    await jobs().updateOne({ _id: job?._id ?? "" }, { $set: { dueAt: new Date(0) } });
    await waitFor(async () => (await told().countDocuments({ userId })) === 0, { message: "the late one's end" });
    expect(await jobs().countDocuments({ _id: job?._id ?? "" })).toBe(0);
  });
});

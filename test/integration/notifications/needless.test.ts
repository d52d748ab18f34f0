/** What has become needless between the plan and the sending: hidden texts, and people who have left the house. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { insertJobs, JOBS, type JobDoc } from "../../../mixins/jobs/job.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { contracts } from "../../../services/contracts.ts";
import { BROADCAST, type BroadcastData } from "../../../services/notifications/broadcast.ts";
import type { ResidentDoc } from "../../../services/notifications/directory.ts";
import type { NotificationDoc } from "../../../services/notifications/model.ts";
import notifications from "../../../services/notifications/notifications.service.ts";
import { defaultPreferences, type PreferencesDoc } from "../../../services/notifications/preferences.ts";
import relay from "../../../services/relay/relay.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { facts, moveAllIn, type Neighbour, neighbours } from "../../support/crowd.ts";
import { waitFor } from "../../support/env.ts";

describe("what has become needless", () => {
  let world: World;
  let broker: ServiceBroker;
  let buildingId = "";
  let house: [Neighbour, Neighbour];
  const db = () => broker.backbone.database("notifications");
  const told = () => db().collection<NotificationDoc>("notifications");
  const residents = () => db().collection<ResidentDoc>("residents");
  const jobs = () => db().collection<JobDoc>(JOBS);
  const of = async (causeEventId: string, channel: string) =>
    told()
      .find({ causeEventId, channel: channel as never })
      .toArray();
  const handled = (eventId: string) =>
    waitFor(
      () =>
        db()
          .collection("inbox")
          .findOne({ eventId } as object),
      { message: "the event" },
    );

  const text = { title: "Drill", body: "Who lends one?", mentions: [], revision: 1 };
  const step = { revision: 1, actorId: "system:ai" };
  const audience = { type: "building" as const, unitIds: [], roles: [] };
  const post = async () => {
    const postId = newId();
    const payload = {
      postId,
      buildingId,
      authorId: newId(),
      kind: "post" as const,
      audience,
      public: false,
      ...text,
      version: 1,
    };
    const [event] = (await facts(broker, "community", "post.created", [payload])) as [string];
    return { postId, event };
  };
  const comment = (commentId: string, postId: string, postAuthorId: string) => ({
    ...{ commentId, postId, buildingId, authorId: newId(), postAuthorId, postTitle: "Drill" },
    ...{ body: "Rude words", mentions: [], revision: 1, version: 1 },
  });
  const postBecomes = async (postId: string, to: "hidden" | "visible", version: number, authorId: string) => {
    const from = to === "hidden" ? "visible" : "hidden";
    const payload = { ...step, postId, buildingId, kind: "post", title: "Drill", authorId, from, to, version } as const;
    return ((await facts(broker, "community", "post.status_changed", [payload])) as [string])[0];
  };
  const commentBecomes = async (commentId: string, postId: string, authorId: string) => {
    const payload = { ...step, commentId, postId, buildingId, authorId, from: "visible", to: "removed" } as const;
    const [event] = (await facts(broker, "community", "comment.status_changed", [{ ...payload, version: 2 }])) as [
      string,
    ];
    return event;
  };

  beforeAll(async () => {
    world = await createWorld();
    broker = await world.startBroker({ contracts, services: [relay, notifications] });
    buildingId = newId();
    house = (await neighbours(broker, 2)) as [Neighbour, Neighbour];
    await moveAllIn(broker, house, buildingId);
    await waitFor(async () => (await residents().countDocuments({ buildingId })) === 2, { message: "the residents" });
  });
  afterAll(() => world.dispose());

  it("a hidden post: its e-mails are dropped, its text leaves the inboxes, and its author is told", async () => {
    const { postId, event } = await post();
    await waitFor(async () => (await of(event, "email")).length === 2, { message: "what waits for the digest" });
    const [author] = house;
    const decided = await postBecomes(postId, "hidden", 2, author.id);
    await waitFor(async () => (await of(decided, "in_app")).length === 1, { message: "the decision" });
    expect((await of(event, "email")).map(({ status, variables }) => [status, variables])).toEqual([
      ["dropped", undefined],
      ["dropped", undefined],
    ]);
    for (const { variables } of await of(event, "in_app")) expect(variables).toMatchObject({ title: "", text: "" });
    expect((await of(decided, "in_app"))[0]?.variables).toEqual({ title: "Drill", to: "hidden" });
    // One that was being written at that moment.
    const late = { _id: newId(), key: newId(), userId: newId(), channel: "in_app", template: "post_created" };
    const doc = { ...late, subject: { type: "post", id: postId }, variables: { title: "Drill", text: "Who?" } };
    await told().insertOne({ ...doc, causeEventId: newId(), status: "sent", createdAt: new Date() } as never);
    const again = await jobs().findOne({ kind: "conceal", "data._id": postId } as object);
    expect((again?.dueAt.getTime() ?? 0) - Date.now()).toBeGreaterThan(60_000);
    await jobs().updateOne({ _id: again?._id ?? "" }, { $set: { dueAt: new Date(0) } });
    await waitFor(() => told().findOne({ _id: late._id, "variables.text": "" } as object), { message: "its end" });
  });

  it("a removed comment: its text leaves the inbox, what waits is dropped; the post's own news stay", async () => {
    const [reader, other] = house;
    const preferences = defaultPreferences(reader.id, new Date());
    const types = { comments: { email: true } };
    const hour = (more: number) => new Date(Date.now() + more * 3_600_000).toISOString().slice(11, 16);
    const quietHours = { from: hour(-2), to: hour(2) };
    await db()
      .collection<PreferencesDoc>("preferences")
      .insertOne({ ...preferences, types, quietHours });
    const { postId, event } = await post();
    await waitFor(async () => (await of(event, "in_app")).length === 2, { message: "the post" });
    const [rude, kind] = [comment(newId(), postId, reader.id), comment(newId(), postId, reader.id)];
    const [first, second] = (await facts(broker, "community", "comment.created", [rude, kind])) as [string, string];
    const mention = { contentType: "comment", contentId: rude.commentId, postId, buildingId, postTitle: "Drill" };
    const userIds = [reader.id];
    const [third] = (await facts(broker, "community", "mention.created", [
      { ...mention, authorId: rude.authorId, userIds } as never,
    ])) as [string];
    await waitFor(async () => (await of(third, "email")).length === 1, { message: "the mention" });
    await waitFor(async () => (await of(second, "email")).length === 1, { message: "the comments" });
    const decided = await commentBecomes(rude.commentId, postId, other.id);
    await waitFor(async () => (await of(decided, "in_app")).length === 1, { message: "the decision" });
    const status = async (one: string) => (await of(one, "email")).map((doc) => doc.status);
    expect([await status(first), await status(second), await status(third)]).toEqual([
      ["dropped"],
      ["queued"],
      ["dropped"],
    ]);
    expect((await of(first, "in_app"))[0]?.variables).toMatchObject({ title: "Drill", text: "" });
    expect((await of(second, "in_app"))[0]?.variables).toMatchObject({ text: "Rude words" });
    expect((await of(event, "in_app"))[0]?.variables).toMatchObject({ title: "Drill", text: "Who lends one?" });
  });

  it("a hidden message: its text leaves the inbox, and only its author hears of it", async () => {
    const [reader, author] = house;
    const ids = { messageId: newId(), conversationId: newId(), buildingId };
    const [sent] = (await facts(broker, "community", "message.sent", [
      { ...ids, senderId: author.id, recipientIds: [reader.id], body: "Rude words" },
    ])) as [string];
    await waitFor(async () => (await of(sent, "in_app")).length === 1, { message: "the message" });
    expect((await of(sent, "in_app"))[0]?.variables).toMatchObject({ text: "Rude words" });
    const becomes = { ...step, ...ids, authorId: author.id, from: "visible", to: "hidden", version: 2 } as const;
    const [decided] = (await facts(broker, "community", "message.status_changed", [becomes])) as [string];
    await waitFor(async () => (await of(decided, "in_app")).length === 1, { message: "the decision" });
    expect((await of(decided, "in_app"))[0]).toMatchObject({ userId: author.id, variables: { to: "hidden" } });
    expect((await of(sent, "in_app"))[0]?.variables).toMatchObject({ text: "" });
  });

  it("is not told of at all when the news of its end comes first; shown again, it is told of again", async () => {
    const [reader] = house;
    const { commentId, ...rest } = comment(newId(), newId(), reader.id);
    await handled(await commentBecomes(commentId, rest.postId, reader.id));
    const [event] = (await facts(broker, "community", "comment.created", [{ commentId, ...rest }])) as [string];
    await handled(event);
    expect(await of(event, "in_app")).toEqual([]);
    const postId = newId();
    await handled(await postBecomes(postId, "hidden", 2, newId()));
    await handled(await postBecomes(postId, "visible", 3, newId()));
    const [shown] = (await facts(broker, "community", "comment.created", [comment(newId(), postId, reader.id)])) as [
      string,
    ];
    await waitFor(async () => (await of(shown, "in_app")).length === 1, { message: "the comment" });
  });

  it("who has moved out gets neither the digest's news of the house nor the rest of a broadcast", async () => {
    const [stays, leaves] = (await neighbours(broker, 2)) as [Neighbour, Neighbour];
    buildingId = newId();
    await moveAllIn(broker, [stays, leaves], buildingId);
    await waitFor(async () => (await residents().countDocuments({ buildingId })) === 2, { message: "the residents" });
    const { event } = await post();
    await waitFor(async () => (await of(event, "email")).length === 2, { message: "what waits for the digest" });
    const { _id: residencyId, unitId } = (await residents().findOne({ userId: leaves.id })) as ResidentDoc;
    const end = { residencyId, userId: leaves.id, unitId, buildingId, reason: "ended", actorId: leaves.id } as const;
    await facts(broker, "residency", "resident.unverified", [{ ...end, version: 3 }]);
    await waitFor(() => residents().findOne({ _id: residencyId, verified: false }), { message: "the end" });
    const ofThem = { kind: "digest", "data.userId": { $in: [stays.id, leaves.id] } } as object;
    await jobs().updateMany(ofThem, { $set: { dueAt: new Date(0) } });
    await waitFor(async () => (await of(event, "email")).every(({ status }) => status !== "queued"), {
      message: "the digests",
    });
    const became = Object.fromEntries((await of(event, "email")).map(({ userId, status }) => [userId, status]));
    expect(became).toEqual({ [stays.id]: "sent", [leaves.id]: "dropped" });

    const eventId = newId();
    const news = { template: "announcement", variables: { building: null, title: "Lift", text: "Out." } } as const;
    const data: BroadcastData = { eventId, userIds: [stays.id, leaves.id], news: { ...news, buildingId } };
    await broker.backbone
      .store("notifications", {})
      .inTransaction((tx) =>
        insertJobs(tx as never, [{ kind: BROADCAST, key: `${eventId}/0`, data, lane: "broadcast:normal" }]),
      );
    await waitFor(async () => (await of(eventId, "in_app")).length > 0, { message: "the broadcast" });
    expect((await of(eventId, "in_app")).map(({ userId }) => userId)).toEqual([stays.id]);
  });
});

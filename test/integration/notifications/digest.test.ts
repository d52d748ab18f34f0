/** News that come for a digest while it is being sent. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { RateGate } from "../../../mixins/jobs/gate.ts";
import { JOBS } from "../../../mixins/jobs/job.ts";
import { JobRunner } from "../../../mixins/jobs/runner.ts";
import { callOf } from "../../../mixins/kit/call.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { contracts } from "../../../services/contracts.ts";
import { embeddedSender } from "../../../services/notifications/channels/embedded.ts";
import type { DeliverTools } from "../../../services/notifications/deliver.ts";
import { digest } from "../../../services/notifications/digest.ts";
import { notifier, notifierOf } from "../../../services/notifications/notify.ts";
import { forgotten } from "../../../services/notifications/people.ts";
import { defaultPreferences } from "../../../services/notifications/preferences.ts";
import {
  deliveries,
  ensureIndexes,
  notifications,
  people,
  preferencesOf,
  readsOf,
} from "../../../services/notifications/repository.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";

const BEFORE = new Date("2030-03-01T17:59:00Z");
const AFTER = new Date("2030-03-01T18:01:00Z");

describe("the digest", () => {
  let world: World;
  let broker: ServiceBroker;
  let jobs: JobRunner<"notifications"> | undefined;
  let now = BEFORE;
  const db = () => broker.backbone.database("notifications");

  beforeAll(async () => {
    world = await createWorld();
    broker = await world.startBroker({ contracts, services: [], clock: () => now });
    await ensureIndexes(db());
  });
  afterAll(async () => {
    await jobs?.stop();
    await world.dispose();
  });

  it("waits for the end of quiet hours, and loses none: what was planned for it and commits while it is being sent goes out in one more", async () => {
    const { backbone } = broker;
    const logger = broker.getLogger("TEST");
    const pools = [{ concurrency: 1, lanes: { "email:bulk": 1 } }];
    const runner = new JobRunner<"notifications">({ service: "notifications", backbone, logger, pools });
    jobs = runner;
    const notify = notifierOf(notifier(runner));
    const userId = newId();
    await people(db()).insertOne({ ...forgotten(userId, 1), email: "ann@example.com", deleted: false });
    const tell = async (title: string) => {
      now = BEFORE;
      const news = { template: "post_created", variables: { title, text: "" } } as const;
      await backbone
        .store<"notifications">("notifications", {})
        .inTransaction((tx) => notify(tx, { eventId: newId() }, { ...news, to: [userId] }));
      now = AFTER;
    };
    const email = embeddedSender(db(), "email");
    const late = ["A ladder"];
    const slow: typeof email = {
      ...email,
      async send(message) {
        await email.send(message);
        for (const title of late.splice(0)) await tell(title);
      },
    };
    const [sms, push] = [embeddedSender(db(), "sms"), embeddedSender(db(), "push")];
    const gate = new RateGate(db(), "email", 0);
    const tools: DeliverTools = {
      ...{ db: db(), call: callOf(broker), logger, clock: backbone.clock, senders: { email: slow, sms, push } },
      read: readsOf(db()),
      settleNow: async () => {},
      gates: { email: gate, sms: gate, push: gate },
      unsubscribeUrl: async () => "https://example.com/end",
    };
    runner.add(digest(tools, runner));
    await tell("A drill");
    // Set after it was planned: it waits, and is sent once they are over, or set no more.
    const quietHours = { from: "17:30", to: "18:30" };
    await preferencesOf(db()).insertOne({ ...defaultPreferences(userId, now), quietHours });
    await runner.start();
    const waits = { "lastError.code": "QUIET_HOURS", dueAt: new Date("2030-03-01T18:30:00Z"), attempts: 0 };
    await waitFor(() => db().collection(JOBS).findOne(waits), { message: "the wait" });
    await preferencesOf(db()).deleteOne({ _id: userId });
    await db()
      .collection(JOBS)
      .updateOne(waits, { $set: { dueAt: BEFORE } });
    const queued = () => notifications(db()).countDocuments({ channel: "email", status: "queued" });
    await waitFor(async () => late.length === 0 && (await queued()) === 0, { message: "the end of both" });
    const texts = (await deliveries(db()).find().sort({ _id: 1 }).toArray()).map(({ text }) => text);
    expect(texts).toEqual([expect.stringContaining("A drill"), expect.stringContaining("A ladder")]);
    expect(texts[1]).not.toContain("A drill");
  });
});

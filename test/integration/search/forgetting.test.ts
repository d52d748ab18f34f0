/** A person who is deleted while a transaction still writes what they wrote: it becomes nobody's, too. */
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { JOBS, type JobDoc } from "../../../mixins/jobs/job.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { contracts } from "../../../services/contracts.ts";
import relay from "../../../services/relay/relay.service.ts";
import { documentsOf } from "../../../services/search/generation.ts";
import type { SearchDoc } from "../../../services/search/model.ts";
import search from "../../../services/search/search.service.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { facts } from "../../support/crowd.ts";
import { waitFor } from "../../support/env.ts";

let world: World;
let broker: ServiceBroker;

beforeAll(async () => {
  world = await createWorld();
  broker = await world.startBroker({ contracts, services: [relay, search] });
});
afterAll(() => world.dispose());

it("search looks once more, when no transaction is left that knew the person", async () => {
  const userId = newId();
  await facts(broker, "iam", "user.deleted", [{ userId, version: 2 }]);
  const db = broker.backbone.database("search");
  const jobs = db.collection<JobDoc>(JOBS);
  const job = await waitFor(() => jobs.findOne({ _id: `forget/${userId}` }), { message: "the second look" });
  // MongoDB lets a transaction live for 60 s.
  expect(job.dueAt.getTime() - Date.now()).toBeGreaterThan(60_000);
  const documents = documentsOf(db, 1);
  const late = { _id: `post/${newId()}`, type: "post", ownerId: userId, shelf: null, words: ["lift"], at: new Date() };
  await documents.insertOne(late as unknown as SearchDoc);
  await jobs.updateOne({ _id: job._id }, { $set: { dueAt: new Date(0) } });
  await waitFor(async () => (await documents.countDocuments({ ownerId: userId })) === 0, { message: "nobody's" });
  expect(await documents.countDocuments({ _id: late._id, ownerId: null })).toBe(1);
});

/** SIGKILL between the commit of a command and its answer: the repeat gets the stored answer, and nothing is done twice. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { type NodeProcess, startNode } from "../../support/node-process.ts";
import type { Person } from "../../support/product.ts";

describe("a process that is killed after the commit", () => {
  let world: World;
  let node: NodeProcess;
  let resident: Person;
  let manager: Person;
  let unitId = "";

  beforeAll(async () => {
    world = await createWorld();
    node = await startNode(world);
    await node.ready();
    const admin = await node.rest.admin();
    ({ unitId, manager } = await node.rest.newBuilding(admin, "Lime"));
    resident = await node.rest.newPerson(admin, "Ann");
    await node.rest.moveIn(resident, manager, unitId);
  });
  afterAll(async () => {
    await node.stop();
    await world.dispose();
  });

  it("answers the repeat of its command from the store of another process; one ticket, one fact, one notification", async () => {
    const database = world.client.db(`${world.env.DB_PREFIX}_tickets`);
    const answers = database.collection("idempotency");
    for (const round of [1, 2, 3]) {
      const sent = { unitId, category: "other", title: `Round ${round}`, description: "It drips." };
      const post = () => node.rest.as(resident).post("/tickets", sent, { "idempotency-key": `kill-${round}` });
      const stream = answers.watch([{ $match: { operationType: "insert" } }]);
      await stream.tryNext();
      const committed = stream.next();
      const answer = post().then(
        ({ status }) => status,
        () => "cut",
      );
      await committed;
      node.child.kill("SIGKILL");
      await Promise.all([node.exited, stream.close()]);
      expect(["cut", 201]).toContain(await answer);
      node = await startNode(world);
      await node.ready();
      const repeat = await post();
      expect([repeat.status, repeat.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
      expect(repeat.body).toMatchObject({ number: round, title: `Round ${round}` });
      expect(await database.collection("tickets").countDocuments({ title: `Round ${round}` })).toBe(1);
      const told = () =>
        world.client.db(`${world.env.DB_PREFIX}_notifications`).collection("notifications").countDocuments({
          userId: resident.id,
          channel: "in_app",
          template: "ticket_created",
          "variables.number": round,
        });
      await waitFor(async () => (await told()) === 1, { message: "the notification" });
    }
    const events = database.collection("outbox").countDocuments({ eventType: "ticket.created" });
    expect(await events).toBe(3);
  }, 120_000);
});

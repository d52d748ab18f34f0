import { moveAllIn, neighbours } from "../test/support/crowd.ts";
import { waitFor } from "../test/support/env.ts";
import { type Person, type Rest, startProduct } from "../test/support/product.ts";
import type { Bench, Figures } from "./lib/bench.ts";
import { figure } from "./lib/summary.ts";
import { openWorld } from "./lib/world.ts";

const RESIDENTS = 1_000;

export const b12: Bench = {
  id: "B12",
  title: `an emergency to ${RESIDENTS.toLocaleString("en")} residents, by REST; a ticket in another building meanwhile`,
  units: { "in the app": "ms", "e-mails queued": "ms", "manager elsewhere": "ms" },
  goals: [
    { name: "everybody has it in the app, ms", value: (r) => figure(r, "emergency", "in the app"), atMost: 2_000 },
    { name: "every e-mail is queued, ms", value: (r) => figure(r, "emergency", "e-mails queued"), atMost: 2_000 },
    {
      name: "another building's manager is told of a ticket meanwhile, ms",
      value: (r) => figure(r, "emergency", "manager elsewhere"),
      atMost: 2_000,
    },
  ],
  limit: "mongod: 1,000 notifications, 1,000 e-mail jobs and their facts in ten transactions, four at a time.",
  async open() {
    const world = await openWorld({ RATE_LIMIT_PER_MINUTE: 10_000_000 });
    const { rest, broker } = await startProduct(world);
    const admin = await rest.admin();
    const { buildingId, manager } = await rest.newBuilding(admin, "Bench");
    const elsewhere = await rest.newBuilding(admin, "Elsewhere");
    const resident = await rest.newPerson(admin, "Benita");
    await rest.moveIn(resident, elsewhere.manager, elsewhere.unitId);
    const { token } = await rest.login(resident.email, resident.password);
    await moveAllIn(broker, await neighbours(broker, RESIDENTS), buildingId);
    const db = world.client.db(`${world.env.DB_PREFIX}_notifications`);
    const live = { buildingId, verified: true };
    const known = async () => (await db.collection("residents").countDocuments(live)) === RESIDENTS;
    await waitFor(known, { deadlineMs: 60_000, message: "the residents" });
    const notes = db.collection("notifications");
    const measure = async (): Promise<Figures> => {
      await notes.deleteMany({});
      const since = performance.now();
      /** Milliseconds. */
      const until = async (filter: object, count: number): Promise<number> => {
        const areThere = async () => (await notes.countDocuments(filter)) >= count;
        await waitFor(areThere, { deadlineMs: 60_000, message: `${count} notifications` });
        return performance.now() - since;
      };
      const emergency = { template: "emergency" };
      await report(rest, manager, buildingId);
      const ticket = { unitId: elsewhere.unitId, category: "plumbing", title: "Tap", description: "It drips." };
      await rest.ok(201, rest.as({ ...resident, token }).post("/tickets", ticket));
      const [inApp, emails, neighbour] = await Promise.all([
        until({ ...emergency, channel: "in_app" }, RESIDENTS),
        until({ ...emergency, channel: "email" }, RESIDENTS),
        until({ userId: elsewhere.manager.id, channel: "in_app" }, 1),
      ]);
      const queued = { channel: "email", status: "queued" };
      const isIdle = async () => (await notes.countDocuments(queued)) === 0;
      await waitFor(isIdle, { deadlineMs: 120_000, message: "the last e-mail" });
      return { "in the app": inApp, "e-mails queued": emails, "manager elsewhere": neighbour };
    };
    return { variants: [{ name: "emergency", measure }], close: () => world.dispose() };
  },
};

const report = (rest: Rest, by: Person, buildingId: string) =>
  rest.ok(201, rest.as(by).post("/posts", { buildingId, kind: "emergency", title: "Burst pipe", body: "Close it." }));

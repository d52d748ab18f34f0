/**
 * The authorization matrix: every route of every contract x every kind of caller, over REST. A route without a row
 * fails. A row is what each caller gets for a well-formed request about building A: `ok` is any 2xx.
 */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../mixins/kit/ids.ts";
import { contracts } from "../../services/contracts.ts";
import { type Route, routesOf } from "../../services/gateway/routes.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { ACTORS, type ActorName, furnish, type House } from "../support/matrix.ts";
import { type Person, PNG, startProduct } from "../support/product.ts";

interface Asked {
  /** For the path, the query and the body, each field where the route has it. */
  [field: string]: unknown;
}
interface Row {
  /** In the order of ACTORS; `public`: nobody is refused for who they are. */
  gets: string;
  /** Made anew for every caller, so that one does not take it from the next. */
  asks?: (house: House) => Asked | Promise<Asked>;
  /** Changes who the caller is: somebody new each time. */
  ends?: true;
}

const PUBLIC = "public";
const SELF = "401 ok ok ok ok ok ok ok";
const ADMIN = "401 403 403 403 403 403 403 ok";
const MEMBER = "401 ok 404 ok ok 404 ok ok";
/** Of residentA, who is the author. */
const AUTHOR = "401 ok 404 403 403 404 403 403";
const AUTHOR_OR_MANAGER = "401 ok 404 403 ok 404 403 ok";
const NOT_AUTHOR = "401 409 404 ok ok 404 ok ok";
const IN_CONVERSATION = "401 ok 404 ok 404 404 404 404";
const MANAGER = "401 403 403 403 ok 404 403 ok";

const code = async ({ as, unitId }: House) => (await as("managerA").post(`/units/${unitId}/codes`, {})).body;
const ticket = async ({ as, unitId }: House) =>
  (await as("residentA").post("/tickets", { unitId, category: "other", title: "A tap", description: "It drips." }))
    .body;
const post = async ({ as, buildingId }: House) =>
  (await as("residentA").post("/posts", { buildingId, title: "Bikes", body: "The cellar is full." })).body;
const comment = async (house: House) =>
  (await house.as("residentA").post(`/posts/${(await post(house)).id}/comments`, { body: "Mine too." })).body;
const flag = async (house: House) =>
  (await house.as("staffA").post(`/posts/${(await post(house)).id}/flags`, { reason: "spam" })).body;
const conversation = async ({ as, buildingId, staffId }: House) =>
  (await as("residentA").post("/conversations", { buildingId, participantIds: [staffId] })).body;
const message = async (house: House) => {
  const { id } = await conversation(house);
  return (await house.as("residentA").post(`/conversations/${id}/messages`, { body: "Hello." })).body;
};
/** A claim of somebody who waits for the manager. */
const claim = async ({ rest, another, unitId }: House) => {
  const person = await another("provider");
  return (await rest.as(person).post("/residencies", { unitId, relation: "tenant" })).body;
};
const verified = async ({ rest, as, admin, unitId }: House) => {
  const person = await rest.newPerson(admin, `tenant-${newId().slice(-12)}`);
  const { code: secret } = (await as("managerA").post(`/units/${unitId}/codes`, {})).body;
  return (await rest.as(person).post("/residencies", { unitId, relation: "family", code: secret })).body;
};
const idOf =
  (make: (house: House) => Promise<{ id: string }>, more: (house: House) => Asked = () => ({})) =>
  async (house: House) => ({ id: (await make(house)).id, ...more(house) });
const building = ({ buildingId }: House) => ({ id: buildingId });
const SAUNA = {
  name: "Sauna",
  kind: "room",
  unit: "hour",
  openingHours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "24:00" }],
};
const sauna = async ({ as, buildingId }: House, rules: object = {}) =>
  (await as("managerA").post(`/buildings/${buildingId}/resources`, { ...SAUNA, ...rules })).body;
/** The full hour after the next. */
const inTwoHours = (Math.floor(Date.now() / 3_600_000) + 2) * 3_600_000;
const SOON = {
  from: new Date(inTwoHours).toISOString(),
  to: new Date(inTwoHours + 3_600_000).toISOString(),
};
/** By a resident, in a sauna of its own. */
const booked =
  (rules: object = {}) =>
  async (house: House) => {
    const { id: resourceId } = await sauna(house, rules);
    return (await house.as("residentA").post("/bookings", { resourceId, ...SOON })).body;
  };
/** As a browser's Push API gives it; the keys are the example of RFC 8291. */
const subscription = () => ({
  endpoint: `https://fcm.googleapis.com/fcm/send/${newId()}`,
  keys: {
    p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  },
});
const NO_LETTER = { id: `tickets:${"0".repeat(8)}` };
const LAST_HOUR = { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date().toISOString() };

const rows: Record<string, Row> = {
  "iam.register": {
    gets: PUBLIC,
    asks: () => ({ email: `${newId()}@example.com`, password: "four words in a row", displayName: "New" }),
  },
  "iam.verifyEmail": { gets: PUBLIC, asks: () => ({ token: "x".repeat(30) }) },
  "iam.login": { gets: PUBLIC, asks: ({ admin }) => ({ email: admin.email, password: admin.password }) },
  "iam.refresh": { gets: PUBLIC, asks: () => ({ refreshToken: "x".repeat(30) }) },
  "iam.forgotPassword": { gets: PUBLIC, asks: () => ({ email: "nobody@example.com" }) },
  "iam.resetPassword": { gets: PUBLIC, asks: () => ({ token: "x".repeat(30), password: "four words in a row" }) },
  "iam.logout": { gets: SELF, ends: true },
  "iam.logoutAll": { gets: SELF, ends: true },
  "iam.changePassword": { gets: SELF, ends: true },
  "iam.deleteMe": { gets: SELF, ends: true },
  "iam.exportMe": { gets: SELF },
  "iam.getMe": { gets: SELF },
  "iam.updateMe": { gets: SELF, asks: () => ({ locale: "de" }) },
  "iam.listUsers": { gets: ADMIN },
  "iam.getUser": { gets: ADMIN, asks: ({ residentId }) => ({ id: residentId }) },
  "iam.grantRole": {
    gets: ADMIN,
    asks: async ({ another, buildingId }) => ({ id: (await another("residentB")).id, role: "provider", buildingId }),
  },
  "iam.revokeRole": {
    gets: ADMIN,
    asks: async ({ rest, another, buildingId, admin }) => {
      const { id } = await another("residentB");
      await rest.as(admin).post(`/users/${id}/roles`, { role: "staff", buildingId });
      return { id, role: "staff", buildingId };
    },
  },
  "iam.rotateKeys": { gets: ADMIN },
  "residency.createBuilding": {
    gets: ADMIN,
    asks: ({ managerId }) => ({ name: "Elm", address: "1 Elm Street", timeZone: "Europe/Kyiv", managerId }),
  },
  "residency.listBuildings": { gets: SELF },
  "residency.getBuilding": { gets: "401 ok 404 ok ok 404 ok ok", asks: building },
  "residency.updateBuilding": { gets: MANAGER, asks: (house) => ({ ...building(house), address: "2 Lime Street" }) },
  "residency.createUnit": { gets: MANAGER, asks: (house) => ({ ...building(house), name: newId() }) },
  "residency.updateUnit": { gets: MANAGER, asks: ({ unitId }) => ({ id: unitId, floor: 2 }) },
  "residency.listUnits": { gets: "401 403 403 ok ok 404 403 ok", asks: building },
  "residency.createCode": { gets: MANAGER, asks: ({ unitId }) => ({ id: unitId }) },
  "residency.listCodes": { gets: MANAGER, asks: ({ unitId }) => ({ id: unitId }) },
  "residency.revokeCode": {
    gets: MANAGER,
    asks: async (house) => ({ id: house.unitId, codeId: (await code(house)).id }),
  },
  "residency.importContacts": {
    gets: MANAGER,
    asks: (house) => ({ ...building(house), contacts: [{ email: "new@example.com", unit: "A1" }] }),
  },
  "residency.listContacts": { gets: MANAGER, asks: building },
  "residency.claim": {
    gets: "401 409 ok ok ok ok ok ok",
    ends: true,
    asks: async (house) => ({ unitId: house.unitId, relation: "tenant", code: (await code(house)).code }),
  },
  "residency.listResidencies": {
    gets: "401 404 404 404 ok 404 404 ok",
    asks: ({ buildingId }) => ({ buildingId }),
  },
  "residency.getResidency": { gets: "401 404 404 404 ok 404 404 ok", asks: idOf(claim) },
  "residency.verifyResidency": { gets: MANAGER, asks: idOf(claim) },
  "residency.rejectResidency": { gets: MANAGER, asks: idOf(claim, () => ({ reason: "Unknown." })) },
  "residency.revokeResidency": { gets: MANAGER, asks: idOf(verified, () => ({ reason: "Moved." })) },
  "residency.endResidency": { gets: "401 404 404 404 ok 404 404 ok", asks: idOf(verified) },
  "tickets.create": {
    gets: "401 ok 404 ok ok 404 404 ok",
    asks: ({ unitId }) => ({ unitId, category: "other", title: "A tap", description: "It drips." }),
  },
  "tickets.list": { gets: "401 ok 404 ok ok 404 404 ok", asks: ({ buildingId }) => ({ buildingId }) },
  "tickets.get": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(ticket) },
  "tickets.update": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(ticket, () => ({ title: "Two taps" })) },
  "tickets.assign": {
    gets: "401 403 403 ok ok 404 403 ok",
    asks: idOf(ticket, ({ staffId }) => ({ assigneeId: staffId })),
  },
  "tickets.transition": {
    gets: "401 409 404 ok ok 404 404 ok",
    asks: idOf(ticket, () => ({ to: "in_progress" })),
  },
  "tickets.exportCsv": { gets: "401 403 403 ok ok 404 403 ok", asks: ({ buildingId }) => ({ buildingId }) },
  "tickets.createAttachment": {
    gets: "401 ok 404 ok ok 404 404 ok",
    asks: idOf(ticket, () => ({ name: "a.png", file: PNG })),
  },
  "tickets.listAttachments": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(ticket) },
  "tickets.getAttachment": {
    gets: "401 ok 404 ok ok 404 404 ok",
    asks: async (house) => {
      const { id } = await ticket(house);
      const made = await house.as("residentA").call("POST", `/tickets/${id}/attachments?name=a.png`, PNG);
      return { id, attachmentId: made.body.id };
    },
  },
  "tickets.createComment": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(ticket, () => ({ body: "Hello." })) },
  "tickets.listComments": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(ticket) },
  "tickets.rate": { gets: "401 409 404 403 403 404 404 403", asks: idOf(ticket, () => ({ rating: 5 })) },
  "booking.createResource": { gets: MANAGER, asks: (house) => ({ ...building(house), ...SAUNA }) },
  "booking.listResources": { gets: "401 ok 404 ok ok 404 404 ok", asks: building },
  "booking.getResource": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(sauna) },
  "booking.updateResource": { gets: MANAGER, asks: idOf(sauna, () => ({ capacity: 2 })) },
  "community.createPost": {
    gets: MEMBER,
    asks: ({ buildingId }) => ({ buildingId, title: "Bikes", body: "The cellar is full." }),
  },
  "community.listPosts": { gets: MEMBER, asks: ({ buildingId }) => ({ buildingId }) },
  "community.getPost": { gets: MEMBER, asks: idOf(post) },
  "community.updatePost": { gets: AUTHOR, asks: idOf(post, () => ({ body: "It is empty again." })) },
  "community.deletePost": { gets: AUTHOR_OR_MANAGER, asks: idOf(post) },
  "community.listPostRevisions": { gets: AUTHOR_OR_MANAGER, asks: idOf(post) },
  "community.createComment": { gets: MEMBER, asks: idOf(post, () => ({ body: "Mine too." })) },
  "community.listComments": { gets: MEMBER, asks: idOf(post) },
  "community.updateComment": { gets: AUTHOR, asks: idOf(comment, () => ({ body: "No more." })) },
  "community.deleteComment": { gets: AUTHOR_OR_MANAGER, asks: idOf(comment) },
  "community.listCommentRevisions": { gets: AUTHOR_OR_MANAGER, asks: idOf(comment) },
  "community.flagPost": { gets: NOT_AUTHOR, asks: idOf(post, () => ({ reason: "spam" })) },
  "community.flagComment": { gets: NOT_AUTHOR, asks: idOf(comment, () => ({ reason: "spam" })) },
  "community.flagMessage": { gets: "401 409 404 ok 404 404 404 404", asks: idOf(message, () => ({ reason: "spam" })) },
  "community.listFlags": { gets: SELF },
  "community.getFlag": { gets: "401 404 404 ok 404 404 404 404", asks: idOf(flag) },
  "community.listCases": { gets: MANAGER, asks: ({ buildingId }) => ({ buildingId }) },
  "community.decideCase": {
    gets: MANAGER,
    asks: async (house) => {
      const { contentId } = await flag(house);
      const { items } = (await house.as("managerA").get("/moderation/cases?status=pending")).body;
      return { id: items.find((one: { contentId: string }) => one.contentId === contentId).id, decision: "approved" };
    },
  },
  "community.createConversation": {
    gets: "401 ok 404 422 ok 404 ok ok",
    asks: ({ buildingId, staffId }) => ({ buildingId, participantIds: [staffId] }),
  },
  "community.listConversations": { gets: SELF },
  "community.getConversation": { gets: IN_CONVERSATION, asks: idOf(conversation) },
  "community.sendMessage": { gets: IN_CONVERSATION, asks: idOf(conversation, () => ({ body: "Hello." })) },
  "community.listMessages": { gets: IN_CONVERSATION, asks: idOf(conversation) },
  "community.readConversation": { gets: IN_CONVERSATION, asks: idOf(conversation) },
  "community.deleteMessage": { gets: "401 ok 404 403 404 404 404 404", asks: idOf(message) },
  "community.block": { gets: SELF, asks: () => ({ userId: newId() }) },
  "community.unblock": { gets: SELF, asks: () => ({ userId: newId() }) },
  "community.getBlock": {
    gets: "401 ok 404 404 404 404 404 404",
    asks: async ({ as }) => {
      const userId = newId();
      await as("residentA").call("PUT", `/blocks/${userId}`);
      return { userId };
    },
  },
  "community.listBlocks": { gets: SELF },
  "community.listMembers": { gets: MEMBER, asks: ({ buildingId }) => ({ buildingId }) },
  "booking.availability": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(sauna) },
  "booking.create": {
    gets: "401 ok 404 ok ok 404 404 ok",
    asks: async (house) => ({ resourceId: (await sauna(house)).id, ...SOON }),
  },
  "booking.list": { gets: "401 ok 404 ok ok 404 404 ok", asks: ({ buildingId }) => ({ buildingId }) },
  "booking.get": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(booked()) },
  "booking.getIcs": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(booked()) },
  "booking.move": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(booked(), () => SOON) },
  "booking.cancel": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(booked(), () => ({ reason: "A leak." })) },
  "booking.cancellationPreview": { gets: "401 ok 404 ok ok 404 404 ok", asks: idOf(booked()) },
  "booking.checkIn": {
    gets: "401 ok 404 ok ok 404 404 ok",
    asks: idOf(booked({ checkIn: { opensMinutesBefore: 1_440, closesMinutesAfter: 15 } })),
  },
  "booking.approve": { gets: MANAGER, asks: idOf(booked({ needsApproval: true })) },
  "booking.reject": { gets: MANAGER, asks: idOf(booked({ needsApproval: true }), () => ({ reason: "Closed." })) },
  "notifications.list": { gets: SELF },
  "notifications.read": {
    gets: "401 ok 404 404 404 404 404 404",
    asks: async ({ as }) => ({ id: (await as("residentA").get("/notifications")).body.items[0].id }),
  },
  "notifications.readAll": { gets: SELF },
  "notifications.listDeliveries": { gets: ADMIN },
  "notifications.getPreferences": { gets: SELF },
  "notifications.putPreferences": { gets: SELF },
  // Nobody's address is dead here.
  "notifications.restoreAddress": { gets: SELF.replaceAll("ok", "409"), asks: () => ({ channel: "email" }) },
  "notifications.pushKey": { gets: SELF },
  "notifications.createPushSubscription": { gets: SELF, asks: () => subscription() },
  "notifications.listPushSubscriptions": { gets: SELF },
  "notifications.deletePushSubscription": {
    gets: "401 ok 404 404 404 404 404 404",
    asks: async ({ as }) => ({ id: (await as("residentA").post("/push-subscriptions", subscription())).body.id }),
  },
  "notifications.showUnsubscribe": { gets: PUBLIC, asks: () => ({ token: "x".repeat(30) }) },
  "notifications.unsubscribe": { gets: PUBLIC, asks: () => ({ token: "x".repeat(30) }) },
  "search.query": { gets: SELF, asks: () => ({ q: "tap" }) },
  "search.rebuild": { gets: ADMIN },
  "search.showRebuild": { gets: ADMIN },
  "ai.listResults": { gets: SELF, asks: () => ({ subjectType: "ticket", subjectId: newId() }) },
  "ai.createSummary": {
    gets: "401 ok 404 ok ok 404 404 ok",
    asks: async ({ as, unitId }) => {
      const description = "The stairs are dirty, and nobody has cleaned them for weeks. ".repeat(10).trim();
      const sent = { unitId, category: "cleaning", title: "Stairs", description };
      return { type: "ticket", id: (await as("residentA").post("/tickets", sent)).body.id };
    },
  },
  "ai.ask": {
    gets: "401 ok 404 ok ok 404 ok ok",
    asks: ({ buildingId }) => ({ buildingId, question: "Where is it?" }),
  },
  "analytics.listEvents": { gets: ADMIN },
  "analytics.showEvent": { gets: ADMIN.replace("ok", "404"), asks: () => ({ eventId: newId() }) },
  "analytics.showSaga": { gets: ADMIN, asks: () => ({ correlationId: newId() }) },
  "analytics.dailyCounts": { gets: ADMIN },
  "ops.listDeadLetters": { gets: ADMIN },
  "ops.groupDeadLetters": { gets: ADMIN },
  "ops.showDeadLetter": { gets: ADMIN.replace("ok", "404"), asks: () => NO_LETTER },
  "ops.editDeadLetter": { gets: ADMIN.replace("ok", "404"), asks: () => ({ ...NO_LETTER, payload: {} }) },
  "ops.replayDeadLetter": { gets: ADMIN.replace("ok", "404"), asks: () => NO_LETTER },
  "ops.discardDeadLetter": { gets: ADMIN.replace("ok", "404"), asks: () => ({ ...NO_LETTER, reason: "Old." }) },
  "ops.restoreDeadLetter": { gets: ADMIN.replace("ok", "404"), asks: () => NO_LETTER },
  "ops.replaySelection": { gets: ADMIN, asks: () => ({ filter: { consumer: "tickets" } }) },
  "ops.audit": { gets: ADMIN },
  "ops.queues": { gets: ADMIN },
  "ops.relays": { gets: ADMIN },
  "ops.republish": { gets: ADMIN, asks: () => ({ ...LAST_HOUR, dryRun: true }) },
};

const routes = routesOf(contracts);

describe("the authorization matrix", () => {
  let world: World;
  let house: House;
  let expired = "";
  let revoked = "";
  let ahead = 0;

  beforeAll(async () => {
    world = await createWorld();
    const { rest } = await startProduct(world, { clock: () => new Date(Date.now() + ahead) });
    const admin = await rest.admin();
    // Two administrators' tokens that are none any more.
    ahead = -3_600_000;
    expired = (await rest.admin()).token;
    ahead = 0;
    const gone = await rest.admin();
    await rest.as(gone).post("/auth/logout");
    revoked = gone.token;
    house = await furnish(rest, admin);
  });
  afterAll(() => world.dispose());

  it("has a row for every route, and no row without one", () => {
    expect(Object.keys(rows).sort()).toEqual(routes.map(({ action }) => action).sort());
  });

  const send = async (route: Route, asked: Asked, as: House["rest"]) => {
    const pick = (fields: readonly string[]) =>
      Object.fromEntries(fields.filter((field) => asked[field] !== undefined).map((field) => [field, asked[field]]));
    const path = route.path.replace(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(String(asked[field])));
    const query = new URLSearchParams(pick(route.inQuery) as Record<string, string>).toString();
    const body = asked.file ?? (route.method === "GET" || route.method === "DELETE" ? undefined : pick(route.inBody));
    return as.call(route.method, path + (query && `?${query}`), body);
  };
  const askedOf = async (row: Row, person: Person | undefined): Promise<Asked> => ({
    ...(await row.asks?.(house)),
    ...(person && { currentPassword: person.password, newPassword: `${person.password} and more` }),
  });

  describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", (_, route) => {
    const row = rows[route.action] as Row;
    if (!row) return;
    const wanted = row.gets === PUBLIC ? ACTORS.map(() => PUBLIC) : row.gets.split(" ");

    it.each(ACTORS.map((actor, index) => [actor, wanted[index] as string] as const))(
      "%s: %s",
      async (actor, outcome) => {
        const person = row.ends && actor !== "anonymous" ? await house.another(actor) : undefined;
        const as = person ? house.rest.as(person) : house.as(actor as ActorName);
        const { status, body } = await send(route, await askedOf(row, person), as);
        const got = [status, status < 300 ? undefined : body];
        if (outcome === PUBLIC) expect(["UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"]).not.toContain(body?.code);
        else if (outcome === "ok") expect(got).toEqual([expect.any(Number), undefined]);
        else expect(got).toMatchObject([Number(outcome), { status: Number(outcome) }]);
      },
    );

    it("an administrator's token that has expired or was revoked: 401, where anybody is asked for one", async () => {
      const asked = await askedOf(row, undefined);
      for (const token of [expired, revoked]) {
        const { status } = await send(route, asked, house.rest.as({ token }));
        if (row.gets === PUBLIC) expect(status).not.toBe(403);
        else expect([token === expired, status]).toEqual([token === expired, 401]);
      }
    });
  });
});

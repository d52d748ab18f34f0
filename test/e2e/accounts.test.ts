/** Passwords, limits, deletion and export, by REST only. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createWorld, type World } from "../support/cluster.ts";
import { waitFor } from "../support/env.ts";
import { type Person, type Rest, startProduct } from "../support/product.ts";

describe("accounts", () => {
  let world: World;
  let rest: Rest;
  let admin: Person;
  let ahead = 0;
  const NEW = "several unusual words here";
  const login = (email: string, password: string) => rest.post("/auth/login", { email, password });
  const resetMails = async (person: Person): Promise<{ text: string }[]> => {
    const { body } = await rest.as(admin).get(`/ops/deliveries?to=${encodeURIComponent(person.email)}`);
    return body.items.filter(({ subject }: { subject: string }) => subject === "Set a new password");
  };
  const resetToken = async (person: Person, count = 1): Promise<string> => {
    expect((await rest.post("/auth/forgot-password", { email: person.email.toUpperCase() })).status).toBe(202);
    const mails = await waitFor(
      async () => {
        const found = await resetMails(person);
        return found.length === count ? found : undefined;
      },
      { message: "the e-mail with the reset token" },
    );
    return /^(ey\S+)$/m.exec(mails[0]?.text ?? "")?.[1] ?? "";
  };

  beforeAll(async () => {
    world = await createWorld();
    ({ rest } = await startProduct(world, { clock: () => new Date(Date.now() + ahead) }));
    admin = await rest.admin();
  });
  afterAll(() => world.dispose());

  describe("passwords", () => {
    it.each(["password1234", "aaaaaaaaaaaa", "qwertyuiop123", "weakling@example.com", "letmeinletmein"])(
      "%s is refused at the registration",
      async (password) => {
        const answer = await rest.post("/auth/register", { email: "weakling@example.com", password, displayName: "W" });
        expect(answer).toMatchObject({
          status: 422,
          body: { code: "WEAK_PASSWORD", errors: [{ path: "/password", message: "is easily guessed" }] },
        });
      },
    );

    it("a change needs the present one, refuses a weak one, and ends every session at once", async () => {
      const ann = await rest.newPerson(admin, "Ann");
      const other = await rest.login(ann.email, ann.password);
      const change = (currentPassword: string, newPassword: string) =>
        rest.as(ann).post("/auth/change-password", { currentPassword, newPassword });
      expect(await change("not this one at all", NEW)).toMatchObject({ status: 422, body: { code: "WRONG_PASSWORD" } });
      const weak = await change(ann.password, "password1234");
      expect(weak).toMatchObject({ status: 422, body: { errors: [{ path: "/newPassword" }] } });
      expect((await rest.as(ann).get("/users/me")).status).toBe(200);
      expect((await change(ann.password, NEW)).status).toBe(204);
      for (const session of [ann, other]) {
        expect(await rest.as(session).get("/users/me")).toMatchObject({ status: 401, body: { code: "SESSION_ENDED" } });
        const refreshed = await rest.post("/auth/refresh", { refreshToken: session.refreshToken });
        expect(refreshed).toMatchObject({ status: 401, body: { code: "SESSION_ENDED" } });
      }
      expect((await login(ann.email, ann.password)).status).toBe(401);
      expect((await login(ann.email, NEW)).status).toBe(200);
    });

    it("a log-in that was under way while it was changed comes to nothing", async () => {
      const eve = await rest.newPerson(admin, "Eve");
      const users = world.client.db(`${world.env.DB_PREFIX}_iam`).collection<{ _id: string }>("users");
      // Its session is written after the change has ended those that were there.
      await users.updateOne({ _id: eve.id }, { $inc: { sessionVersion: 1 } });
      const refreshed = await rest.post("/auth/refresh", { refreshToken: eve.refreshToken });
      expect(refreshed).toMatchObject({ status: 401, body: { code: "SESSION_ENDED" } });
    });

    it("a forgotten one is reset with the mailed token, once, and ends every session", async () => {
      const bob = await rest.newPerson(admin, "Bob");
      const token = await resetToken(bob);
      const weak = await rest.post("/auth/reset-password", { token, password: "password1234" });
      expect(weak.body.code).toBe("WEAK_PASSWORD");
      expect((await rest.post("/auth/reset-password", { token, password: NEW })).status).toBe(204);
      expect((await rest.as(bob).get("/users/me")).status).toBe(401);
      const again = await rest.post("/auth/reset-password", { token, password: `${NEW} again` });
      expect(again).toMatchObject({ status: 422, body: { code: "RESET_TOKEN_INVALID" } });
      expect((await login(bob.email, NEW)).status).toBe(200);
    });

    it("of two resets with one token at once, one counts", async () => {
      const cleo = await rest.newPerson(admin, "Cleo");
      const token = await resetToken(cleo);
      const both = [`${NEW} one`, `${NEW} two`];
      const answers = await Promise.all(both.map((password) => rest.post("/auth/reset-password", { token, password })));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 422]);
      const logins = await Promise.all(both.map((password) => login(cleo.email, password)));
      expect(logins.map(({ status }) => status)).toEqual(answers.map(({ status }) => (status === 204 ? 200 : 401)));
    });

    it("a reset token expires after half an hour, and no other token passes for one", async () => {
      const dora = await rest.newPerson(admin, "Dora");
      const token = await resetToken(dora);
      for (const other of [dora.token, `${token}x`, "x".repeat(40)]) {
        const { body } = await rest.post("/auth/reset-password", { token: other, password: NEW });
        expect(body.code).toBe("RESET_TOKEN_INVALID");
      }
      expect((await rest.as({ token }).get("/users/me")).body.code).toBe("TOKEN_INVALID");
      ahead = 31 * 60_000;
      try {
        const late = await rest.post("/auth/reset-password", { token, password: NEW });
        expect(late.body.code).toBe("RESET_TOKEN_EXPIRED");
      } finally {
        ahead = 0;
      }
    });

    it("asking for an address that nobody has is answered alike, and at most three e-mails go to one that exists", async () => {
      const erik = await rest.newPerson(admin, "Erik");
      const [known, unknown] = await Promise.all(
        [erik.email, "nobody@example.com"].map((email) => rest.post("/auth/forgot-password", { email })),
      );
      expect([known?.status, known?.body]).toEqual([unknown?.status, unknown?.body]);
      for (let sent = 1; sent <= 4; sent++) {
        await waitFor(async () => (await resetMails(erik)).length === Math.min(sent, 3), { message: `e-mail ${sent}` });
        expect((await rest.post("/auth/forgot-password", { email: erik.email })).status).toBe(202);
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await resetMails(erik)).toHaveLength(3);
    });
  });

  describe("failed log-ins", () => {
    it("are limited for the account, known or not, also when they come at once, and a good one begins anew", async () => {
      const finn = await rest.newPerson(admin, "Finn");
      for (const email of [finn.email, "nobody-at-all@example.com"]) {
        const tries = await Promise.all(Array.from({ length: 15 }, () => login(email, "a wrong password")));
        const codes = tries.map(({ body }) => body.code).sort();
        expect(codes).toEqual([...Array(5).fill("TOO_MANY_TRIES"), ...Array(10).fill("WRONG_CREDENTIALS")]);
        const refused = tries.find(({ status }) => status === 429);
        expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(890);
      }
      expect((await login(finn.email, finn.password)).status).toBe(429);
      ahead = 16 * 60_000;
      try {
        for (let round = 0; round < 3; round++) {
          for (let n = 0; n < 6; n++) expect((await login(finn.email, "wrong")).status).toBe(401);
          expect((await login(finn.email, finn.password)).status).toBe(200);
        }
      } finally {
        ahead = 0;
      }
    });
  });

  describe("a change of roles", () => {
    it("ends the account's sessions at once, granted or revoked, and nobody changes their own", async () => {
      const { buildingId } = await rest.newBuilding(admin, "Elm");
      const jo = await rest.newPerson(admin, "Jo");
      const isOver = async (person: Person): Promise<void> => {
        expect((await rest.as(person).get("/users/me")).body.code).toBe("SESSION_ENDED");
        const { body } = await rest.post("/auth/refresh", { refreshToken: person.refreshToken });
        expect(body.code).toBe("SESSION_ENDED");
      };
      await rest.ok(200, rest.as(admin).post(`/users/${jo.id}/roles`, { role: "staff", buildingId }));
      await isOver(jo);
      const staff = await rest.login(jo.email, jo.password);
      expect((await rest.as(staff).get(`/buildings/${buildingId}/units`)).status).toBe(200);
      const path = `/users/${jo.id}/roles/staff?buildingId=${buildingId}`;
      await rest.ok(204, rest.as(admin).delete(path));
      await isOver(staff);
      const nobody = await rest.login(jo.email, jo.password);
      expect((await rest.as(nobody).get(`/buildings/${buildingId}/units`)).status).toBe(403);
      const own = await rest.as(admin).post(`/users/${admin.id}/roles`, { role: "staff", buildingId });
      expect(own).toMatchObject({ status: 403, body: { code: "OWN_ROLE" } });
      expect((await rest.as(admin).delete(path)).status).toBe(404);
    });
  });

  describe("leaving", () => {
    it("the export holds the account and what each service keeps", async () => {
      const gina = await rest.newPerson(admin, "Gina");
      const { unitId, manager } = await rest.newBuilding(admin, "Lime");
      await rest.moveIn(gina, manager, unitId);
      const about = { unitId, category: "other", title: "A canary sings", description: "All day." };
      await rest.ok(201, rest.as(gina).post("/tickets", about));
      const { body } = await rest.ok(200, rest.as(gina).get("/users/me/export"));
      expect(body.account).toMatchObject({ email: gina.email, displayName: "Gina" });
      expect(body.sessions).toHaveLength(1);
      expect(body.services.tickets.tickets).toMatchObject([{ title: "A canary sings" }]);
      expect(body.services.residency.residencies).toMatchObject([{ unitId, status: "verified" }]);
      expect(body.services.notifications.notifications.length).toBeGreaterThan(0);
      expect(JSON.stringify(body)).not.toMatch(/hash|argon/i);
    });

    it("a deleted account is gone at once; its tickets stay under nobody, its residency ends", async () => {
      const hugo = await rest.newPerson(admin, "Hugo");
      const { unitId, manager } = await rest.newBuilding(admin, "Oak");
      await rest.moveIn(hugo, manager, unitId);
      const about = { unitId, category: "other", title: "A tap", description: "It drips." };
      const ticket = await rest.ok(201, rest.as(hugo).post("/tickets", about));
      const residency = (await rest.as(hugo).get("/residencies")).body.items[0];
      expect((await rest.as(hugo).delete("/users/me")).status).toBe(204);
      expect((await rest.as(hugo).get("/users/me")).status).toBe(401);
      expect((await login(hugo.email, hugo.password)).status).toBe(401);
      await waitFor(async () => (await rest.as(manager).get(`/tickets/${ticket.body.id}`)).body.reporterId === null, {
        message: "the ticket under nobody's name",
      });
      const ended = await waitFor(
        async () => {
          const { body } = await rest.as(manager).get(`/residencies/${residency.id}`);
          return body.status === "ended" && body;
        },
        { message: "the end of the residency" },
      );
      expect(ended.reason).toBe("The account was deleted.");
      // Also one that was being sent meanwhile.
      const mails = `/ops/deliveries?to=${encodeURIComponent(hugo.email)}`;
      await waitFor(async () => (await rest.as(admin).get(mails)).body.items.length === 0, {
        message: "no message to the address",
      });
      expect((await rest.newPerson(admin, "Hugo")).id).not.toBe(hugo.id);
    });

    it("the last administrator stays, also when two leave at once", async () => {
      expect(await rest.as(admin).delete("/users/me")).toMatchObject({ status: 409, body: { code: "LAST_ADMIN" } });
      const { id, email, password } = await rest.newPerson(admin, "Ines");
      await rest.ok(200, rest.as(admin).post(`/users/${id}/roles`, { role: "admin" }));
      const ines = await rest.login(email, password);
      const both = await Promise.all([admin, ines].map((person) => rest.as(person).delete("/users/me")));
      expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
    });
  });
});

/** The first start makes the administrator; later starts, and other nodes, find it there. */
import type { Backbone } from "../../mixins/backbone.ts";
import { newId } from "../../mixins/kit/ids.ts";
import { EmailTakenError } from "./errors.ts";
import { publishCreated } from "./facts.ts";
import { normaliseEmail, type UserDoc } from "./model.ts";
import { hashPassword } from "./passwords.ts";
import { findUserByEmail, insertUser } from "./repository.ts";

export async function ensureFirstAdmin(backbone: Backbone): Promise<void> {
  const { ADMIN_EMAIL, ADMIN_PASSWORD } = backbone.env;
  const email = normaliseEmail(ADMIN_EMAIL);
  const store = backbone.store("iam", { actorId: "system:iam" });
  if (!ADMIN_PASSWORD || (await findUserByEmail(store.db, email))) return;
  const now = backbone.clock();
  const user: UserDoc = {
    _id: newId(),
    email,
    passwordHash: await hashPassword(ADMIN_PASSWORD),
    displayName: "Administrator",
    phone: null,
    locale: "en",
    timeZone: "UTC",
    emailVerifiedAt: now,
    roles: [{ role: "admin", buildingId: null }],
    residencies: [],
    sessionVersion: 1,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  try {
    await store.inTransaction(async (tx) => {
      await insertUser(tx, user);
      publishCreated(tx, user);
    });
  } catch (error) {
    // Another node was faster.
    if (!(error instanceof EmailTakenError)) throw error;
  }
}

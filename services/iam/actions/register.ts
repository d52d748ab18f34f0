import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { checkTimeZone } from "../../../mixins/kit/time-zone.ts";
import { publishCreated } from "../facts.ts";
import { normaliseEmail, type UserDoc, viewUser } from "../model.ts";
import { checkPassword } from "../password-strength.ts";
import { hashPassword } from "../passwords.ts";
import { insertUser } from "../repository.ts";

export const register = implement("iam.register", async ({ params, store, now }) => {
  await checkPassword(params.password, [params.email, params.displayName]);
  const user: UserDoc = {
    _id: newId(),
    email: normaliseEmail(params.email),
    passwordHash: await hashPassword(params.password),
    displayName: params.displayName.trim(),
    phone: null,
    locale: params.locale ?? "en",
    timeZone: checkTimeZone(params.timeZone ?? "UTC"),
    emailVerifiedAt: null,
    roles: [],
    residencies: [],
    sessionVersion: 1,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  return store.inTransaction(async (tx) => {
    await insertUser(tx, user);
    publishCreated(tx, user);
    return viewUser(user);
  });
});

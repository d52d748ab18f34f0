import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { JobRunner } from "../../../mixins/jobs/runner.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { forgetOnceMore } from "../../../mixins/privacy/once-more.ts";
import { forgetPerson } from "../forget.ts";
import { forgotten, type PersonDoc } from "../people.ts";
import { PEOPLE } from "../repository.ts";

export const onUserDeleted = (jobs: JobRunner<"notifications">) =>
  onEvent("user.deleted", async ({ payload }, tx: Tx<"notifications">) => {
    const { userId, version } = payload;
    const people = tx.collection<PersonDoc>(PEOPLE);
    const person = await people.findOne({ _id: userId });
    await people.deleteOne({ _id: userId });
    await people.insertOne(forgotten(userId, version));
    await forgetPerson(tx, userId, person?.email);
    await jobs.schedule(tx, forgetOnceMore(userId, tx.now));
  });

import { onEvent } from "../../../mixins/consumer/handler.ts";
import { JOBS, type JobDoc } from "../../../mixins/jobs/job.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { ANALYSE } from "../analyse.ts";
import type { Analysis, ResultDoc } from "../model.ts";
import { RESULTS } from "../repository.ts";

/** What was said of their texts stays with the texts, of nobody's; their private messages go, judged or not. */
export const onUserDeleted = onEvent("user.deleted", async ({ payload: { userId } }, tx: Tx<"ai">) => {
  const results = tx.collection<ResultDoc>(RESULTS);
  await results.deleteMany({ authorId: userId, "subject.type": "message" });
  await results.updateMany({ authorId: userId }, { $set: { authorId: null } });
  const jobs = tx.collection<JobDoc<Analysis>>(JOBS);
  await jobs.deleteMany({ kind: ANALYSE, "data.authorId": userId, "data.subject.type": "message" } as object);
  await jobs.updateMany({ kind: ANALYSE, "data.authorId": userId } as object, {
    $set: { "data.authorId": null } as object,
  });
});

import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { JobRunner } from "../../../mixins/jobs/runner.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { forgetOnceMore } from "../../../mixins/privacy/once-more.ts";
import { forgetOwner } from "../repository.ts";

export const onUserDeleted = (jobs: JobRunner<"search">) =>
  onEvent("user.deleted", async ({ payload: { userId } }, tx: Tx<"search">) => {
    await forgetOwner(tx, userId);
    await jobs.schedule(tx, forgetOnceMore(userId, tx.now));
  });

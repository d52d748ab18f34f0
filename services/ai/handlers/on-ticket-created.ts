import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { JobRunner } from "../../../mixins/jobs/runner.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { ANALYSE } from "../analyse.ts";
import { type Analysis, keyOf } from "../model.ts";

export const onTicketCreated = (jobs: JobRunner<"ai">) =>
  onEvent("ticket.created", async ({ payload }, tx: Tx<"ai">) => {
    const { ticketId, version, buildingId, reporterId, title, description } = payload;
    const data: Analysis = {
      subject: { type: "ticket", id: ticketId },
      revision: version,
      buildingId,
      authorId: reporterId,
      title,
      text: description,
    };
    await jobs.schedule(tx, { kind: ANALYSE, key: keyOf(data), data });
  });

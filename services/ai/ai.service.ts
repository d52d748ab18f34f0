import type { Service, ServiceBroker, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { JobRunner } from "../../mixins/jobs/runner.ts";
import { callOf } from "../../mixins/kit/call.ts";
import { isErased } from "../../mixins/privacy/erase.ts";
import { ask } from "./actions/ask.ts";
import { createSummary } from "./actions/create-summary.ts";
import { exportPerson } from "./actions/export-person.ts";
import { listResults } from "./actions/list-results.ts";
import { analyse } from "./analyse.ts";
import { chooseProvider } from "./choose.ts";
import { ai } from "./contract.ts";
import { onCommentStatusChanged } from "./handlers/on-comment-status-changed.ts";
import { onContent } from "./handlers/on-content.ts";
import { onPostStatusChanged } from "./handlers/on-post-status-changed.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { ensureIndexes, RESULTS } from "./repository.ts";
import { summariseJob } from "./summarise.ts";
import { namesFrom } from "./threads.ts";

export default function aiService(broker: ServiceBroker): ServiceSchema {
  const { backbone } = broker;
  const db = backbone.database("ai");
  const provider = chooseProvider(backbone.env, db, backbone.clock);
  const call = callOf(broker);
  const jobs = new JobRunner<"ai">({ service: "ai", backbone, logger: broker.getLogger("AI") });
  jobs
    .add(analyse(provider, namesFrom(call), (userId) => isErased(backbone.database("ai"), userId)))
    .add(summariseJob(provider, namesFrom(call), call));
  const actions = [listResults, createSummary(provider), ask(provider), exportPerson];
  const handlers = [...onContent(jobs, provider), onPostStatusChanged, onCommentStatusChanged, onUserDeleted];
  return {
    name: "ai",
    mixins: [domainMixin({ contract: ai, actions, handlers, reads: RESULTS, jobs })],
    async started(this: Service) {
      await ensureIndexes(db);
    },
  } as object as ServiceSchema;
}

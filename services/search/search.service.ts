import type { Service, ServiceBroker, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { JobRunner } from "../../mixins/jobs/runner.ts";
import { callOf } from "../../mixins/kit/call.ts";
import { onceMoreJob } from "../../mixins/privacy/once-more.ts";
import { passages } from "./actions/passages.ts";
import { query } from "./actions/query.ts";
import { rebuild, showRebuild } from "./actions/rebuild.ts";
import { search } from "./contract.ts";
import { ensureIndex } from "./generation.ts";
import { onDocuments } from "./handlers/on-document.ts";
import { onUserDeleted } from "./handlers/on-user-deleted.ts";
import { dropJob, rebuildJob } from "./rebuild.ts";
import { forgetOwner } from "./repository.ts";

export default function searchService(broker: ServiceBroker): ServiceSchema {
  const { backbone } = broker;
  const db = backbone.database("search");
  const languages = backbone.env.SEARCH_LANGUAGES;
  const jobs = new JobRunner<"search">({ service: "search", backbone, logger: broker.getLogger("SEARCH") });
  jobs
    .add(rebuildJob({ db, jobs, call: callOf(broker), languages }))
    .add(dropJob(db))
    .add(onceMoreJob<"search">(forgetOwner));
  const actions = [query(languages), passages(languages), rebuild(jobs), showRebuild];
  return {
    name: "search",
    mixins: [
      domainMixin({ contract: search, actions, handlers: [...onDocuments(languages), onUserDeleted(jobs)], jobs }),
    ],
    async started(this: Service) {
      await ensureIndex(db);
    },
  } as object as ServiceSchema;
}

import type { Service, ServiceBroker, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { JobRunner } from "../../mixins/jobs/runner.ts";
import { listResults } from "./actions/list-results.ts";
import { analyse, RESULTS } from "./analyse.ts";
import { ai } from "./contract.ts";
import { onTicketCreated } from "./handlers/on-ticket-created.ts";
import { localProvider } from "./local/provider.ts";

export default function aiService(broker: ServiceBroker): ServiceSchema {
  const jobs = new JobRunner<"ai">({ service: "ai", backbone: broker.backbone, logger: broker.getLogger("AI") });
  jobs.add(analyse(localProvider));
  return {
    name: "ai",
    mixins: [
      domainMixin({ contract: ai, actions: [listResults], handlers: [onTicketCreated(jobs)], reads: RESULTS, jobs }),
    ],
    async started(this: Service) {
      const results = this.broker.backbone.database("ai").collection(RESULTS);
      await results.createIndex({ "subject.type": 1, "subject.id": 1 });
    },
  } as object as ServiceSchema;
}

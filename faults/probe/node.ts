/**
 * A process of the fault suite: the services that SERVICES names, product's or probes', with the very broker options
 * of the product. FAULT_DOMAIN: whose contracts there are (domains.ts).
 */
import { flushCompileCache } from "node:module";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { brokerOptions } from "../../mixins/broker-options.ts";
import { readEnv } from "../../mixins/kit/env.ts";
import { SHARED } from "./documents.ts";
import { contractsOf, type Domain } from "./domains.ts";
import { answerForMemory } from "./live-memory.ts";
import { probeServices } from "./services.ts";

// The runner is gone: nobody would stop us any more.
process.on("disconnect", () => process.exit(1));

answerForMemory();
const env = readEnv();
const { FAULT_DOMAIN, FAULT_SHARED_DATABASE } = process.env;
const broker = new ServiceBroker(brokerOptions(env, contractsOf(FAULT_DOMAIN as Domain)));
if (FAULT_SHARED_DATABASE) shareDatabase(FAULT_SHARED_DATABASE.split(","));
for (const name of env.SERVICES) {
  const schema = probeServices[name] ?? (await import(`../../services/${name}/${name}.service.ts`)).default;
  broker.createService(typeof schema === "function" ? (schema(broker) as ServiceSchema) : schema);
}
await broker.start();
process.send?.("ready");
// At once: most of these processes do not live to write it at their end.
flushCompileCache();

/** Two consumers in one database: what an inbox key has to tell apart. */
function shareDatabase(services: readonly string[]): void {
  const { backbone } = broker;
  const own = backbone.database;
  Object.assign(backbone, { database: (service: string) => own(services.includes(service) ? SHARED : service) });
}

/** Liveness and readiness. */
import { setTimeout as delay } from "node:timers/promises";
import type { ServiceBroker } from "moleculer";
import type { Backbone } from "../../mixins/backbone.ts";

const PROBE_MS = 1_000;

export type DependencyState = "up" | "down" | "blocked";

export interface Readiness {
  /**
   * `degraded`: requests are served and every fact is kept, but facts don't travel at the moment (RabbitMQ away, no
   * relay). `unavailable`: requests can't be served.
   */
  status: "ready" | "degraded" | "unavailable" | "stopping";
  dependencies: {
    mongodb: { state: DependencyState };
    rabbitmq: { state: DependencyState };
    relay: { state: DependencyState; holder: string | null };
    services: Record<string, { state: DependencyState }>;
  };
}

export async function readiness(broker: ServiceBroker, stopping: boolean): Promise<Readiness> {
  const { backbone } = broker;
  const [mongodb, holder] = await Promise.all([mongoState(backbone), relayHolder(backbone)]);
  const dependencies: Readiness["dependencies"] = {
    mongodb: { state: mongodb },
    rabbitmq: { state: rabbitState(backbone) },
    relay: { state: holder === null ? "down" : "up", holder },
    services: serviceStates(broker),
  };
  return { status: verdict(dependencies, stopping), dependencies };
}

/** Pure. */
export function verdict(
  { mongodb, rabbitmq, relay, services }: Readiness["dependencies"],
  stopping: boolean,
): Readiness["status"] {
  if (stopping) return "stopping";
  if (mongodb.state !== "up" || Object.values(services).some(({ state }) => state !== "up")) return "unavailable";
  return rabbitmq.state === "up" && relay.state === "up" ? "ready" : "degraded";
}

/** 503 takes this node out of the load balancer: only when it can't serve requests. */
export const statusOf = ({ status }: Readiness): 200 | 503 => (status === "ready" || status === "degraded" ? 200 : 503);

async function mongoState({ client }: Backbone): Promise<DependencyState> {
  return within(
    client
      .db("admin")
      .command({ ping: 1 }, { timeoutMS: PROBE_MS })
      .then(() => "up" as const),
    "down",
  );
}

const rabbitState = ({ connection, consuming }: Backbone): DependencyState =>
  !(connection.connected && consuming.connected) ? "down" : connection.blocked ? "blocked" : "up";

/** Who holds the relay's lease by MongoDB's clock; null: nobody, or not known. */
async function relayHolder(backbone: Backbone): Promise<string | null> {
  const leases = backbone.database("relay").collection<{ _id: string; holder: string }>("leases");
  const held = leases.findOne(
    { _id: "relay", $expr: { $gt: ["$expiresAt", "$$NOW"] } },
    { projection: { holder: 1 }, timeoutMS: PROBE_MS },
  );
  return within(
    held.then((lease) => lease?.holder || null),
    null,
  );
}

/** A probe has its own deadline, and its failure is an answer. */
const within = <T>(probe: Promise<T>, otherwise: T): Promise<T> =>
  Promise.race([probe.catch(() => otherwise), delay(PROBE_MS * 1.5, otherwise, { ref: false })]);

/** Every service that the contracts name: is one of it there, on whichever node? */
function serviceStates(broker: ServiceBroker): Record<string, { state: DependencyState }> {
  const present = new Set(
    broker.registry.getServiceList({ onlyAvailable: true }).map((service: { name: string }) => service.name),
  );
  return Object.fromEntries(
    broker.backbone.registry.contracts.map(({ service }) => [
      service,
      { state: present.has(service) ? ("up" as const) : ("down" as const) },
    ]),
  );
}

/** People and residents by their facts alone, for houses that are too large to register by hand. */
import type { ServiceBroker } from "moleculer";
import type { OwnEvent, PayloadOf } from "../../mixins/kit/contracts.ts";
import { newId } from "../../mixins/kit/ids.ts";

export interface Neighbour {
  id: string;
  email: string;
}

/** Publishes facts of a service, in one transaction. */
export const facts = <O extends string, K extends OwnEvent<O>>(
  broker: ServiceBroker,
  service: O,
  eventType: K,
  payloads: readonly PayloadOf<K>[],
): Promise<string[]> =>
  broker.backbone
    .store<O>(service, { actorId: `system:${service}` })
    .inTransaction(async (tx) => payloads.map((payload) => tx.publish(eventType, payload)));

/** Known to all who listen to iam's events, without an account. */
export async function neighbours(broker: ServiceBroker, count: number, more: object = {}): Promise<Neighbour[]> {
  const people = Array.from({ length: count }, () => {
    const id = newId();
    return { id, email: `n-${id}@example.com` };
  });
  await facts(
    broker,
    "iam",
    "user.updated",
    people.map(({ id, email }) => ({
      userId: id,
      changed: { email, displayName: "Neighbour", locale: "en", timeZone: "UTC", ...more },
      version: 2,
    })),
  );
  return people;
}

/** Everybody lives in one unit of the building. */
export const moveAllIn = (broker: ServiceBroker, people: readonly Neighbour[], buildingId: string, unitId = newId()) =>
  facts(
    broker,
    "residency",
    "resident.verified",
    people.map(({ id: userId }) => ({
      residencyId: newId(),
      userId,
      unitId,
      buildingId,
      relation: "tenant" as const,
      method: "code" as const,
      actorId: userId,
      version: 2,
    })),
  );

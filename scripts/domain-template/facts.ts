/** What things tells the others. */
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { ThingDoc } from "./model.ts";

const head = ({ _id: thingId, buildingId, version }: ThingDoc) => ({ thingId, buildingId, version });
const aggregate = ({ _id, version }: ThingDoc) => ({ aggregateId: _id, aggregateVersion: version });

export function publishCreated(tx: Tx<"things">, thing: ThingDoc, ownerId: string): void {
  tx.publish("thing.created", { ...head(thing), ownerId, title: thing.title }, aggregate(thing));
}

export function publishStep(tx: Tx<"things">, before: ThingDoc, after: ThingDoc, actorId: string): void {
  tx.publish(
    "thing.status_changed",
    { ...head(after), from: before.status, to: after.status, actorId },
    aggregate(after),
  );
}

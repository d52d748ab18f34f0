/** What booking tells the others. */
import type { Tx } from "../../mixins/outbox/transaction.ts";
import type { BookableDoc } from "./resource.ts";

export function publishResource(tx: Tx<"booking">, resource: BookableDoc): void {
  const { buildingId, name, kind, description, status, unit, price, currency, version } = resource;
  const hourlyPrice = unit === "hour" ? price : null;
  tx.publish(
    "resource.updated",
    {
      resourceId: resource._id,
      ...{ buildingId, name, kind, description, status, hourlyPrice, unit, price, currency, version },
    },
    { aggregateId: resource._id, aggregateVersion: version },
  );
}

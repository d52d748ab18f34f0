/** What a node tells Prometheus: every metric of the table, and what happened. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { prometheusName } from "../../../mixins/metrics/page.ts";
import { METRICS } from "../../../mixins/metrics/table.ts";
import { freePort } from "../../../scripts/lib/ports.ts";
import { createWorld, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";
import { type Rest, startProduct } from "../../support/product.ts";

describe("metrics", () => {
  let world: World;
  let rest: Rest;
  let port = 0;
  let sampleNow: () => Promise<void>;

  /** The page, as lines by name. */
  const scrape = async (): Promise<Map<string, string[]>> => {
    await sampleNow();
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const names = lines.map((line) => (/^\w+/.exec(line)?.[0] ?? "").replace(/_(bucket|sum|count)$/, ""));
    return new Map(names.map((name) => [name, lines.filter((_, index) => names[index] === name)]));
  };
  const value = (page: Map<string, string[]>, name: keyof typeof METRICS, ...labels: string[]): number => {
    const lines = page.get(prometheusName(name)) ?? [];
    const line = lines.find((one) => labels.every((label) => one.includes(label)));
    return Number(line?.split(" ").at(-1) ?? Number.NaN);
  };

  beforeAll(async () => {
    world = await createWorld();
    port = await freePort(3_800);
    const reporter = [{ type: "Prometheus", options: { port, host: "127.0.0.1", path: "/metrics" } }];
    const product = await startProduct(world, { broker: { metrics: { enabled: true, reporter } } as object });
    rest = product.rest;
    const { metrics } = product.broker.backbone;
    sampleNow = () => metrics.sampleNow();
    const admin = await rest.admin();
    const { unitId, manager } = await rest.newBuilding(admin, "Lime");
    const ann = await rest.newPerson(admin, "Ann");
    await rest.moveIn(ann, manager, unitId);
    const about = { unitId, category: "other", title: "A tap", description: "It drips." };
    await rest.ok(201, rest.as(ann).post("/tickets", about));
  });
  afterAll(() => world.dispose());

  it("has every metric of the table, except those of failures, which did not happen", async () => {
    const page = await waitFor(
      async () => {
        const found = await scrape();
        return value(found, "residents.outbox.pending", 'service="tickets"') === 0 ? found : undefined;
      },
      { message: "an empty outbox" },
    );
    const missing = Object.keys(METRICS).filter((name) => !page.has(prometheusName(name)));
    expect(missing).toEqual(["residents.consumer.attempts.failed.total"]);
  });

  it("counts what was handled, times requests by route and not by id, and knows who holds the lease", async () => {
    const page = await waitFor(
      async () => {
        const found = await scrape();
        const handled = value(found, "residents.consumer.messages.total", 'consumer="search"', 'result="handled"');
        // The lease of a test lasts 1 s: where the machine stands still for so long, it is taken anew.
        return handled >= 1 && value(found, "residents.relay.holder") === 1 ? found : undefined;
      },
      { message: "a handled message, and a relay that holds the lease" },
    );
    expect(value(page, "residents.relay.holder")).toBe(1);
    expect(value(page, "residents.relay.epoch")).toBeGreaterThan(0);
    expect(value(page, "residents.queue.messages", 'queue="tickets.dlq"')).toBe(0);
    expect(value(page, "residents.deadletters.open", 'consumer="search"')).toBe(0);
    expect(value(page, "residents.consumer.paused", 'consumer="ai"')).toBe(0);
    const routes = (page.get(prometheusName("residents.http.request.time")) ?? []).join("\n");
    expect(routes).toContain('route="/api/v1/units/:id/codes"');
    expect(routes).not.toMatch(/route="[^"]*[0-9a-f]{8}-[0-9a-f]{4}/);
    expect(value(page, "residents.mongo.pool.connections", 'state="open"')).toBeGreaterThan(0);
  });
});

/**
 * When everything that a new ticket causes is there: its notification, its search document and its AI result, seen from
 * outside as MongoDB's change stream shows them after their commits.
 */
import type { MongoClient } from "mongodb";
import { OUTBOX } from "../../mixins/outbox/row.ts";
import { documentsName } from "../../services/search/generation.ts";

const WANTED = ["notifications", "search", "ai"] as const;
type Effect = (typeof WANTED)[number];

/** Collections by service. */
const PLACES: Readonly<Record<string, string>> = {
  tickets: OUTBOX,
  notifications: "notifications",
  ai: "results",
  search: documentsName(1),
};

interface Journey {
  /** The request was sent. Monotonic milliseconds. */
  sentAt: number;
  effects: Set<Effect>;
}

export class EffectsWatch {
  readonly #prefix: string;
  readonly #stream;
  readonly #reading: Promise<void>;
  /** By ticket. What comes before the answer to its POST waits in `early`. */
  readonly #journeys = new Map<string, Journey>();
  readonly #early = new Map<string, Set<Effect>>();
  readonly #ticketOf = new Map<string, string>();
  /** A second AI task, the manager's notification: what comes later is of no interest. */
  readonly #done = new Set<string>();
  /** Milliseconds from sending the request to the last effect. */
  samples: number[] = [];

  private constructor(client: MongoClient, prefix: string) {
    this.#prefix = prefix;
    // By their fields: a condition on `ns` costs MongoDB several times as much for every entry of the oplog.
    const looks = [
      { "fullDocument.eventType": "ticket.created", "fullDocument.publishedAt": null },
      { "fullDocument.channel": "in_app" },
      { "fullDocument.inputHash": { $exists: true } },
      { "fullDocument.titleWords": { $exists: true } },
    ];
    this.#stream = client.watch([{ $match: { operationType: "insert", $or: looks } }], { batchSize: 1_000 });
    this.#reading = this.#read().catch(() => {});
  }

  static async open(client: MongoClient, prefix: string): Promise<EffectsWatch> {
    const watch = new EffectsWatch(client, prefix);
    // Begun once the server has answered.
    await new Promise((resolve) => watch.#stream.once("resumeTokenChanged", resolve));
    return watch;
  }

  async close(): Promise<void> {
    await this.#stream.close();
    await this.#reading;
  }

  /** Answered, and not everywhere yet. */
  get outstanding(): number {
    return this.#journeys.size;
  }

  accepted(ticketId: string, sentAt: number): void {
    this.#journeys.set(ticketId, { sentAt, effects: new Set() });
    for (const effect of this.#early.get(ticketId) ?? []) this.#arrived(ticketId, effect);
    this.#early.delete(ticketId);
  }

  async #read(): Promise<void> {
    for await (const change of this.#stream) {
      if (change.operationType !== "insert") continue;
      const service = change.ns.db.slice(this.#prefix.length + 1);
      if (change.ns.coll === PLACES[service]) this.#onInsert(service, change.fullDocument as never);
    }
  }

  #onInsert(service: string, doc: { _id: string; eventType?: string; meta?: { aggregateId?: string } }): void {
    if (service === "tickets") {
      if (doc.eventType === "ticket.created") this.#ticketOf.set(doc._id, doc.meta?.aggregateId ?? "");
      return;
    }
    const { causeEventId, channel } = doc as { causeEventId?: string; channel?: string };
    if (service !== "notifications") return this.#arrived(doc._id.split("/")[1] ?? "", service as Effect);
    if (channel === "in_app") this.#arrived(this.#ticketOf.get(causeEventId ?? "") ?? "", service);
  }

  #arrived(ticketId: string, effect: Effect): void {
    const journey = this.#journeys.get(ticketId);
    if (!journey) {
      if (ticketId && !this.#done.has(ticketId))
        this.#early.set(ticketId, (this.#early.get(ticketId) ?? new Set()).add(effect));
      return;
    }
    journey.effects.add(effect);
    if (journey.effects.size < WANTED.length) return;
    this.samples.push(performance.now() - journey.sentAt);
    this.#journeys.delete(ticketId);
    this.#done.add(ticketId);
  }
}

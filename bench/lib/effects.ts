/**
 * When everything that a new ticket causes is there: its notification, its search document and its AI result, by the
 * time that MongoDB gave their commits (`wallTime` of its change stream).
 */
import { setTimeout as delay } from "node:timers/promises";
import type { ChangeStreamInsertDocument, MongoClient } from "mongodb";
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

/** Not as they come: every write wakes a stream that waits, MongoDB and this process share the processor with the node. */
const READ_EVERY_MS = 500;

/** Milliseconds since 1970, and parts of them; monotonic. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Times by `now`. */
export interface Journey {
  /** The request was sent. */
  readonly sentAt: number;
  /** It was answered. */
  readonly answeredAt: number;
  /** The last effect was committed. */
  doneAt?: number;
}

/** What is looked at of the four kinds of documents. */
interface Seen {
  _id: string;
  eventType?: string;
  meta?: { aggregateId?: string };
  causeEventId?: string;
  channel?: string;
}

export class EffectsWatch {
  readonly #prefix: string;
  readonly #stream;
  readonly #reading: Promise<void>;
  #closing = false;
  /** By ticket. */
  readonly #journeys = new Map<string, Journey>();
  /** Of those whose POST is not answered yet, too; the first of each kind: a second AI task, the manager's notification are later. */
  readonly #effects = new Map<string, Map<Effect, number>>();
  readonly #ticketOf = new Map<string, string>();
  #outstanding = 0;

  private constructor(client: MongoClient, prefix: string) {
    this.#prefix = prefix;
    // By their fields: a condition on `ns` costs MongoDB several times as much for every entry of the oplog.
    const looks = [
      { "fullDocument.eventType": "ticket.created", "fullDocument.publishedAt": null },
      { "fullDocument.channel": "in_app" },
      { "fullDocument.inputHash": { $exists: true } },
      { "fullDocument.titleWords": { $exists: true } },
    ];
    const pipeline = [{ $match: { operationType: "insert", $or: looks } }];
    this.#stream = client.watch<Seen>(pipeline, { batchSize: 1_000, maxAwaitTimeMS: 1 });
    // What has no end then is waited for in vain, and the servers are stopped in order.
    this.#reading = this.#read().catch(() => {});
  }

  static async open(client: MongoClient, prefix: string): Promise<EffectsWatch> {
    const watch = new EffectsWatch(client, prefix);
    // Begun once the server has answered.
    await new Promise((resolve) => watch.#stream.once("resumeTokenChanged", resolve));
    return watch;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#reading;
    await this.#stream.close();
  }

  /** Answered, and not known to be everywhere yet. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** A ticket's POST was answered just now. @returns its journey; its end is filled in later */
  accepted(ticketId: string, sentAt: number): Journey {
    const journey = { sentAt, answeredAt: now() };
    this.#journeys.set(ticketId, journey);
    this.#outstanding++;
    this.#endIfDone(ticketId);
    return journey;
  }

  async #read(): Promise<void> {
    while (!this.#closing) {
      const change = await this.#stream.tryNext();
      if (!change) await delay(READ_EVERY_MS);
      else if (change.operationType === "insert") this.#onInsert(change);
    }
  }

  #onInsert({ ns, fullDocument: doc, wallTime }: ChangeStreamInsertDocument<Seen>): void {
    const service = ns.db.slice(this.#prefix.length + 1);
    if (ns.coll !== PLACES[service] || !wallTime) return;
    const at = wallTime.getTime();
    if (service === "tickets") {
      if (doc.eventType === "ticket.created") this.#ticketOf.set(doc._id, doc.meta?.aggregateId ?? "");
    } else if (service !== "notifications") this.#arrived(doc._id.split("/")[1] ?? "", service as Effect, at);
    else if (doc.channel === "in_app") this.#arrived(this.#ticketOf.get(doc.causeEventId ?? "") ?? "", service, at);
  }

  #arrived(ticketId: string, effect: Effect, at: number): void {
    if (!ticketId) return;
    const effects = this.#effects.get(ticketId) ?? new Map<Effect, number>();
    this.#effects.set(ticketId, effects);
    if (effects.has(effect)) return;
    effects.set(effect, at);
    this.#endIfDone(ticketId);
  }

  #endIfDone(ticketId: string): void {
    const journey = this.#journeys.get(ticketId);
    const effects = this.#effects.get(ticketId);
    if (!journey || effects?.size !== WANTED.length) return;
    journey.doneAt = Math.max(...effects.values());
    this.#outstanding--;
  }
}

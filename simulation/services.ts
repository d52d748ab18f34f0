/** What the services' databases hold: inbox, effects, attempts, dead letters. One database, so that keys may clash. */
import { HEADER, queueOf } from "../mixins/amqp/names.ts";
import { type ArchiveDecision, archiveDecision } from "../mixins/retry/archive.ts";
import { type DeadLetter, deadLetterId } from "../mixins/retry/dead-letter.ts";
import type { Incoming } from "../mixins/retry/incoming.ts";
import { next } from "../mixins/retry/model.ts";
import { type Kind, rowOf } from "./facts.ts";
import type { Parts } from "./parts.ts";
import type { Store } from "./store.ts";

export interface Delivered {
  eventId: string;
  kind: Kind;
  episode: number;
  attempts: number;
  firstFailedAt: string | undefined;
  /** Of a replay. */
  deadLetter: string | undefined;
}

export type Committed = "done" | "duplicate" | "failed";

export class Services {
  readonly inbox = new Set<string>();
  /** `service/eventId` of every effect, in order. */
  readonly effects: string[] = [];
  /** `service/eventId/episode` -> failed attempts on record. */
  readonly attempts = new Map<string, number>();
  readonly letters = new Map<string, DeadLetter>();
  readonly #parts: Parts;
  readonly #store: Store;
  #replays = 0;

  constructor(parts: Parts, store: Store) {
    this.#parts = parts;
    this.#store = store;
  }

  /** One transaction for all of them: inbox claims, effects, own facts; or nothing. */
  transaction(service: string, works: readonly Delivered[]): Committed {
    const keys = works.map(({ eventId }) => this.#parts.inboxKey(service, eventId));
    if (new Set(keys).size < keys.length || keys.some((key) => this.inbox.has(key))) return "duplicate";
    if (!this.#parts.inboxInTransaction) for (const key of keys) this.inbox.add(key);
    if (works.some((work) => this.#fails(service, work))) return "failed";
    for (const key of keys) this.inbox.add(key);
    for (const work of works) this.#effect(service, work);
    return "done";
  }

  #fails(service: string, { kind, eventId, episode }: Delivered): boolean {
    if (kind === "poison") return episode === 1;
    return kind === "flaky" && this.recorded(service, eventId, episode) < 2;
  }

  #effect(service: string, { eventId, kind }: Delivered): void {
    this.effects.push(`${service}/${eventId}`);
    if (kind === "chain") this.#store.insert(rowOf(`${eventId} by ${service}`, "fine"));
  }

  recorded(service: string, eventId: string, episode: number): number {
    return this.attempts.get(`${service}/${eventId}/${episode}`) ?? 0;
  }

  record(service: string, { eventId, episode }: Delivered): number {
    const count = this.recorded(service, eventId, episode) + 1;
    this.attempts.set(`${service}/${eventId}/${episode}`, count);
    return count;
  }

  isDone(service: string, eventId: string): boolean {
    return this.inbox.has(this.#parts.inboxKey(service, eventId));
  }

  /** The archiver's transaction for one message of a dead-letter queue. */
  archive(
    service: string,
    { eventId, kind, episode, attempts, firstFailedAt, deadLetter }: Delivered,
  ): ArchiveDecision["kind"] {
    const id = deadLetter ?? deadLetterId(service, eventId);
    const now = new Date(this.#store.now);
    const incoming: Incoming = {
      id,
      consumer: service,
      eventId,
      eventType: `thing.${kind}`,
      buildingId: null,
      code: "BROKEN",
      message: "",
      attempts,
      episode,
      firstFailedAt: firstFailedAt ? new Date(firstFailedAt) : now,
      content: Buffer.alloc(0),
      properties: {},
    };
    const stored = { body: "", bodyEncoding: "utf8" as const, bytes: 0 };
    const decision = archiveDecision(
      this.letters.get(id) ?? null,
      this.isDone(service, eventId),
      incoming,
      stored,
      now,
    );
    if (decision.kind !== "drop") this.letters.set(id, decision.document);
    return decision.kind;
  }

  /** An operator's step: the letter's new state and the outbox row of the replay, in one transaction. */
  replay(letter: DeadLetter): void {
    const episode = letter.episode + 1;
    this.letters.set(letter._id, {
      ...letter,
      status: next(letter.status, "replay"),
      episode,
      version: letter.version + 1,
    });
    const target = {
      eventId: letter.eventId as string,
      queue: queueOf(letter.consumer),
      headers: { [HEADER.episode]: episode, [HEADER.deadLetter]: letter._id },
    };
    const row = rowOf(`replay ${this.#replays++}`, letter.eventType.slice("thing.".length) as Kind, target);
    this.#store.insert(row);
  }

  /** What the archiver does from time to time: letters whose event is done are resolved. */
  settle(): void {
    for (const letter of this.letters.values()) {
      if (letter.status !== "resolved" && this.isDone(letter.consumer, letter.eventId as string))
        this.letters.set(letter._id, { ...letter, status: "resolved" });
    }
  }
}

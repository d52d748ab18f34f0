/** What really happened, written down beside the system, and the invariants that are checked against it. */
import { HEADER, queueOf } from "../mixins/amqp/names.ts";
import type { OutgoingMessage } from "../mixins/outbox/message.ts";
import type { OutboxRow } from "../mixins/outbox/row.ts";
import { MAX_ATTEMPTS } from "../mixins/retry/policy.ts";
import type { World } from "./world.ts";

export class Violation extends Error {}

const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

export class Ledger {
  /** `queue/eventId/episode` -> messages that the queue has taken. */
  readonly #arrivals = new Map<string, number>();
  /** `service/eventId/episode` -> messages that were acked because a copy of them waits in a queue. */
  readonly #retries = new Map<string, number>();
  /** `service/eventId/episode` -> times that a delivery went back while it was being handled. */
  readonly #overlaps = new Map<string, number>();
  /** Messages (as the relay sends them) that the broker has confirmed and routed. */
  readonly #confirmed = new Set<string>();

  arrived(queue: string, message: OutgoingMessage): void {
    count(this.#arrivals, `${queue}/${message.options.messageId}/${episodeOf(message)}`);
  }
  confirmed(message: OutgoingMessage): void {
    this.#confirmed.add(keyOf(message));
  }
  overlapped(service: string, eventId: string, episode: number): void {
    count(this.#overlaps, `${service}/${eventId}/${episode}`);
  }
  retried(service: string, eventId: string, episode: number): void {
    count(this.#retries, `${service}/${eventId}/${episode}`);
  }

  /** I4, at the moment of the mark. */
  marked(row: OutboxRow): void {
    const key = `${row.target?.queue ?? row.eventType}/${row.eventId}/${row.target?.headers[HEADER.episode] ?? 1}`;
    if (!this.#confirmed.has(key))
      throw new Violation(`I4: ${row._id} is marked as published, and no broker has confirmed and routed it`);
  }

  /** I5, at the moment of the save. */
  checkpoint({ store }: World, token: number): void {
    for (const entry of store.oplog.slice(0, token + 1)) {
      const row = "fence" in entry ? undefined : store.outbox.get(entry._id);
      if (row && row.publishedAt === null && !row.unroutable && !row.failed)
        throw new Violation(`I5: the saved token passes ${row._id}, which is not confirmed`);
    }
  }

  /** After the faults have stopped and the system is at rest. */
  atRest(world: World): void {
    const { store, services, serviceNames } = world;
    const facts = [...store.outbox.values()].filter(({ target }) => !target);
    const committed = new Set(facts.map(({ eventId }) => eventId));
    for (const service of serviceNames) for (const { eventId } of facts) this.#ends(world, service, eventId);
    for (const effect of services.effects) {
      const eventId = effect.slice(effect.indexOf("/") + 1);
      if (!committed.has(eventId)) throw new Violation(`I3: effect ${effect} without a committed row`);
    }
    if (new Set(services.effects).size < services.effects.length)
      throw new Violation(`I2: doubled effect in ${services.effects.join(", ")}`);
    for (const [key, made] of services.attempts) this.#attempts(key, made);
    for (const { _id, publishedAt, unroutable } of store.outbox.values())
      if (publishedAt && unroutable) throw new Violation(`I4: ${_id} is published and marked as returned`);
  }

  #ends({ services }: World, service: string, eventId: string): void {
    const key = `${service}/${eventId}`;
    if (!this.#arrivals.has(`${queueOf(service)}/${eventId}/1`)) throw new Violation(`I1: ${key} was never delivered`);
    const isDone = services.effects.includes(key);
    const letters = [...services.letters.values()].filter((one) => one.consumer === service && one.eventId === eventId);
    const isDead = letters.some(({ status }) => status === "open" || status === "discarded");
    if (isDone === isDead)
      throw new Violation(`I6: ${key} is ${isDone ? "done and a dead letter" : "neither done nor a dead letter"}`);
  }

  /**
   * I7. Each further copy on the wire finds the attempts on record, and may add one; so may a delivery that the broker
   * gives to somebody else while the first one is still at it: at least once is all that a queue can promise.
   */
  #attempts(key: string, made: number): void {
    const [service = "", eventId = "", episode = "1"] = key.split("/");
    const copies =
      (this.#arrivals.get(`${queueOf(service)}/${eventId}/${episode}`) ?? 0) - (this.#retries.get(key) ?? 0);
    const overlaps = this.#overlaps.get(key) ?? 0;
    if (made > MAX_ATTEMPTS + Math.max(0, copies - 1) + overlaps)
      throw new Violation(`I7: ${made} attempts for ${key} with ${copies} copies on the wire`);
  }
}

const episodeOf = ({ options }: OutgoingMessage): number =>
  (options.headers?.[HEADER.episode] as number | undefined) ?? 1;
const keyOf = (message: OutgoingMessage): string =>
  `${message.routingKey}/${message.options.messageId}/${episodeOf(message)}`;

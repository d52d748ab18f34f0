/** Every AMQP name that this system uses, with its meaning. The guide and architecture.md §5-6 fix them. */

/** Topic exchange of all facts; routing key = event type. */
export const EVENTS_EXCHANGE = "app.events";
export const queueOf = (service: string): string => `${service}.q`;
export const deadLetterQueueOf = (service: string): string => `${service}.dlq`;
/** Delays of the second to the fifth retry, in seconds; the first retry is immediate. */
export const RETRY_DELAYS_S = [1, 2, 4, 8] as const;
export const retryQueueOf = (service: string, seconds: number): string => `${service}.retry.${seconds}s`;
/** Deliveries without an outcome after which the broker dead-letters (a process that dies each time). */
export const DELIVERY_LIMIT = 20;

export const HEADER = {
  /** Id of the event that caused this one. */
  causationId: "x-causation-id",
  /** Who acted: a user id, or `system:<service>`. */
  actorId: "x-actor-id",
  aggregateId: "x-aggregate-id",
  /** Version of the aggregate after the change: a higher one is newer. */
  aggregateVersion: "x-aggregate-version",
  traceparent: "traceparent",
  /** Attempts already made in this episode (retry copies and dead letters). */
  attempt: "x-attempt",
  firstFailedAt: "x-first-failed-at",
  errorCode: "x-error-code",
  errorMessage: "x-error-message",
  /** Service whose consumer failed. */
  consumer: "x-consumer",
  /** Number of the episode: 1 at first, one more for each replay of the dead letter. */
  episode: "x-episode",
  /** Set on a replay: id of its dead letter, so that a failure comes back to the same document. */
  deadLetter: "x-dead-letter",
  /** Set by quorum queues: earlier deliveries without an ack. */
  deliveryCount: "x-delivery-count",
} as const;

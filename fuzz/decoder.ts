/** The envelope decoder, and all that reads a message's bytes and headers, under random input: nothing may throw. */
import type { ConsumeMessage } from "amqplib";
import fc from "fast-check";
import { decode } from "../mixins/amqp/envelope.ts";
import { copyTo, stateOf } from "../mixins/consumer/message.ts";
import type { Registry } from "../mixins/kit/registry.ts";
import { metaOf } from "../mixins/outbox/message.ts";
import { incomingOf } from "../mixins/retry/incoming.ts";
import { type FuzzMessage, messages } from "./messages.ts";

const REFUSALS = new Set([
  "NOT_JSON",
  "NO_ENVELOPE",
  "UNKNOWN_TYPE",
  "UNKNOWN_VERSION",
  "CONTRACT_VIOLATED",
  "TOO_LARGE",
]);

export interface DecoderReport {
  cases: number;
  /** `event`, or the refusal's code -> how often. */
  outcomes: Record<string, number>;
  /** What failed, with the case to repeat. */
  finding: string | undefined;
}

export function fuzzDecoder(registry: Registry, cases: number, seed: number): DecoderReport {
  const outcomes: Record<string, number> = {};
  const property = fc.property(messages(registry), (drawn) => {
    const outcome = read(drawn, registry);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  });
  const details = fc.check(property, { seed, numRuns: cases, includeErrorInReport: true });
  const finding = details.failed ? fc.defaultReportMessage(details) : undefined;
  return { cases: details.numRuns, outcomes, finding };
}

/** @throws when something throws, or when the outcome is none of the known ones */
function read({ content, headers, properties, whole }: FuzzMessage, registry: Registry): string {
  const message = { content, fields: {}, properties: { ...properties, headers } } as unknown as ConsumeMessage;
  const decoded = decode(content, metaOf(message), registry);
  const outcome = decoded.ok ? "event" : decoded.refusal.code;
  if (!decoded.ok && !REFUSALS.has(outcome)) throw new Error(`an unknown refusal: ${outcome}`);
  if (whole && !decoded.ok) throw new Error(`a whole message is refused: ${decoded.refusal.message}`);
  const state = stateOf(message);
  if (!(state.attempts >= 0 && state.episode >= 0)) throw new Error("the state has no numbers");
  copyTo("lab.dlq", message, { consumer: "lab", attempt: 1, firstFailedAt: "", code: outcome, message: "" });
  const incoming = incomingOf(message, "lab", registry, new Date(0));
  // As it will be stored.
  JSON.stringify({ ...incoming, content: undefined });
  if (!incoming.id.startsWith("lab:")) throw new Error(`a dead letter without a name: ${incoming.id}`);
  return outcome;
}

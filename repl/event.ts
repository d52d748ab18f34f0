/** `event <id>`: the biography of one event. */
import { isId } from "../mixins/kit/ids.ts";
import type { analytics } from "../services/analytics/contract.ts";
import { replCommand, UsageError } from "./command.ts";
import { away } from "./outbox.ts";
import { cut, facts, table, when } from "./table.ts";

type Biography = NonNullable<(typeof analytics)["actions"]["showEvent"]["types"]>["result"];

export const event = replCommand({
  command: "event <id>",
  description: "The whole way of one event: committed, published, each consumer's attempts, dead letters, by whom.",
  example: "event 0198c0de-5a3e-7c1a-9d52-3f6b8a1e7c90",
  words: async (before, ask) => {
    if (before.length > 0) return [];
    const { items }: { items: { eventId: string }[] } = await ask("analytics.listEvents", { limit: 50 });
    return items.map(({ eventId }) => eventId);
  },
  async run(ask, { id }) {
    if (!isId(id)) throw new UsageError(`${String(id)} is not an event id (a UUID).`);
    const data: Biography = await ask("analytics.showEvent", { eventId: id });
    const parts = [head(data), consumers(data), failures(data), history(data)].filter((part) => part !== "");
    return { data, text: parts.join("\n\n") + away(data.unavailable) };
  },
});

const head = (event: Biography): string =>
  facts([
    ["event", `${event.eventId} ${event.eventType} ${event.version}`],
    ["happened", `${when(event.timestamp)}${event.producer ? ` in ${event.producer}` : ""}`],
    ["by", `${event.actorId ?? "-"}, correlation ${event.correlationId ?? "-"}, cause ${event.causationId ?? "-"}`],
    [
      "about",
      `${event.aggregateId ?? "-"} version ${event.aggregateVersion ?? "-"}, building ${event.buildingId ?? "-"}`,
    ],
    ["committed", event.committed ? `${when(event.committed.at)} by ${event.committed.service}` : "-"],
    ["published", `${event.published.state} ${when(event.published.at)} ${event.published.reason ?? ""}`.trimEnd()],
    ["payload", cut(JSON.stringify(event.payload), 600)],
  ]);

const consumers = (event: Biography): string =>
  table(
    event.consumers,
    [
      { title: "consumer", value: (way) => way.service, whole: true },
      { title: "state", value: (way) => way.state, whole: true },
      { title: "at", value: (way) => when(way.handledAt), whole: true },
      { title: "attempt", value: (way) => way.attempt, right: true },
      { title: "failures", value: (way) => way.failures.length, right: true },
      {
        title: "dead letter",
        value: (way) => (way.deadLetter ? `${way.deadLetter.status}: ${way.deadLetter.code}` : ""),
      },
    ],
    "Nobody consumes it.",
  );

function failures(event: Biography): string {
  const rows = event.consumers.flatMap((way) => way.failures.map((failure) => ({ service: way.service, ...failure })));
  if (rows.length === 0) return "";
  return table(rows, [
    { title: "failed in", value: (row) => row.service, whole: true },
    { title: "at", value: (row) => when(row.at), whole: true },
    { title: "episode", value: (row) => row.episode, right: true },
    { title: "attempt", value: (row) => row.attempt, right: true },
    { title: "code", value: (row) => row.code },
    { title: "message", value: (row) => row.message },
  ]);
}

function history(event: Biography): string {
  if (event.history.length === 0) return "";
  return table(event.history, [
    { title: "at", value: (step) => when(step.at), whole: true },
    { title: "service", value: (step) => step.service, whole: true },
    { title: "step", value: (step) => step.step, whole: true },
    { title: "by", value: (step) => step.actorId },
    { title: "detail", value: (step) => JSON.stringify(step.detail) },
  ]);
}

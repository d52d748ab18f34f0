/** What each event says about a document. The consumer and the rebuild read the same events by the same rules. Pure. */
import type { IncomingEvent } from "../../mixins/amqp/envelope.ts";
import type { EventName, PayloadOf } from "../../mixins/kit/contracts.ts";
import type { News } from "./model.ts";

type Event<K extends EventName> = Pick<IncomingEvent<K>, "payload" | "timestamp">;
type Reader<K extends EventName> = (payload: PayloadOf<K>, at: Date) => News;
/** Of an event whose author has gone no text is left: the index keeps what it had. */
const isBlank = ({ text }: News): boolean => text !== undefined && text.title === "";
const reader = <K extends EventName>(eventType: K, read: Reader<K>) => ({ eventType, read: read as Reader<EventName> });

const ticket = ({ ticketId, buildingId, version }: { ticketId: string; buildingId: string; version: number }) =>
  ({ type: "ticket", refId: ticketId, buildingId, version }) as const;

type TicketText = Pick<
  PayloadOf<"ticket.updated">,
  "ticketId" | "buildingId" | "version" | "reporterId" | "title" | "description"
>;
const ticketText = (payload: TicketText, status: string, at: Date): News => {
  const { reporterId: ownerId, title, description: body } = payload;
  return { ...ticket(payload), text: { ownerId, audience: "staff", title, body, status, at } };
};

function post(payload: PayloadOf<"post.created">, at: Date): News {
  const { postId, buildingId, version, authorId: ownerId, audience, title, body } = payload;
  const readers = [...audience.unitIds.map((id) => `unit:${id}`), ...audience.roles.map((role) => `role:${role}`)];
  const whole = payload.public ? "public" : "building";
  const text = { ownerId, title, body, status: "visible", at };
  const to = audience.type === "building" ? whole : readers;
  return { type: "post", refId: postId, buildingId, version, text: { ...text, audience: to } };
}

/** Comments of tickets have no text in their events, messages are not bound: what is private can't get in. */
const READERS = [
  reader("ticket.created", (payload, at) => ticketText(payload, "open", at)),
  reader("ticket.updated", (payload, at) => ticketText(payload, payload.status, at)),
  reader("post.created", post),
  reader("post.updated", post),
  reader("post.status_changed", ({ postId, buildingId, version, to }) => ({
    ...{ type: "post", refId: postId, buildingId, version },
    status: { status: to, listed: to === "visible", removed: to === "removed" },
  })),
  reader("resource.updated", ({ resourceId, buildingId, version, name, kind, description, status }, at) => ({
    ...{ type: "resource", refId: resourceId, buildingId, version },
    text: { ownerId: null, audience: "building", title: name, body: `${description}\n${kind}`, status, at },
    status: { status, listed: status === "active", removed: false },
  })),
  reader("ticket.status_changed", (payload) => ({
    ...ticket(payload),
    status: { status: payload.to, listed: true, removed: false },
  })),
];

export const READABLE: readonly EventName[] = READERS.map(({ eventType }) => eventType);

/** @returns null for an event that is about no document */
export function newsOf(eventType: string, { payload, timestamp }: Event<EventName>): News | null {
  const found = READERS.find((one) => one.eventType === eventType);
  const news = found?.read(payload, timestamp);
  return news && !isBlank(news) ? news : null;
}

import Type from "typebox";
import {
  type ActionsOf,
  action,
  defineContract,
  type EventsOf,
  event,
  olderVersion,
  versionedEvent,
} from "../../mixins/kit/contracts.ts";
import {
  byId,
  closed,
  command,
  exportPerson,
  Id,
  line,
  nullable,
  oneOf,
  resource,
  Time,
  text,
} from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";
import { ticketStates } from "./states.ts";

export const CategorySchema = oneOf(
  "plumbing",
  "electrical",
  "heating",
  "appliance",
  "structural",
  "elevator",
  "cleaning",
  "security",
  "noise",
  "other",
);
export const PrioritySchema = oneOf("low", "normal", "high", "urgent");
export const StatusSchema = oneOf("open", "in_progress", "deferred", "resolved", "closed", "cancelled");
const ClockSchema = oneOf("first_response", "solution");
const Title = line(140);
const Description = text(5000);
const Reason = text(1000);

export const TicketSchema = Type.Object({
  ...resource,
  number: Type.Integer({ description: "Per building, from 1, without gaps." }),
  buildingId: Id,
  unitId: Id,
  reporterId: nullable(Id),
  assigneeId: nullable(Id),
  category: CategorySchema,
  priority: PrioritySchema,
  title: Type.String(),
  description: Type.String(),
  status: StatusSchema,
  reason: nullable(Type.String({ description: "Of the last step." })),
  resolution: nullable(Type.String()),
  deferUntil: nullable(Time),
  dueAt: Type.String({ format: "date-time", description: "Of the solution." }),
  sla: Type.Array(
    Type.Object({
      clock: ClockSchema,
      dueAt: Time,
      paused: Type.Boolean({ description: "Stands still: the ticket is deferred, or at its end." }),
      metAt: nullable(Time),
      breachedAt: nullable(Time),
    }),
  ),
  rating: nullable(Type.Integer()),
  flagged: Type.Boolean({ description: "AI moderation asks staff to look at the text." }),
  summary: nullable(Type.String({ description: "By AI." })),
  reporterLeft: Type.Boolean({ description: "The reporter has moved out of the unit." }),
});

const VisibilitySchema = oneOf("public", "internal");
export const CommentSchema = Type.Object({
  ...resource,
  ticketId: Id,
  authorId: nullable(Id),
  body: Type.String(),
  visibility: VisibilitySchema,
});

const FileName = Type.String({
  minLength: 1,
  maxLength: 120,
  pattern: "^(?!\\.{1,2}$)[^/\\\\\\x00-\\x1f\\x7f]+$",
  description: "A name without a path.",
});
export const AttachmentSchema = Type.Object({
  ...resource,
  ticketId: Id,
  uploaderId: nullable(Id),
  name: Type.String(),
  type: Type.String({ description: "Media type, by the bytes." }),
  bytes: Type.Integer(),
  sha256: Type.String(),
});

const head = { ticketId: Id, number: Type.Integer(), buildingId: Id };
const version = Type.Integer({ description: "Of the ticket, after the change." });

/** Without `dueAt`: what nodes before tickets 2 publish. */
export const TicketCreatedV1 = Type.Object({
  ...head,
  unitId: Id,
  reporterId: Id,
  category: CategorySchema,
  priority: PrioritySchema,
  title: Type.String(),
  description: Type.String(),
  version,
});
export const TicketCreatedV2 = Type.Object({ ...TicketCreatedV1.properties, dueAt: nullable(Time) });

export const tickets = defineContract({
  service: "tickets",
  summary: "Maintenance requests of residents.",
  events: {
    "ticket.created": versionedEvent(
      [olderVersion(TicketCreatedV1, (payload) => ({ ...payload, dueAt: null }))],
      TicketCreatedV2,
      // The ticket itself stays, of nobody's; copies of its text do not.
      { personal: { of: "reporterId", blank: { title: "", description: "" } } },
    ),
    "ticket.updated": event(
      Type.Object({
        ...head,
        unitId: Id,
        reporterId: nullable(Id),
        category: CategorySchema,
        priority: PrioritySchema,
        status: StatusSchema,
        title: Type.String(),
        description: Type.String(),
        actorId: Type.String(),
        version,
      }),
      { personal: { of: "reporterId", blank: { title: "", description: "" } } },
    ),
    "ticket.assigned": event(Type.Object({ ...head, assigneeId: Id, actorId: Type.String(), version })),
    "ticket.status_changed": event(
      Type.Object({
        ...head,
        reporterId: nullable(Id),
        assigneeId: nullable(Id),
        from: StatusSchema,
        to: StatusSchema,
        reason: nullable(Type.String()),
        actorId: Type.String(),
        version,
      }),
    ),
    "ticket.closed": event(
      Type.Object({
        ...head,
        reporterId: nullable(Id),
        resolution: nullable(Type.String()),
        rating: nullable(Type.Integer()),
        version,
      }),
    ),
    "ticket_comment.created": event(
      Type.Object({
        commentId: Id,
        ...head,
        authorId: Id,
        reporterId: nullable(Id),
        assigneeId: nullable(Id),
      }),
    ),
    "ticket.sla_breached": event(Type.Object({ ...head, clock: ClockSchema, dueAt: Time })),
  },
  consumes: ["ai.moderation_result", "ai.summary_ready", "user.deleted", "resident.unverified"],
  states: { "a ticket": ticketStates },
  actions: {
    create: action({
      summary: "Report a problem in one's unit",
      access: "user",
      params: Type.Object(
        {
          unitId: Id,
          category: CategorySchema,
          priority: Type.Optional(PrioritySchema),
          title: Title,
          description: Description,
        },
        closed,
      ),
      result: TicketSchema,
      rest: { method: "POST", path: "/tickets", status: 201, location: "/tickets/{id}" },
    }),
    list: action({
      summary: "Own tickets; staff also those of their buildings",
      access: "user",
      params: Type.Object(
        {
          buildingId: Type.Optional(Id),
          status: Type.Optional(StatusSchema),
          assigneeId: Type.Optional(Id),
          ...pagingParams,
        },
        closed,
      ),
      result: pageOf(TicketSchema),
      rest: { method: "GET", path: "/tickets" },
    }),
    get: action({
      summary: "One ticket",
      access: "user",
      params: byId,
      result: TicketSchema,
      rest: { method: "GET", path: "/tickets/{id}" },
    }),
    update: action({
      summary: "Change a ticket: the reporter its text while it is open, staff also category and priority",
      access: "user",
      params: Type.Object(
        {
          id: Id,
          title: Type.Optional(Title),
          description: Type.Optional(Description),
          category: Type.Optional(CategorySchema),
          priority: Type.Optional(PrioritySchema),
        },
        closed,
      ),
      result: TicketSchema,
      rest: { method: "PATCH", path: "/tickets/{id}" },
    }),
    assign: action({
      summary: "Assign a ticket to someone of the building's staff",
      access: "staff",
      params: Type.Object({ id: Id, assigneeId: Id }, closed),
      result: TicketSchema,
      rest: command("/tickets/{id}/assign"),
    }),
    exportCsv: action({
      summary: "The newest 10,000 tickets of a building as CSV, for its staff",
      access: "staff",
      params: Type.Object({ buildingId: Id, status: Type.Optional(StatusSchema) }, closed),
      result: Type.Object({ csv: Type.String() }),
      rest: {
        method: "GET",
        path: "/tickets/export",
        perMinute: 6,
        file: { type: "text/csv", field: "csv", name: "tickets.csv" },
      },
    }),
    createAttachment: action({
      summary: "Attach a picture, film or PDF of up to 10 MB: the file is the body, whatever its Content-Type",
      access: "user",
      params: Type.Object(
        { id: Id, name: FileName, sha256: Type.Optional(Type.String({ pattern: "^[0-9a-f]{64}$" })) },
        closed,
      ),
      result: AttachmentSchema,
      rest: {
        method: "POST",
        path: "/tickets/{id}/attachments",
        status: 201,
        query: ["name"],
        perMinute: 60,
        upload: { maxBytes: 10 * 1024 * 1024, digestField: "sha256" },
        location: "/tickets/{ticketId}/attachments/{id}",
      },
    }),
    listAttachments: action({
      summary: "Attachments of a ticket, newest first",
      access: "user",
      params: Type.Object({ id: Id, ...pagingParams }, closed),
      result: pageOf(AttachmentSchema),
      rest: { method: "GET", path: "/tickets/{id}/attachments" },
    }),
    getAttachment: action({
      summary: "The file itself",
      access: "user",
      params: Type.Object({ id: Id, attachmentId: Id }, closed),
      result: Type.Unknown(),
      rest: { method: "GET", path: "/tickets/{id}/attachments/{attachmentId}", download: true },
    }),
    createComment: action({
      summary: "Comment a ticket; `internal` ones are written and seen by staff only",
      access: "user",
      params: Type.Object({ id: Id, body: Description, visibility: Type.Optional(VisibilitySchema) }, closed),
      result: CommentSchema,
      rest: { method: "POST", path: "/tickets/{id}/comments", status: 201, location: "/tickets/{id}/comments" },
    }),
    listComments: action({
      summary: "Comments of a ticket, newest first",
      access: "user",
      params: Type.Object({ id: Id, ...pagingParams }, closed),
      result: pageOf(CommentSchema),
      rest: { method: "GET", path: "/tickets/{id}/comments" },
    }),
    thread: action({
      summary: "What everybody who sees the ticket may read of it: internal comments are left out by the query itself",
      access: "internal",
      params: byId,
      result: Type.Object({
        revision: Type.Integer(),
        buildingId: Id,
        authorId: nullable(Id),
        title: Type.String(),
        text: Type.String(),
        comments: Type.Array(Type.Object({ id: Id, authorId: nullable(Id), text: Type.String() })),
      }),
    }),
    rate: action({
      summary: "Rate the work, once, when it is resolved",
      access: "user",
      params: Type.Object({ id: Id, rating: Type.Integer({ minimum: 1, maximum: 5 }) }, closed),
      result: TicketSchema,
      rest: command("/tickets/{id}/rating"),
    }),
    exportPerson: action(
      exportPerson(Type.Object({ tickets: Type.Array(TicketSchema), comments: Type.Array(CommentSchema) })),
    ),
    transition: action({
      summary:
        "Take a ticket one step on: `resolved` needs a resolution, `deferred` a deferUntil, `cancelled` and a return a reason",
      access: "user",
      params: Type.Object(
        {
          id: Id,
          to: StatusSchema,
          reason: Type.Optional(Reason),
          resolution: Type.Optional(Reason),
          deferUntil: Type.Optional(Time),
        },
        closed,
      ),
      result: TicketSchema,
      rest: command("/tickets/{id}/transitions"),
    }),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface EventTypes extends EventsOf<typeof tickets> {}
  interface ActionTypes extends ActionsOf<typeof tickets> {}
}

/** Tickets: types, state machine, decisions. Pure. */

import { type Actor, isStaffOf } from "../../mixins/kit/actor.ts";
import type { Calendar } from "../../mixins/kit/business-time.ts";
import { type ResourceDoc, viewResource } from "../../mixins/kit/fields.ts";
import type { StateOf } from "../../mixins/kit/states.ts";
import {
  AlreadyRatedError,
  DeferInPastError,
  IllegalTransitionError,
  NotRateableError,
  NotReporterError,
  NotYourStepError,
  StepDetailMissingError,
  TicketFinalError,
} from "./errors.ts";
import { CLOCKS, meet, type Priority, pause, reprioritise, resume, type Sla, startSla } from "./sla.ts";
import { ticketStates } from "./states.ts";

export type TicketStatus = StateOf<typeof ticketStates>;
export type Category =
  | "plumbing"
  | "electrical"
  | "heating"
  | "appliance"
  | "structural"
  | "elevator"
  | "cleaning"
  | "security"
  | "noise"
  | "other";

export interface TicketDoc extends ResourceDoc {
  number: number;
  buildingId: string;
  unitId: string;
  /** null: a former resident. */
  reporterId: string | null;
  assigneeId: string | null;
  category: Category;
  priority: Priority;
  title: string;
  description: string;
  status: TicketStatus;
  reason: string | null;
  resolution: string | null;
  deferUntil: Date | null;
  /** Of the building, as it was when the ticket was made. */
  calendar: Calendar;
  sla: Sla;
  /** Of the last change of the status. */
  stepAt: Date;
  /** 1 to 5, by the reporter. */
  rating: number | null;
  flagged: boolean;
  summary: string | null;
  /** Which text each hint is of. */
  hintRevisions?: Partial<Record<"flagged" | "summary", number>>;
  /** The reporter's residency of the unit has ended. */
  reporterLeft: boolean;
}

/** The reporter's own: cancel while open, return or accept what was resolved. */
const REPORTER: Readonly<Partial<Record<TicketStatus, readonly TicketStatus[]>>> = {
  open: ["cancelled"],
  resolved: ["closed", "open"],
};

export const legalSteps = (ticket: Pick<TicketDoc, "status" | "buildingId">, actor: Actor): readonly TicketStatus[] =>
  isStaffOf(actor, ticket.buildingId) ? ticketStates.steps[ticket.status] : (REPORTER[ticket.status] ?? []);

export const canSee = (actor: Actor, ticket: Pick<TicketDoc, "reporterId" | "buildingId">): boolean =>
  ticket.reporterId === actor.userId || isStaffOf(actor, ticket.buildingId);

export interface NewTicket {
  unitId: string;
  category: Category;
  priority?: Priority;
  title: string;
  description: string;
}

export function newTicket(
  id: string,
  number: number,
  asked: NewTicket,
  place: { buildingId: string; reporterId: string; calendar: Calendar },
  now: Date,
): TicketDoc {
  const { unitId, category, priority = "normal", title, description } = asked;
  return {
    _id: id,
    number,
    ...place,
    unitId,
    assigneeId: null,
    category,
    priority,
    title: title.trim(),
    description: description.trim(),
    status: "open",
    reason: null,
    resolution: null,
    deferUntil: null,
    sla: startSla(priority, place.calendar, now),
    stepAt: now,
    rating: null,
    flagged: false,
    summary: null,
    reporterLeft: false,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

const FINAL: readonly TicketStatus[] = ["closed", "cancelled"];
const next = (ticket: TicketDoc, changes: Partial<TicketDoc>, now: Date): TicketDoc => ({
  ...ticket,
  ...changes,
  version: ticket.version + 1,
  updatedAt: now,
});

export interface Step {
  to: TicketStatus;
  reason?: string;
  resolution?: string;
  deferUntil?: Date;
}

/** @throws IllegalTransitionError, StepDetailMissingError, DeferInPastError */
export function transition(ticket: TicketDoc, step: Step, actor: Actor, now: Date): TicketDoc {
  const { to, reason, resolution, deferUntil } = step;
  const legal = legalSteps(ticket, actor);
  if (!legal.includes(to)) throw new IllegalTransitionError(ticket.status, to, legal);
  if (to === "resolved" && !resolution) throw new StepDetailMissingError(to, "resolution");
  if (to === "deferred" && !deferUntil) throw new StepDetailMissingError(to, "deferUntil");
  if (deferUntil && deferUntil <= now) throw new DeferInPastError();
  const returned = ticket.status === "resolved" && to === "open";
  if ((to === "cancelled" || returned) && !reason) throw new StepDetailMissingError(to, "reason");
  const answered = isStaffOf(actor, ticket.buildingId) ? respond(ticket, now) : ticket;
  return take(answered, step, now);
}

/** A step that is due: nobody takes it, and everybody may. */
export const dueStep = (ticket: TicketDoc, step: Step, now: Date): TicketDoc => take(ticket, step, now);

function take(ticket: TicketDoc, { to, reason, resolution, deferUntil }: Step, now: Date): TicketDoc {
  const returned = ticket.status === "resolved" && to === "open";
  const changes = {
    status: to,
    reason: reason ?? null,
    resolution: to === "resolved" ? (resolution ?? null) : returned ? null : ticket.resolution,
    deferUntil: to === "deferred" ? (deferUntil ?? null) : null,
    stepAt: now,
    sla: clocksAfter(ticket, to, now),
  };
  return next(ticket, changes, now);
}

/** Clocks stand still while deferred and after the end; a return starts the solution's again. */
function clocksAfter({ sla, calendar, status }: TicketDoc, to: TicketStatus, now: Date): Sla {
  const { first_response, solution } = sla;
  if (to === "resolved") return { first_response, solution: meet(solution, calendar, now) };
  if (to === "deferred" || FINAL.includes(to))
    return { first_response: pause(first_response, calendar, now), solution: pause(solution, calendar, now) };
  const again = status === "resolved";
  return { first_response: resume(first_response, calendar, now), solution: resume(solution, calendar, now, again) };
}

/** Staff has done something that the reporter sees. */
export const respond = (ticket: TicketDoc, now: Date): TicketDoc => ({
  ...ticket,
  sla: { ...ticket.sla, first_response: meet(ticket.sla.first_response, ticket.calendar, now) },
});

/** Days after which what was resolved, and not returned, is closed. */
export const AUTO_CLOSE_DAYS = 7;

/** @throws NotReporterError, NotRateableError, AlreadyRatedError */
export function rate(ticket: TicketDoc, rating: number, actor: Actor, now: Date): TicketDoc {
  if (ticket.reporterId !== actor.userId) throw new NotReporterError();
  if (ticket.status !== "resolved" && ticket.status !== "closed") throw new NotRateableError(ticket.status);
  if (ticket.rating !== null) throw new AlreadyRatedError();
  return next(ticket, { rating }, now);
}

/** @throws TicketFinalError, NotYourStepError (internal, but not staff) @returns the ticket, answered when it was staff */
export function comment(ticket: TicketDoc, visibility: Visibility, actor: Actor, now: Date): TicketDoc {
  if (FINAL.includes(ticket.status)) throw new TicketFinalError(ticket.status);
  const staff = isStaffOf(actor, ticket.buildingId);
  if (visibility === "internal" && !staff) throw new NotYourStepError("write internal comments");
  const answers = staff && visibility === "public" && !ticket.sla.first_response.metAt;
  return answers ? next(respond(ticket, now), {}, now) : ticket;
}

/** @throws TicketFinalError */
export function attach(ticket: TicketDoc, now: Date): TicketDoc {
  if (FINAL.includes(ticket.status)) throw new TicketFinalError(ticket.status);
  return next(ticket, {}, now);
}

export type Visibility = "public" | "internal";
export interface CommentDoc extends ResourceDoc {
  ticketId: string;
  /** null: a former resident. */
  authorId: string | null;
  body: string;
  visibility: Visibility;
}

export const viewComment = (doc: CommentDoc) => ({
  ...viewResource(doc),
  ticketId: doc.ticketId,
  authorId: doc.authorId,
  body: doc.body,
  visibility: doc.visibility,
});

export type TicketChanges = Partial<Pick<TicketDoc, "title" | "description" | "category" | "priority">>;

/** @throws TicketFinalError, NotYourStepError */
export function update(ticket: TicketDoc, changes: TicketChanges, actor: Actor, now: Date): TicketDoc {
  if (FINAL.includes(ticket.status)) throw new TicketFinalError(ticket.status);
  if (!isStaffOf(actor, ticket.buildingId)) {
    if (changes.category !== undefined || changes.priority !== undefined)
      throw new NotYourStepError("change category or priority");
    if (ticket.status !== "open") throw new NotYourStepError("change a ticket that is being worked on");
  }
  const { priority = ticket.priority } = changes;
  const sla = reprioritise(ticket.sla, ticket.priority, priority, ticket.calendar, now);
  return next(ticket, { ...changes, sla: priority === ticket.priority ? ticket.sla : sla }, now);
}

/** @throws TicketFinalError */
export function assign(ticket: TicketDoc, assigneeId: string, now: Date): TicketDoc {
  if (FINAL.includes(ticket.status)) throw new TicketFinalError(ticket.status);
  return next(respond(ticket, now), { assigneeId }, now);
}

export const viewTicket = (ticket: TicketDoc) => ({
  ...viewResource(ticket),
  number: ticket.number,
  buildingId: ticket.buildingId,
  unitId: ticket.unitId,
  reporterId: ticket.reporterId,
  assigneeId: ticket.assigneeId,
  category: ticket.category,
  priority: ticket.priority,
  title: ticket.title,
  description: ticket.description,
  status: ticket.status,
  reason: ticket.reason,
  resolution: ticket.resolution,
  deferUntil: ticket.deferUntil?.toISOString() ?? null,
  dueAt: ticket.sla.solution.dueAt.toISOString(),
  sla: CLOCKS.map((clock) => {
    const { dueAt, leftMs, metAt, breachedAt } = ticket.sla[clock];
    return {
      clock,
      dueAt: dueAt.toISOString(),
      paused: leftMs !== null && !metAt,
      metAt: metAt?.toISOString() ?? null,
      breachedAt: breachedAt?.toISOString() ?? null,
    };
  }),
  rating: ticket.rating,
  flagged: ticket.flagged,
  summary: ticket.summary,
  reporterLeft: ticket.reporterLeft,
});

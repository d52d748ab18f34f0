/** Tickets: types, state machine, decisions. Pure. */
import { type Actor, isStaffOf } from "../../mixins/kit/actor.ts";
import { type ResourceDoc, viewResource } from "../../mixins/kit/fields.ts";
import {
  DeferInPastError,
  IllegalTransitionError,
  NotYourStepError,
  StepDetailMissingError,
  TicketFinalError,
} from "./errors.ts";

export type TicketStatus = "open" | "in_progress" | "deferred" | "resolved" | "closed" | "cancelled";
export type Priority = "low" | "normal" | "high" | "urgent";
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
  dueAt: Date;
  flagged: boolean;
  summary: string | null;
  /** The reporter's residency of the unit has ended. */
  reporterLeft: boolean;
}

/** Every step that there is; what is not here is illegal. */
export const TRANSITIONS: Readonly<Record<TicketStatus, readonly TicketStatus[]>> = {
  open: ["in_progress", "deferred", "cancelled"],
  in_progress: ["deferred", "resolved", "open", "cancelled"],
  deferred: ["open", "cancelled"],
  resolved: ["closed", "open"],
  closed: [],
  cancelled: [],
};
/** The reporter's own: cancel while open, return or accept what was resolved. */
const REPORTER: Readonly<Partial<Record<TicketStatus, readonly TicketStatus[]>>> = {
  open: ["cancelled"],
  resolved: ["closed", "open"],
};

export const legalSteps = (ticket: Pick<TicketDoc, "status" | "buildingId">, actor: Actor): readonly TicketStatus[] =>
  isStaffOf(actor, ticket.buildingId) ? TRANSITIONS[ticket.status] : (REPORTER[ticket.status] ?? []);

export const canSee = (actor: Actor, ticket: Pick<TicketDoc, "reporterId" | "buildingId">): boolean =>
  ticket.reporterId === actor.userId || isStaffOf(actor, ticket.buildingId);

const HOUR_MS = 3_600_000;
/** Hours until it should be solved. */
const SOLUTION_H: Readonly<Record<Priority, number>> = { urgent: 4, high: 24, normal: 72, low: 168 };

export const dueAt = (priority: Priority, from: Date): Date =>
  new Date(from.getTime() + SOLUTION_H[priority] * HOUR_MS);

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
  place: { buildingId: string; reporterId: string },
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
    dueAt: dueAt(priority, now),
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
  const changes = {
    status: to,
    reason: reason ?? null,
    resolution: to === "resolved" ? (resolution ?? null) : returned ? null : ticket.resolution,
    deferUntil: to === "deferred" ? (deferUntil ?? null) : null,
  };
  return next(ticket, changes, now);
}

export type TicketChanges = Partial<Pick<TicketDoc, "title" | "description" | "category" | "priority">>;

/** @throws TicketFinalError, NotYourStepError */
export function update(ticket: TicketDoc, changes: TicketChanges, actor: Actor, now: Date): TicketDoc {
  if (FINAL.includes(ticket.status)) throw new TicketFinalError(ticket.status);
  if (!isStaffOf(actor, ticket.buildingId)) {
    if (changes.category !== undefined || changes.priority !== undefined)
      throw new NotYourStepError("change category or priority");
    if (ticket.status !== "open") throw new NotYourStepError("change a ticket that is being worked on");
  }
  const { priority } = changes;
  const due =
    priority !== undefined && priority !== ticket.priority ? { dueAt: dueAt(priority, ticket.createdAt) } : {};
  return next(ticket, { ...changes, ...due }, now);
}

/** @throws TicketFinalError */
export function assign(ticket: TicketDoc, assigneeId: string, now: Date): TicketDoc {
  if (FINAL.includes(ticket.status)) throw new TicketFinalError(ticket.status);
  return next(ticket, { assigneeId }, now);
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
  dueAt: ticket.dueAt.toISOString(),
  flagged: ticket.flagged,
  summary: ticket.summary,
  reporterLeft: ticket.reporterLeft,
});

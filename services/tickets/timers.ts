/** What becomes due on a ticket: stored due dates, run by whichever node is there then. */
import type { Db } from "mongodb";
import { type JobKind, type NewJob, type Settle, untilDone } from "../../mixins/jobs/job.ts";
import type { JobRunner } from "../../mixins/jobs/runner.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { publishBreach, publishStep } from "./facts.ts";
import { AUTO_CLOSE_DAYS, dueStep, type Step, type TicketDoc } from "./model.ts";
import { replaceTicket, TICKETS } from "./repository.ts";
import { CLOCKS, type ClockName, isRunning } from "./sla.ts";

export interface StepTimer {
  ticketId: string;
  /** Which step it was set by: another one since then, and it means nothing. */
  stepAt: Date;
}
export interface SlaTimer {
  ticketId: string;
  clock: ClockName;
  dueAt: Date;
}

const DAY_MS = 24 * 3_600_000;
const SYSTEM = "system:tickets";

/** Pure: every timer of a ticket as it is. Setting one twice is setting it once. */
export function timersOf(ticket: TicketDoc): NewJob<StepTimer | SlaTimer>[] {
  const { _id: ticketId, status, stepAt, deferUntil, sla } = ticket;
  const step = { key: `${ticketId}/${stepAt.getTime()}`, data: { ticketId, stepAt } };
  const timers: NewJob<StepTimer | SlaTimer>[] = [];
  if (status === "deferred" && deferUntil) timers.push({ kind: "reopen", ...step, dueAt: deferUntil });
  if (status === "resolved")
    timers.push({ kind: "auto-close", ...step, dueAt: new Date(stepAt.getTime() + AUTO_CLOSE_DAYS * DAY_MS) });
  for (const clock of CLOCKS) {
    const { dueAt } = sla[clock];
    const key = `${ticketId}/${clock}/${dueAt.getTime()}`;
    if (isRunning(sla[clock])) timers.push({ kind: "sla", key, data: { ticketId, clock, dueAt }, dueAt });
  }
  return timers;
}

export type SetTimers = (tx: Tx<"tickets">, ticket: TicketDoc) => Promise<void>;

export const timerSetter =
  (jobs: JobRunner<"tickets">): SetTimers =>
  async (tx, ticket) => {
    await jobs.schedule(tx, ...timersOf(ticket));
  };

/** All that it does, it does in the transaction that ends it. */
function timer<D extends { ticketId: string }>(
  kind: string,
  settle: (tx: Tx<"tickets">, ticket: TicketDoc, data: D) => Promise<void>,
): JobKind<"tickets", D> {
  return {
    kind,
    run:
      async ({ data }): Promise<Settle<"tickets">> =>
      async (tx) => {
        const ticket = await tx.collection<TicketDoc>(TICKETS).findOne({ _id: data.ticketId });
        if (ticket) await settle(tx, ticket, data);
      },
    ...untilDone,
  };
}

export function addTimers(jobs: JobRunner<"tickets">, setTimers: SetTimers): void {
  const step =
    (from: TicketDoc["status"], to: Step) => async (tx: Tx<"tickets">, ticket: TicketDoc, data: StepTimer) => {
      if (ticket.status !== from || ticket.stepAt.getTime() !== data.stepAt.getTime()) return;
      const after = dueStep(ticket, to, tx.now);
      await replaceTicket(tx, after);
      publishStep(tx, ticket, after, SYSTEM);
      await setTimers(tx, after);
    };
  jobs.add(
    timer<StepTimer>("reopen", step("deferred", { to: "open", reason: "The date that it was deferred to has come." })),
  );
  jobs.add(
    timer<StepTimer>(
      "auto-close",
      step("resolved", { to: "closed", reason: `Resolved, and not returned for ${AUTO_CLOSE_DAYS} days.` }),
    ),
  );
  jobs.add(
    timer<SlaTimer>("sla", async (tx, ticket, { clock, dueAt }) => {
      const state = ticket.sla[clock];
      if (!isRunning(state) || state.dueAt.getTime() !== dueAt.getTime()) return;
      const after = { ...ticket, sla: { ...ticket.sla, [clock]: { ...state, breachedAt: tx.now } } };
      await replaceTicket(tx, after);
      publishBreach(tx, after, clock);
    }),
  );
}

/** Tickets from before the clocks get some, once. */
export async function upgradeTickets(db: Db): Promise<void> {
  const clock = { leftMs: null, metAt: null, breachedAt: null };
  await db.collection<TicketDoc>(TICKETS).updateMany({ sla: { $exists: false } }, [
    {
      $set: {
        calendar: { $literal: { timeZone: "UTC", hours: { days: [1, 2, 3, 4, 5], from: "08:00", to: "18:00" } } },
        sla: {
          first_response: { ...clock, dueAt: "$dueAt", metAt: "$createdAt" },
          solution: { ...clock, dueAt: "$dueAt" },
        },
        stepAt: "$updatedAt",
        rating: null,
      },
    },
    { $unset: "dueAt" },
  ]);
}

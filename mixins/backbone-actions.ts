/** Actions that every domain has for the operators: its share of an event's way. Internal, never routed. */
import type { Context, Service, ServiceActions } from "moleculer";
import { INBOX, type InboxEntry, inboxKey } from "./idempotency/inbox.ts";
import { OUTBOX, type OutboxRow } from "./outbox/row.ts";
import { ATTEMPTS, type AttemptsEntry, type AuditEntry, DEAD_LETTER_AUDIT, DEAD_LETTERS, type DeadLetter } from "./retry/dead-letter.ts";

/** A service's share of an event's biography. */
export interface EventTrace {
  service: string;
  outbox: OutboxRow[];
  inbox: InboxEntry | null;
  failures: AttemptsEntry["failures"];
  deadLetter: DeadLetter | null;
  audit: AuditEntry[];
}

export function backboneActions(service: string): ServiceActions {
  return {
    /** What this service knows of an event: committed, published, handled, failed, dead, edited, replayed. */
    traceEvent: {
      params: { eventId: "string" },
      async handler(this: Service, ctx: Context<{ eventId: string }>): Promise<EventTrace> {
        const db = this.broker.backbone.database(service);
        const { eventId } = ctx.params;
        const key = inboxKey(service, eventId);
        const [outbox, inbox, attempts, deadLetter, audit] = await Promise.all([
          db.collection<OutboxRow>(OUTBOX).find({ eventId }).sort({ _id: 1 }).limit(100).toArray(),
          db.collection<InboxEntry>(INBOX).findOne({ _id: key }),
          db.collection<AttemptsEntry>(ATTEMPTS).findOne({ _id: key }),
          db.collection<DeadLetter>(DEAD_LETTERS).findOne({ _id: key }),
          db.collection<AuditEntry>(DEAD_LETTER_AUDIT).find({ deadLetterId: key }).sort({ at: 1 }).limit(100).toArray(),
        ]);
        return { service, outbox, inbox, failures: attempts?.failures ?? [], deadLetter, audit };
      },
    },
  };
}

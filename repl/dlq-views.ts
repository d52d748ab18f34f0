/** Answers about dead letters as text. Pure. */
import type { Answer } from "../mixins/retry/questions.ts";
import { away } from "./outbox.ts";
import { cut, facts, table, when } from "./table.ts";

type Gaps = { unavailable?: string[] };

const more = (nextCursor: string | null): string => (nextCursor ? `\nMore: --cursor ${nextCursor}` : "");

export const shownList = ({ items, nextCursor, unavailable }: Answer<"list"> & Gaps): string =>
  table(
    items,
    [
      { title: "id", value: (item) => item.id, whole: true },
      { title: "status", value: (item) => item.status },
      { title: "event type", value: (item) => item.eventType },
      { title: "code", value: (item) => item.code },
      { title: "died at", value: (item) => when(item.deadAt) },
    ],
    "No dead letters.",
  ) +
  more(nextCursor) +
  away(unavailable);

export const shownGroups = ({ items, unavailable }: Answer<"groups"> & Gaps): string =>
  table(
    items,
    [
      { title: "count", value: (group) => group.count, right: true },
      {
        title: "fingerprint",
        value: (group) => group.fingerprint,
        whole: true,
      },
      {
        title: "last seen",
        value: (group) => when(group.lastSeen),
        whole: true,
      },
      { title: "message", value: (group) => group.sample.message },
    ],
    "No open dead letters.",
  ) + away(unavailable);

export function shownLetter(letter: Answer<"show">): string {
  const head = facts([
    ["id", letter.id],
    ["status", letter.reason ? `${letter.status} (${letter.reason})` : letter.status],
    ["event", `${letter.eventType} ${letter.eventId ?? "without a readable id"}`],
    ["failed", `${letter.code}: ${letter.message}`],
    [
      "attempts",
      `${letter.attempts}, episode ${letter.episode}, first failed ${when(letter.firstFailedAt)}, died ${when(letter.deadAt)}`,
    ],
    ["contract", letter.contract.ok ? "fits" : `${letter.contract.code}: ${letter.contract.message}`],
    [
      "legal",
      letter.legal.join(", ") ||
        (letter.status === "replaying" ? "nothing until its outcome is known" : "nothing any more"),
    ],
    ["body", `${letter.bytes} bytes${letter.edited ? ", edited" : ""}: ${cut(letter.body, 600)}`],
  ]);
  return [
    head,
    shownErrors(letter.errors),
    table(
      letter.audit,
      auditColumns.filter(({ title }) => title !== "dead letter"),
    ),
  ]
    .filter(Boolean)
    .join("\n\n");
}

const shownErrors = (errors: Answer<"show">["errors"]): string =>
  errors.length === 0
    ? ""
    : table(errors, [
        { title: "episode", value: (error) => error.episode, right: true },
        { title: "attempt", value: (error) => error.attempt, right: true },
        { title: "at", value: (error) => when(error.at), whole: true },
        { title: "code", value: (error) => error.code },
        { title: "message", value: (error) => error.message },
      ]);

type AuditItem = Answer<"audit">["items"][number];
const auditColumns: {
  title: string;
  value: (entry: AuditItem) => string;
  whole?: boolean;
}[] = [
  { title: "at", value: (entry) => when(entry.at), whole: true },
  { title: "step", value: (entry) => entry.step, whole: true },
  { title: "by", value: (entry) => entry.actorId },
  { title: "dead letter", value: (entry) => entry.deadLetterId, whole: true },
  { title: "detail", value: (entry) => JSON.stringify(entry.detail) },
];

export const shownAudit = ({ items, nextCursor, unavailable }: Answer<"audit"> & Gaps): string =>
  table(items, auditColumns, "No steps.") + more(nextCursor) + away(unavailable);

export const shownDryRun = (run: Answer<"dryRun">): string =>
  facts([
    ["allowed", run.allowed ? "yes" : `no, ${run.refusal?.code}: ${run.refusal?.message}`],
    ["contract", run.contract.ok ? "fits" : `${run.contract.code}: ${run.contract.message}`],
    [
      "inbox",
      run.inbox.done
        ? `done ${when(run.inbox.handledAt)}`
        : run.inbox.withinRetention
          ? "not done"
          : "not done as far as it reaches back",
    ],
    ["to", `${run.queue}, episode ${run.episode}`],
    ["event", `${run.eventType} ${run.eventId ?? ""}`],
    ["body", cut(run.body, 600)],
  ]);

export const shownSelection = ({
  selected,
  replayed,
  refused,
  remaining,
  unavailable,
}: Answer<"replaySelection"> & Gaps): string =>
  `${replayed} of ${selected} sent again, ${refused.length} refused, ${remaining} left over.` +
  (refused.length > 0
    ? `\n${table(refused, [
        { title: "id", value: (one) => one.id, whole: true },
        { title: "code", value: (one) => one.code },
        { title: "why", value: (one) => one.message },
      ])}`
    : "") +
  away(unavailable);

/** `dlq <verb> [id]`: the dead letters, with the same verbs as REST. */
import {
  type Arguments,
  type Ask,
  type CommandDef,
  integerOption,
  jsonOption,
  type Output,
  replCommand,
  stringOption,
  UsageError,
  verbOf,
} from "./command.ts";
import { shownAudit, shownDryRun, shownGroups, shownLetter, shownList, shownSelection } from "./dlq-views.ts";

type Verb = (ask: Ask, args: Arguments) => Promise<Output>;

const filterOf = (args: Arguments) =>
  defined({
    consumer: stringOption(args, "consumer"),
    eventType: stringOption(args, "eventType"),
    fingerprint: stringOption(args, "fingerprint"),
    status: stringOption(args, "status"),
  });
const pagingOf = (args: Arguments) =>
  defined({
    cursor: stringOption(args, "cursor"),
    limit: integerOption(args, "limit"),
  });
const replayOptions = ({ options }: Arguments) => ({
  ...(options.newEventId === true && { newEventId: true }),
  ...(options.force === true && { force: true }),
});

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function idOf({ id, verb }: Arguments): string {
  if (typeof id !== "string" || id === "")
    throw new UsageError(`dlq ${String(verb)} needs the id of a dead letter; \`dlq list\` shows them.`);
  if (!/^[a-z][a-z0-9-]*:[0-9a-z-]+$/i.test(id))
    throw new UsageError(`${id} is not the id of a dead letter: it looks like consumer:eventId.`);
  return id;
}

const asked = async <T>(question: Promise<never>, show: (answer: T) => string): Promise<Output> => {
  const data: T = await question;
  return { data, text: show(data) };
};

const verbs: Record<string, Verb> = {
  list: (ask, args) => asked(ask("ops.listDeadLetters", { ...filterOf(args), ...pagingOf(args) }), shownList),
  groups: (ask, args) => asked(ask("ops.groupDeadLetters", filterOf(args)), shownGroups),
  show: (ask, args) => asked(ask("ops.showDeadLetter", { id: idOf(args) }), shownLetter),
  edit: (ask, args) => {
    const change = defined({
      payload: jsonOption(args, "payload"),
      body: jsonOption(args, "body"),
    });
    if (Object.keys(change).length !== 1)
      throw new UsageError("dlq edit needs --payload (or --body, where the body is no envelope).");
    return asked(ask("ops.editDeadLetter", { id: idOf(args), ...change }), shownLetter);
  },
  "dry-run": (ask, args) =>
    asked(
      ask("ops.replayDeadLetter", {
        id: idOf(args),
        dryRun: true,
        ...replayOptions(args),
      }),
      shownDryRun,
    ),
  replay: (ask, args) => {
    if (args.id !== undefined)
      return asked(ask("ops.replayDeadLetter", { id: idOf(args), ...replayOptions(args) }), shownLetter);
    const filter = filterOf(args);
    if (Object.keys(filter).length === 0)
      throw new UsageError("dlq replay needs an id, or a filter such as --fingerprint or --consumer.");
    const { limit } = pagingOf(args);
    return asked(
      ask("ops.replaySelection", {
        filter,
        ...defined({ limit }),
        ...replayOptions(args),
      }),
      shownSelection,
    );
  },
  discard: (ask, args) => {
    const reason = stringOption(args, "reason");
    if (reason === undefined) throw new UsageError('dlq discard needs --reason "why".');
    return asked(ask("ops.discardDeadLetter", { id: idOf(args), reason }), shownLetter);
  },
  restore: (ask, args) => asked(ask("ops.restoreDeadLetter", { id: idOf(args) }), shownLetter),
  audit: (ask, args) => {
    const which =
      args.id === undefined ? defined({ consumer: stringOption(args, "consumer") }) : { deadLetterId: idOf(args) };
    return asked(ask("ops.audit", { ...which, ...pagingOf(args) }), shownAudit);
  },
};

const WITHOUT_ID = ["list", "groups"];

async function letterIds([verb = "", ...more]: readonly string[], ask: Ask): Promise<string[]> {
  if (more.length > 0 || WITHOUT_ID.includes(verb)) return [];
  const { items }: { items: { id: string }[] } = await ask("ops.listDeadLetters", { limit: 100 });
  return items.map(({ id }) => id);
}

export const dlqDef: CommandDef = {
  command: "dlq <verb> [id]",
  description: `Dead letters. Verbs: ${Object.keys(verbs).join(", ")}.`,
  example: "dlq list --consumer search --status open",
  options: [
    { option: "--consumer <service>", description: "Only of this consumer" },
    { option: "--event-type <type>", description: "Only of this event type" },
    {
      option: "--fingerprint <text>",
      description: "Only of this cause (see dlq groups; in quotes)",
    },
    {
      option: "--status <status>",
      description: "open, replaying, resolved or discarded",
    },
    { option: "--limit <n>", description: "At most so many" },
    { option: "--cursor <cursor>", description: "The page that begins here" },
    {
      option: "--payload <json>",
      description: "edit: the event's new payload, whole",
    },
    {
      option: "--body <json>",
      description: "edit: the whole event, where the body is no envelope",
    },
    { option: "--reason <text>", description: "discard: why" },
    { option: "--new-event-id", description: "replay: under a new eventId" },
    {
      option: "--force",
      description: "replay: although it is older than the inbox, or its replay got lost",
    },
  ],
  words: (before, ask) => (before.length === 0 ? Object.keys(verbs) : letterIds(before, ask)),
  async run(ask, args) {
    return verbOf(verbs, "dlq", args)(ask, args);
  },
};

export const dlq = replCommand(dlqDef);

/** `outbox`: what each service's outbox still has to publish, and what shall be published once more. */
import { type Arguments, type Ask, type Output, replCommand, stringOption, UsageError, verbOf } from "./command.ts";
import { table, when } from "./table.ts";

interface Row {
  service: string;
  pending: number;
  unroutable: number;
  failed: number;
  oldestPendingAt: string | null;
  lastPublishedAt: string | null;
}

interface Republished {
  items: { service: string; found: number; republished: number }[];
  to: string;
  remaining: number;
  unavailable: string[];
}

async function state(ask: Ask): Promise<Output> {
  const data: { items: Row[]; unavailable: string[] } = await ask("ops.relays");
  const text = table(data.items, [
    { title: "service", value: (row) => row.service, whole: true },
    { title: "pending", value: (row) => row.pending, right: true },
    { title: "unroutable", value: (row) => row.unroutable, right: true },
    { title: "failed", value: (row) => row.failed, right: true },
    { title: "oldest pending", value: (row) => when(row.oldestPendingAt) },
    { title: "last published", value: (row) => when(row.lastPublishedAt) },
  ]);
  return { data, text: text + away(data.unavailable) };
}

/** Asks until nothing is left over: a service sends so many at a time. */
async function republish(ask: Ask, args: Arguments): Promise<Output> {
  const now = Date.now();
  const from = momentOption(args, "from", now);
  if (from === undefined) throw new UsageError("outbox republish needs --from, a moment or how long ago.");
  const to = momentOption(args, "to", now);
  const service = stringOption(args, "service");
  const eventType = stringOption(args, "eventType");
  const dryRun = args.options.dryRun === true;
  const params = { from, dryRun, ...(to && { to }), ...(service && { service }), ...(eventType && { eventType }) };
  const first: Republished = await ask("ops.republish", params);
  const sent = new Map(first.items.map((one) => [one.service, one.republished]));
  for (let last = first; last.remaining > 0; ) {
    last = await ask("ops.republish", { ...params, to: first.to });
    for (const one of last.items) sent.set(one.service, (sent.get(one.service) ?? 0) + one.republished);
    if (last.items.every(({ republished }) => republished === 0)) break;
  }
  const items = first.items.map((one) => ({ ...one, republished: sent.get(one.service) ?? 0 }));
  const text = table(
    items.filter(({ found }) => found > 0),
    [
      { title: "service", value: (row) => row.service, whole: true },
      { title: "found", value: (row) => row.found, right: true },
      { title: "sent again", value: (row) => row.republished, right: true },
    ],
    "Nothing was published then.",
  );
  return { data: { ...first, items, from }, text: text + away(first.unavailable) };
}

const AGO = /^(\d+)([mhd])$/;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 24 * 3_600_000 } as const;

/** `2026-11-27T10:00:00Z`, or `90m`, `2h`, `3d` ago. @returns ISO 8601 */
function momentOption(args: Arguments, name: string, now: number): string | undefined {
  const value = stringOption(args, name);
  if (value === undefined) return undefined;
  const ago = AGO.exec(value);
  const time = ago ? now - Number(ago[1]) * UNIT_MS[ago[2] as keyof typeof UNIT_MS] : Date.parse(value);
  if (Number.isNaN(time))
    throw new UsageError(`--${name} must be a moment such as 2026-11-27T10:00:00Z, or 90m, 2h, 3d ago; not ${value}.`);
  return new Date(time).toISOString();
}

const verbs: Record<string, (ask: Ask, args: Arguments) => Promise<Output>> = { republish };

export const outbox = replCommand({
  command: "outbox [verb]",
  description:
    "Events and replays that wait to be published, per service. `outbox republish` sends again what was published in an " +
    "interval: for a broker that lost its data, or a service that was restored from a backup.",
  example: "outbox republish --from 2h --dry-run",
  options: [
    {
      option: "--from <moment>",
      description: "republish: published since then (2026-11-27T10:00:00Z, or 90m, 2h, 3d ago)",
    },
    { option: "--to <moment>", description: "republish: published before it; now, if left out" },
    { option: "--service <name>", description: "republish: only what this service has published" },
    { option: "--event-type <type>", description: "republish: only these" },
    { option: "--dry-run", description: "republish: only count" },
  ],
  words: async (before) => (before.length === 0 ? Object.keys(verbs) : []),
  async run(ask, args) {
    if (args.verb === undefined) return state(ask);
    return verbOf(verbs, "outbox", args)(ask, args);
  },
});

export const away = (services: readonly string[] = []): string =>
  services.length > 0 ? `\nNo answer from: ${services.join(", ")}.` : "";

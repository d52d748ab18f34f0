/** `outbox`: what each service's outbox still has to publish. */
import { replCommand } from "./command.ts";
import { table, when } from "./table.ts";

interface Row {
  service: string;
  pending: number;
  unroutable: number;
  failed: number;
  oldestPendingAt: string | null;
  lastPublishedAt: string | null;
}

export const outbox = replCommand({
  command: "outbox",
  description: "Events and replays that wait to be published, per service.",
  example: "outbox",
  async run(ask) {
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
  },
});

export const away = (services: readonly string[] = []): string =>
  services.length > 0 ? `\nNo answer from: ${services.join(", ")}.` : "";

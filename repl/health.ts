/** `health`: is everything there, and is anything stuck? */
import { type Ask, replCommand } from "./command.ts";
import { table } from "./table.ts";

interface Line {
  what: string;
  state: "ok" | "look" | "away";
  detail: string;
}

export const health = replCommand({
  command: "health",
  description: "Services, outboxes, queues and dead letters at a glance.",
  example: "health",
  async run(ask) {
    const lines = await Promise.all([
      look(
        "outboxes",
        ask,
        "ops.relays",
        ({
          items,
          unavailable,
        }: {
          items: { pending: number; failed: number; unroutable: number }[];
          unavailable: string[];
        }) => {
          const [pending, failed, unroutable] = [sum(items, "pending"), sum(items, "failed"), sum(items, "unroutable")];
          return {
            fine: failed + unroutable + unavailable.length === 0,
            detail: `${pending} pending, ${unroutable} unroutable, ${failed} failed${missing(unavailable)}`,
          };
        },
      ),
      look("relay", ask, "relay.status", ({ state, holder }: { state: string; holder: string | null }) => ({
        fine: holder !== null,
        detail: `${state}, lease held by ${holder ?? "nobody"}`,
      })),
      look(
        "queues",
        ask,
        "ops.queues",
        ({
          items,
        }: {
          items: {
            name: string;
            messages: number | null;
            consumers: number | null;
          }[];
        }) => {
          const alone = items
            .filter(({ name, consumers }) => !name.includes(".retry.") && !consumers)
            .map(({ name }) => name);
          return {
            fine: alone.length === 0,
            detail: `${sum(items, "messages")} messages${alone.length > 0 ? `; nobody consumes ${alone.join(", ")}` : ""}`,
          };
        },
      ),
      look(
        "dead letters",
        ask,
        "ops.groupDeadLetters",
        ({ items, unavailable }: { items: { count: number }[]; unavailable: string[] }) => ({
          fine: items.length === 0 && unavailable.length === 0,
          detail: `${sum(items, "count")} open of ${items.length} causes${missing(unavailable)}`,
        }),
      ),
    ]);
    const text = table(lines, [
      { title: "what", value: (line) => line.what, whole: true },
      { title: "state", value: (line) => line.state, whole: true },
      { title: "detail", value: (line) => line.detail },
    ]);
    return { data: lines, text };
  },
});

const sum = <K extends string>(items: readonly Record<K, number | null>[], field: K): number =>
  items.reduce((total, item) => total + (item[field] ?? 0), 0);
const missing = (services: readonly string[]): string =>
  services.length > 0 ? `; no answer from ${services.join(", ")}` : "";

async function look<T>(
  what: string,
  ask: Ask,
  action: string,
  judge: (answer: T) => { fine: boolean; detail: string },
): Promise<Line> {
  try {
    const { fine, detail } = judge(await ask(action));
    return { what, state: fine ? "ok" : "look", detail };
  } catch (error) {
    return {
      what,
      state: "away",
      detail: error instanceof Error ? error.message : String(error),
    };
  }
}

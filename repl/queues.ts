/** `queues`: depth and consumers of every queue. */
import { type Arguments, replCommand } from "./command.ts";
import { table } from "./table.ts";

interface Queue {
  name: string;
  messages: number | null;
  consumers: number | null;
}

export const queues = replCommand({
  command: "queues [service]",
  description: "Messages and consumers of each queue; all queues that hold something or nobody consumes are marked.",
  example: "queues search",
  options: [{ option: "--busy", description: "Only queues that hold messages" }],
  words: async (before, ask) => {
    if (before.length > 0) return [];
    const { items }: { items: Queue[] } = await ask("ops.queues");
    return [...new Set(items.map(({ name }) => name.split(".", 1)[0] as string))];
  },
  async run(ask, args) {
    const data: { items: Queue[] } = await ask("ops.queues");
    const items = data.items.filter((queue) => wanted(queue, args));
    const text = table(items, [
      { title: "queue", value: (queue) => queue.name, whole: true },
      { title: "messages", value: (queue) => queue.messages, right: true },
      { title: "consumers", value: (queue) => queue.consumers, right: true },
      { title: "remark", value: remark },
    ]);
    return { data: { items }, text };
  },
});

const wanted = (queue: Queue, { service, options }: Arguments): boolean =>
  (service === undefined || queue.name.startsWith(`${String(service)}.`)) &&
  (!options.busy || (queue.messages ?? 0) > 0);

function remark({ name, messages, consumers }: Queue): string {
  if (messages === null) return "does not exist";
  if (consumers === 0 && !name.includes(".retry."))
    return messages > 0 ? "nobody consumes, and it grows" : "nobody consumes";
  return "";
}

/** `relay`: who publishes the outboxes, and how it is doing. */
import { replCommand } from "./command.ts";
import { facts } from "./table.ts";

export const relay = replCommand({
  command: "relay",
  description: "State of the outbox relay: lease, epoch, counters.",
  example: "relay --json",
  async run(ask) {
    const data: Record<string, unknown> = await ask("relay.status");
    return { data, text: facts(flat(data)) };
  },
});

/** Nested counters become `tenure.published` and so on. */
const flat = (value: object, prefix = ""): [string, unknown][] =>
  Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === "object" &&
    inner !== null &&
    !Array.isArray(inner) &&
    !(inner instanceof Date) &&
    Object.keys(inner).length > 0
      ? flat(inner, `${prefix}${name}.`)
      : [[`${prefix}${name}`, inner] as [string, unknown]],
  );

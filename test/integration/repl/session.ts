/** Run by repl.test.ts in a process of its own: the lab behind a real Moleculer REPL on stdin and stdout. */
import repl from "moleculer-repl";
import { commands } from "../../../repl/index.ts";
import { startLab } from "../dead-letters/lab.ts";

async function main(): Promise<void> {
  const lab = await startLab();
  lab.broker.createService({
    name: "analytics",
    actions: {
      biography: ({ params }) => ({
        eventId: params.eventId,
        eventType: "thing.made",
        consumers: [{ consumer: "lab", result: "handled", at: new Date(0) }],
      }),
    },
  });
  const { id, eventId } = await lab.dead({ size: 1, note: "x".repeat(300) });
  const { id: second } = await lab.dead({ size: "broken" }, "CONTRACT_VIOLATED");
  process.stdout.write(`ready ${JSON.stringify({ id, eventId, second })}\n`);
  process.once("SIGTERM", () => void lab.dispose().then(() => process.exit(0)));
  repl(lab.broker, { customCommands: commands as never, delimiter: "$" });
}

void main();

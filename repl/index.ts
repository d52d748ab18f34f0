/** Our commands of the Moleculer REPL (`npm run repl`): `repl(broker, { customCommands: commands })`. */
import type { ReplCommand } from "./command.ts";
import { dlq } from "./dlq.ts";
import { event } from "./event.ts";
import { health } from "./health.ts";
import { outbox } from "./outbox.ts";
import { queues } from "./queues.ts";
import { relay } from "./relay.ts";
import { user } from "./user.ts";

export const commands: ReplCommand[] = [outbox, relay, queues, dlq, event, user, health];

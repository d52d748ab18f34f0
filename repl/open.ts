/** Opens the Moleculer REPL with our commands and their completion. */
import type { REPLServer } from "node:repl";
import type { ServiceBroker } from "moleculer";
import repl from "moleculer-repl";
import { askOf } from "./command.ts";
import { complete } from "./complete.ts";
import { commands } from "./index.ts";

type Done = (error: Error | null, completion: [string[], string]) => void;

export function openRepl(broker: ServiceBroker, delimiter: string): void {
  stopOnce(broker);
  const server = repl(broker, { customCommands: commands as never, delimiter }) as unknown as REPLServer;
  const builtIn = server.completer as (line: string, done: Done) => void;
  const ask = askOf(broker);
  const completer = (line: string, done: Done): void => {
    const ours = complete(
      line,
      commands.map((command) => command.completable),
      ask,
    );
    // Nobody answers: no words then.
    ours.then(
      (found) => (found ? done(null, found) : builtIn(line, done)),
      () => done(null, [[], line]),
    );
  };
  Object.assign(server, { completer });
}

/** moleculer-repl stops it at `quit`, and at the end of its input again: the second time its ports are closed already. */
export function stopOnce(broker: ServiceBroker): void {
  const stop = broker.stop.bind(broker);
  let stopping: Promise<void> | undefined;
  broker.stop = () => {
    stopping ??= stop();
    return stopping;
  };
}

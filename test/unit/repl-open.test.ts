import { expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { stopOnce } from "../../repl/open.ts";

it("`quit` at the end of the input stops the broker once: both wait for the same stop", async () => {
  let stops = 0;
  const broker = { stop: async () => void stops++ } as unknown as ServiceBroker;
  stopOnce(broker);
  await Promise.all([broker.stop(), broker.stop()]);
  expect(stops).toBe(1);
});

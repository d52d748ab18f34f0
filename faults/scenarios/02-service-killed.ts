/** A service dies inside its transaction, and after the commit before anyone has the answer: the key tells. */
import { type Answer, allServices, Rest } from "../../test/support/product.ts";
import type { FaultNode } from "../lib/fault-node.ts";
import type { Lab } from "../lib/lab.ts";
import { settle } from "../lib/resident.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

export default scenario({
  row: 2,
  name: "service-killed",
  fault: "SIGKILL of a service inside the transaction, and after the commit before the HTTP answer",
  domain: "product",
  alone: "it starts the whole product itself",
  deadlineMs: 240_000,
  async run(lab) {
    const others = allServices.filter((name) => name !== "tickets");
    const home = await lab.start("home", { services: others, env: { REQUEST_TIMEOUT_MS: "3000" } });
    const node = await lab.start("tickets", { services: ["tickets"] });
    const rest = new Rest(home.url);
    const { person, unitId } = await settle(rest);
    const resident = rest.as(person);
    const inside = await killAt(lab, node, "service.in-transaction", (key) => create(resident, unitId, key));
    const after = await killAt(lab, node, "service.after-commit", (key) => create(resident, unitId, key));
    if (inside.replayed) throw new Error("An answer was stored by a transaction that has not committed.");
    if (!after.replayed) throw new Error("The repeat after the commit was done anew.");
    const happened = "two requests cut off; each repeat with its Idempotency-Key gave one ticket and one answer";
    return { happened, healedMs: Math.max(inside.healedMs, after.healedMs) };
  },
});

const create = (rest: Rest, unitId: string, key: string): Promise<Answer> =>
  rest.post(
    "/tickets",
    { unitId, category: "other", title: `Tap ${key}`, description: "It drips." },
    { "idempotency-key": key },
  );

async function killAt(lab: Lab, node: FaultNode, point: string, post: (key: string) => Promise<Answer>) {
  await node.stop();
  await node.start(point);
  // A node hears of another one's services up to a second after they have started: until then it answers 503.
  const cut = await until("the request that is cut off", 20_000, async () => {
    const answer = await post(point);
    return node.isUp ? undefined : answer;
  });
  const { signal, at } = await node.exited;
  if (signal !== "SIGKILL") throw new Error(`${point}: ${signal} instead of SIGKILL`);
  if (cut.status < 500) throw new Error(`${point}: ${cut.status} although the service had died`);
  await node.start("");
  const repeat = await until("the repeat's answer", 20_000, async () => {
    const answer = await post(point);
    return answer.status === 201 ? answer : undefined;
  });
  const healedMs = performance.now() - at;
  const again = await post(point);
  if (JSON.stringify(again.body) !== JSON.stringify(repeat.body)) throw new Error(`${point}: two answers to one key`);
  lab.ledger.record({
    owner: "tickets",
    eventType: "ticket.created",
    state: "accepted",
    aggregateId: repeat.body.id as string,
  });
  const made = await lab
    .database("tickets")
    .collection("tickets")
    .countDocuments({ title: `Tap ${point}` });
  if (made !== 1) throw new Error(`${point}: ${made} tickets`);
  return { replayed: repeat.headers.get("idempotency-replayed") === "true", healedMs };
}

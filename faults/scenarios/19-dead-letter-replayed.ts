/** Dead letters replayed by two operators at the same moment, twice, after they have succeeded, and edited. */
import type { ServiceBroker } from "moleculer";
import type { Actor } from "../../mixins/kit/actor.ts";
import { type AuditEntry, DEAD_LETTER_AUDIT } from "../../mixins/retry/dead-letter.ts";
import type { Lab } from "../lib/lab.ts";
import { deadLetterOf } from "../lib/poison.ts";
import { scenario } from "../lib/scenario.ts";
import { until } from "../lib/wait.ts";

const operator = (name: string): Actor => ({
  userId: name,
  sessionId: "s",
  roles: [{ role: "admin", buildingId: null }],
  memberships: [],
});

type Ask = (action: string, params: object, by?: string) => Promise<{ version: number; status: string }>;

export default scenario({
  row: 19,
  name: "dead-letter-replayed",
  fault: "a dead letter replayed twice, by two operators at once, after success, edited, discarded and restored",
  domain: "probe,alpha,beta,ops,relay",
  async run(lab) {
    await lab.start("relay", { services: ["relay", "ops", "probe", "beta"] });
    const sick = await lab.start("sick", { services: ["alpha"] });
    const poisons = await lab.facts.writeMany(4, { mode: "throw", only: "alpha" });
    const letters = await Promise.all(poisons.map((eventId) => deadLetterOf(lab, eventId, 60_000)));
    const [both = "", twice = "", edited = "", restored = ""] = letters.map(({ _id }) => _id);
    await sick.stop();
    await lab.start("mended", { services: ["alpha"], env: { PROBE_MENDED: "yes" } });
    const broker = await join(lab);
    const ask: Ask = (action, params, by = "ann") =>
      broker.call(`ops.${action}`, params, { meta: { actor: operator(by) } });

    // The node of ops hears of the mended one up to a second later.
    await until("the owner of the dead letters", 20_000, () =>
      ask("showDeadLetter", { id: both }).then(
        () => true,
        () => false,
      ),
    );
    const rivals = await replayAtOnce(ask, both);
    await replayTwice(lab, ask, twice);
    await ask("editDeadLetter", { id: edited, payload: { n: 1_000_000, mode: "ok" } });
    await ask("replayDeadLetter", { id: edited });
    await ask("discardDeadLetter", { id: restored, reason: "told so" });
    await ask("restoreDeadLetter", { id: restored });
    await ask("replayDeadLetter", { id: restored }, "bob");
    if (!(await lab.quiet(20_000))) throw new Error("The replays had no end after 20 s.");
    // Every look settles what has been handled.
    const shown = await Promise.all(letters.map(({ _id: id }) => ask("showDeadLetter", { id })));
    const open = shown.filter(({ status }) => status !== "resolved");
    if (open.length > 0) throw new Error(`${open.length} dead letters are not resolved.`);
    await checkSteps(lab, { both, twice, edited, restored });
    return {
      happened: `4 dead letters; of ten replays at once one was taken, ${rivals} refused; all resolved`,
      healedMs: null,
    };
  },
});

/** As the operators' shell does: a node without services. */
async function join(lab: Lab): Promise<ServiceBroker> {
  const broker = await lab.operator();
  await broker.waitForServices(["ops", "alpha"], 20_000);
  return broker;
}

/** @returns how many were refused */
async function replayAtOnce(ask: Ask, id: string): Promise<number> {
  const tries = Array.from({ length: 10 }, (_, index) => ask("replayDeadLetter", { id }, index % 2 ? "ann" : "bob"));
  const taken = (await Promise.allSettled(tries)).filter(({ status }) => status === "fulfilled").length;
  if (taken !== 1) throw new Error(`${taken} of ten replays at once were taken.`);
  return tries.length - taken;
}

async function replayTwice(lab: Lab, ask: Ask, id: string): Promise<void> {
  await ask("replayDeadLetter", { id });
  await lab.quiet(20_000);
  const again = await ask("replayDeadLetter", { id }, "bob").then(
    () => "taken",
    () => "refused",
  );
  if (again !== "refused") throw new Error("A dead letter whose event is done was replayed.");
}

const STEPS = {
  both: "archived,replayed,resolved",
  twice: "archived,replayed,resolved",
  edited: "archived,edited,replayed,resolved",
  restored: "archived,discarded,restored,replayed,resolved",
} as const;

async function checkSteps(lab: Lab, ids: Record<keyof typeof STEPS, string>): Promise<void> {
  for (const [name, deadLetterId] of Object.entries(ids) as [keyof typeof STEPS, string][]) {
    const audit = lab.database("alpha").collection<AuditEntry>(DEAD_LETTER_AUDIT);
    const entries = await audit.find({ deadLetterId }).sort({ _id: 1 }).toArray();
    const steps = entries.map(({ step }) => step).join(",");
    if (steps !== STEPS[name]) throw new Error(`Audit of ${name}: ${steps} instead of ${STEPS[name]}`);
  }
}

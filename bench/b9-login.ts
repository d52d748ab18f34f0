import { hashPassword, passwordMatches } from "../services/iam/passwords.ts";
import { newSession } from "../services/iam/sessions.ts";
import type { World } from "../test/support/cluster.ts";
import { ADMIN, type Person, type Rest, startProduct } from "../test/support/product.ts";
import type { Bench, Figures } from "./lib/bench.ts";
import { rate } from "./lib/lab.ts";
import { post } from "./lib/load.ts";
import { figure, median } from "./lib/summary.ts";
import { openWorld } from "./lib/world.ts";

const LOG_INS = 120;
/** People who log in one after the other: more than hashes are made at a time. */
const AT_ONCE = 6;
const SESSIONS = 1_000;

export const b9: Bench = {
  id: "B9",
  title: `log-in beside argon2id alone, and the end of ${SESSIONS.toLocaleString("en")} sessions`,
  units: { rate: "log-ins/s", p50: "ms", ended: "ms" },
  goals: [
    {
      name: "share of argon2id in the time of one log-in by REST, one at a time",
      value: (r) => figure(r, "argon2id alone", "p50") / figure(r, "POST /auth/login", "p50"),
      atLeast: 0.6,
    },
    {
      name: "log-ins by REST, of argon2id verifications alone",
      value: (r) => figure(r, "POST /auth/login", "rate") / figure(r, "argon2id alone", "rate"),
      atLeast: 0.6,
    },
    {
      name: "POST /auth/logout-all until the last of 1,000 sessions is ended and its token refused, ms",
      value: (r) => figure(r, "logout-all", "ended"),
      atMost: 1_000,
    },
  ],
  limit:
    "Log-in: argon2id itself (19 MiB, 2 passes) on two cores; beside it one read of the account, one of the counts, a session that has to be on disk (2 ms), HTTP and the client on the same cores. Sessions: one update of many documents.",
  async open() {
    const world = await openWorld({ RATE_LIMIT_PER_MINUTE: 10_000_000, RATE_LIMIT_AUTH_PER_MINUTE: 10_000_000 });
    const { rest } = await startProduct(world);
    const stored = await hashPassword(ADMIN.password);
    const people: Person[] = [];
    const login = async (who: number): Promise<void> => {
      const { email, password } = people[who] as Person;
      const { status } = await post(`${rest.url}/api/v1/auth/login`, "none", { email, password });
      if (status !== 200) throw new Error(`POST /auth/login: ${status}`);
    };
    const verify = async (): Promise<void> => void (await passwordMatches(stored, ADMIN.password));
    const admin = await rest.admin();
    while (people.length < AT_ONCE) people.push(await rest.newPerson(admin, `Person${people.length}`));
    const leaver = await rest.newPerson(admin, "Leaver");
    const variants = [
      { name: "POST /auth/login", measure: () => measured(login) },
      { name: "argon2id alone", measure: () => measured(verify) },
      { name: "logout-all", measure: () => endSessions(world, rest, leaver.email, leaver.password) },
    ];
    return { variants, close: () => world.dispose() };
  },
};

async function measured(one: (who: number) => Promise<void>): Promise<Figures> {
  const times: number[] = [];
  while (times.length < LOG_INS / 4) {
    const since = performance.now();
    await one(0);
    times.push(performance.now() - since);
  }
  return { rate: await rateOf(one), p50: median(times) };
}

async function rateOf(one: (who: number) => Promise<void>): Promise<number> {
  const since = performance.now();
  let left = LOG_INS;
  const worker = async (who: number): Promise<void> => {
    while (left-- > 0) await one(who);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, who) => worker(who)));
  return rate(LOG_INS, since);
}

async function endSessions(world: World, rest: Rest, email: string, password: string): Promise<Figures> {
  const person = await rest.login(email, password);
  const sessions = world.client.db(`${world.env.DB_PREFIX}_iam`).collection("sessions");
  const others = Array.from(
    { length: SESSIONS - 1 },
    () => newSession({ _id: person.id, sessionVersion: 1 }, new Date()).session,
  );
  await sessions.insertMany(others as never[]);
  const since = performance.now();
  await rest.ok(204, rest.as(person).post("/auth/logout-all"));
  const { status } = await rest.as(person).get("/users/me");
  const alive = await sessions.countDocuments({ userId: person.id, endedAt: null });
  const ended = performance.now() - since;
  if (status !== 401 || alive > 0) throw new Error(`${alive} sessions live on; GET /users/me: ${status}`);
  await sessions.deleteMany({ userId: person.id });
  return { ended };
}

import { hashPassword, passwordMatches } from "../services/iam/passwords.ts";
import { newSession } from "../services/iam/sessions.ts";
import type { World } from "../test/support/cluster.ts";
import { ADMIN, type Rest, startProduct } from "../test/support/product.ts";
import type { Bench, Figures } from "./lib/bench.ts";
import { rate } from "./lib/lab.ts";
import { post } from "./lib/load.ts";
import { figure } from "./lib/summary.ts";
import { openWorld } from "./lib/world.ts";

const LOG_INS = 60;
/** libuv's threads: as many hashes as are made at a time. */
const AT_ONCE = 4;
const SESSIONS = 1_000;

export const b9: Bench = {
  id: "B9",
  title: `log-in beside argon2id alone, and the end of ${SESSIONS.toLocaleString("en")} sessions`,
  units: { rate: "log-ins/s", ended: "ms" },
  goals: [
    {
      name: "log-ins by REST, of argon2id verifications alone",
      value: (r) => figure(r, "POST /auth/login", "rate") / figure(r, "argon2id alone", "rate"),
      atLeast: 0.8,
    },
    {
      name: "POST /auth/logout-all until the last of 1,000 sessions is ended and its token refused, ms",
      value: (r) => figure(r, "logout-all", "ended"),
      atMost: 1_000,
    },
  ],
  limit:
    "Log-in: argon2id itself (19 MiB, 2 passes), two at a time on two cores. Sessions: one update of many documents.",
  async open() {
    const world = await openWorld({ RATE_LIMIT_PER_MINUTE: 10_000_000, RATE_LIMIT_AUTH_PER_MINUTE: 10_000_000 });
    const { rest } = await startProduct(world);
    const stored = await hashPassword(ADMIN.password);
    const login = async (): Promise<void> => {
      const { status } = await post(`${rest.url}/api/v1/auth/login`, "none", ADMIN);
      if (status !== 200) throw new Error(`POST /auth/login: ${status}`);
    };
    const verify = async (): Promise<void> => void (await passwordMatches(stored, ADMIN.password));
    const admin = await rest.admin();
    const leaver = await rest.newPerson(admin, "Leaver");
    const variants = [
      { name: "POST /auth/login", measure: () => many(login) },
      { name: "argon2id alone", measure: () => many(verify) },
      { name: "logout-all", measure: () => endSessions(world, rest, leaver.email, leaver.password) },
    ];
    return { variants, close: () => world.dispose() };
  },
};

async function many(one: () => Promise<void>): Promise<Figures> {
  const since = performance.now();
  let left = LOG_INS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { rate: rate(LOG_INS, since) };
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

/**
 * A small demo building for a development start on an empty database, made through the REST API as a user would.
 * Its accounts share one password, made once per data directory.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bookings } from "./demo-bookings.ts";
import { community } from "./demo-community.ts";
import { sleep } from "./say.ts";

export interface DemoAccount {
  role: string;
  email: string;
}

const PEOPLE = {
  manager: { email: "mara.manager@example.com", displayName: "Mara Manager" },
  staff: { email: "sam.staff@example.com", displayName: "Sam Staff" },
  resident: { email: "rita.resident@example.com", displayName: "Rita Resident" },
  neighbour: { email: "ned.neighbour@example.com", displayName: "Ned Neighbour" },
} as const;

export const demoAccounts: readonly DemoAccount[] = Object.entries(PEOPLE).map(([role, { email }]) => ({
  role,
  email,
}));

export function demoPassword(dataDir: string): string {
  const file = join(dataDir, "demo-password");
  if (!existsSync(file)) writeFileSync(file, randomBytes(12).toString("base64url"), { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the API answers
type Json = any;
type Call = (method: string, path: string, body?: object) => Promise<Json>;

function client(url: string, token?: string): Call {
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(body && { "content-type": "application/json" }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
}

export interface Account {
  id: string;
  call: Call;
}

export interface DemoOptions {
  url: string;
  admin: { email: string; password: string };
  password: string;
}

/** @returns true when the demo building was made, false when the database was not empty @throws Error of the API */
export async function seedDemo({ url, admin, password }: DemoOptions): Promise<boolean> {
  const root = await login(url, admin.email, admin.password);
  if ((await root.call("GET", "/buildings?limit=1")).items.length > 0) return false;
  const join = (person: { email: string; displayName: string }) => register(url, root, { ...person, password });
  const [managing, working, resident, neighbour] = await Promise.all([
    join(PEOPLE.manager),
    join(PEOPLE.staff),
    join(PEOPLE.resident),
    join(PEOPLE.neighbour),
  ]);
  const place = { name: "Linden Court", address: "12 Linden Street, Berlin", timeZone: "Europe/Berlin" };
  const { id: buildingId } = await root.call("POST", "/buildings", { ...place, managerId: managing.id });
  await root.call("POST", `/users/${managing.id}/roles`, { role: "manager", buildingId });
  await root.call("POST", `/users/${working.id}/roles`, { role: "staff", buildingId });
  // A new role ends the session.
  const [manager, staff] = await Promise.all([
    login(url, PEOPLE.manager.email, password),
    login(url, PEOPLE.staff.email, password),
  ]);
  const home = await moveIn(manager, buildingId, { name: "A 1.01", floor: 1 }, resident, "owner");
  const next = await moveIn(manager, buildingId, { name: "A 1.02", floor: 1 }, neighbour, "tenant");
  await tickets({ manager, staff, resident, neighbour }, home, next);
  await bookings({ manager, resident, neighbour }, buildingId);
  await community({ manager, staff, resident, neighbour });
  return true;
}

async function login(url: string, email: string, password: string): Promise<Account> {
  const { accessToken } = await client(url)("POST", "/auth/login", { email, password });
  const call = client(url, accessToken);
  return { id: (await call("GET", "/users/me")).id, call };
}

async function register(
  url: string,
  root: Account,
  person: { email: string; displayName: string; password: string },
): Promise<Account> {
  const open = client(url);
  await open("POST", "/auth/register", person);
  const token = await mailedToken(root, person.email);
  await open("POST", "/auth/verify-email", { token });
  return login(url, person.email, person.password);
}

async function mailedToken(root: Account, email: string): Promise<string> {
  return eventually(`An e-mail with a verification token for ${email}`, async () => {
    const { items } = await root.call("GET", `/ops/deliveries?to=${encodeURIComponent(email)}`);
    return /^ey[\w-]+\.[\w-]+\.[\w-]+$/m.exec(items[0]?.text ?? "")?.[0];
  });
}

/** Asks until there is an answer. @throws Error after 10 s */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(100);
  }
  throw new Error(`${what} has not come.`);
}

async function moveIn(
  manager: Account,
  buildingId: string,
  unit: { name: string; floor: number },
  person: Account,
  relation: string,
): Promise<string> {
  const { id: unitId } = await manager.call("POST", `/buildings/${buildingId}/units`, unit);
  const { code } = await manager.call("POST", `/units/${unitId}/codes`, {});
  await person.call("POST", "/residencies", { unitId, relation, code });
  // Who lives where is known by an event.
  await eventually("The membership", async () => (await person.call("GET", "/buildings")).items[0]);
  return unitId;
}

async function tickets(
  { manager, staff, resident, neighbour }: Record<keyof typeof PEOPLE, Account>,
  home: string,
  next: string,
): Promise<void> {
  const report = (by: Account, unitId: string, fields: object): Promise<{ id: string }> =>
    by.call("POST", "/tickets", { unitId, ...fields });
  const step = (by: Account, { id }: { id: string }, body: object) =>
    by.call("POST", `/tickets/${id}/transitions`, body);
  await report(resident, home, {
    category: "plumbing",
    title: "Leaking tap in the kitchen",
    description: "Water drips under the sink, more at night.",
  });
  const radiator = await report(neighbour, next, {
    category: "heating",
    priority: "high",
    title: "Radiator stays cold",
    description: "The radiator in the bedroom does not get warm any more.",
  });
  await manager.call("POST", `/tickets/${radiator.id}/assign`, { assigneeId: staff.id });
  await step(staff, radiator, { to: "in_progress" });
  const lamp = await report(resident, home, {
    category: "electrical",
    title: "Lamp in the stairway is broken",
    description: "First floor, next to the elevator.",
  });
  await step(staff, lamp, { to: "in_progress" });
  await step(staff, lamp, { to: "resolved", resolution: "The lamp was replaced." });
}

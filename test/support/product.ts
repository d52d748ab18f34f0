/** The whole product in one broker, and a client that knows it by REST only. */
import { fileURLToPath } from "node:url";
import type { ServiceBroker } from "moleculer";
import { knownServices } from "../../scripts/lib/nodes.ts";
import { contracts } from "../../services/contracts.ts";
import type { NodeOptions, World } from "./cluster.ts";
import { waitFor } from "./env.ts";
import { urlOf } from "./gateway-domain.ts";

/** Every folder below `services/` that holds a service. */
export const allServices = knownServices(fileURLToPath(new URL("../../", import.meta.url)));
const schemas: NodeOptions["services"] = await Promise.all(
  allServices.map(async (name) => (await import(`../../services/${name}/${name}.service.ts`)).default),
);

export async function startProduct(
  world: World,
  options: Omit<NodeOptions, "contracts" | "services"> = {},
): Promise<{ broker: ServiceBroker; rest: Rest }> {
  const broker = await world.startBroker({ contracts, services: schemas, ...options });
  return { broker, rest: new Rest(urlOf(broker)) };
}

/** The smallest picture. */
export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  body: any;
}

export interface Person {
  id: string;
  email: string;
  password: string;
  token: string;
  refreshToken: string;
}

export const ADMIN = { email: "admin@example.com", password: "correct horse battery" };

/** A client of the REST API. `as(person)` calls with their token. */
export class Rest {
  readonly url: string;
  readonly #token: string | undefined;
  constructor(url: string, token?: string) {
    this.url = url;
    this.#token = token;
  }

  as(person: { token: string }): Rest {
    return new Rest(this.url, person.token);
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && {
        body: typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    const parsed = text === "" ? undefined : isJson ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: parsed };
  }

  get = (path: string, headers?: Record<string, string>) => this.call("GET", path, undefined, headers);
  post = (path: string, body: unknown = {}, headers?: Record<string, string>) => this.call("POST", path, body, headers);
  patch = (path: string, body: unknown, headers?: Record<string, string>) => this.call("PATCH", path, body, headers);
  delete = (path: string) => this.call("DELETE", path);

  /** @throws Error with the whole answer when the status is another one */
  async ok(status: number, answer: Promise<Answer>): Promise<Answer> {
    const got = await answer;
    if (got.status !== status) throw new Error(`${got.status} instead of ${status}: ${JSON.stringify(got.body)}`);
    return got;
  }

  async login(email: string, password: string): Promise<Person> {
    const { body } = await this.ok(200, this.post("/auth/login", { email, password }));
    const { accessToken: token, refreshToken } = body;
    const me = await this.ok(200, this.as({ token }).get("/users/me"));
    return { id: me.body.id, email, password, token, refreshToken };
  }

  admin = (): Promise<Person> => this.login(ADMIN.email, ADMIN.password);

  /** Registers, takes the token out of the e-mail, verifies, logs in. */
  async newPerson(admin: { token: string }, name: string): Promise<Person> {
    const email = `${name.toLowerCase()}@example.com`;
    const password = `a long password of ${name}`;
    await this.ok(201, this.post("/auth/register", { email, password, displayName: name }));
    await this.ok(200, this.post("/auth/verify-email", { token: await this.mailedToken(admin, email) }));
    return this.login(email, password);
  }

  async mailedToken(admin: { token: string }, email: string): Promise<string> {
    const mail = await waitFor(
      async () => (await this.as(admin).get(`/ops/deliveries?to=${encodeURIComponent(email)}`)).body.items[0],
      { message: `an e-mail to ${email}` },
    );
    return /^(ey[\w-]+\.[\w-]+\.[\w-]+)$/m.exec(mail.text)?.[1] ?? "";
  }

  /** A building with a manager of its own and one unit. */
  async newBuilding(admin: Person, name: string): Promise<{ buildingId: string; unitId: string; manager: Person }> {
    const manager = await this.newPerson(admin, `${name}-manager`);
    const building = await this.ok(
      201,
      this.as(admin).post("/buildings", {
        name,
        address: "1 Lime Street",
        timeZone: "Europe/Berlin",
        managerId: manager.id,
      }),
    );
    const buildingId = building.body.id;
    await this.ok(200, this.as(admin).post(`/users/${manager.id}/roles`, { role: "manager", buildingId }));
    // The new role has ended the session.
    Object.assign(manager, await this.login(manager.email, manager.password));
    const unit = await this.ok(201, this.as(manager).post(`/buildings/${buildingId}/units`, { name: "A1", floor: 1 }));
    return { buildingId, unitId: unit.body.id, manager };
  }

  /** Claims the unit by a fresh code, and waits until that counts. */
  async moveIn(person: Person, manager: Person, unitId: string): Promise<void> {
    const { body } = await this.ok(201, this.as(manager).post(`/units/${unitId}/codes`, {}));
    const claim = { unitId, relation: "tenant", code: body.code };
    const claimed = await this.ok(201, this.as(person).post("/residencies", claim));
    // Memberships follow the event.
    const isKnown = async () => (await this.as(person).get(`/buildings/${claimed.body.buildingId}`)).status === 200;
    await waitFor(isKnown, { message: `${person.email} to be known as a resident` });
  }

  /** Ends whatever makes them a resident; others follow the event. Rejects when nothing does. */
  async moveOut(person: Person): Promise<void> {
    const { items } = (await this.ok(200, this.as(person).get("/residencies?status=verified"))).body;
    if (items.length === 0) throw new Error(`${person.email} lives nowhere.`);
    for (const { id } of items) await this.ok(200, this.as(person).post(`/residencies/${id}/end`));
  }
}

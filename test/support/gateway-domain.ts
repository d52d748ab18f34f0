/** A gateway with two tiny domains behind it: `iam` knows three tokens, `things` has one route of each kind. */
import type { ServiceSchema } from "moleculer";
import Type from "typebox";
import { domainMixin } from "../../mixins/domain.ts";
import type { Actor, Role } from "../../mixins/kit/actor.ts";
import { action, type Contract, defineContract } from "../../mixins/kit/contracts.ts";
import { ConflictError, NotFoundError, UnauthenticatedError, VersionMismatchError } from "../../mixins/kit/errors.ts";
import type { AnyImplementation } from "../../mixins/kit/implement.ts";
import gateway from "../../services/gateway/gateway.service.ts";

const closed = { additionalProperties: false } as const;
const Thing = Type.Object({ id: Type.String(), version: Type.Integer(), name: Type.String() });
const Echo = Type.Object({ params: Type.Unknown(), meta: Type.Unknown() });

export const things = defineContract({
  service: "things",
  summary: "Things.",
  events: {},
  consumes: [],
  actions: {
    create: action({
      summary: "Makes a thing",
      access: "user",
      params: Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 20 }),
          tags: Type.Optional(Type.Array(Type.String())),
          extra: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
        },
        closed,
      ),
      result: Thing,
      rest: { method: "POST", path: "/things", status: 201, location: "/things/{id}" },
    }),
    list: action({
      summary: "Lists things",
      access: "public",
      params: Type.Object(
        {
          email: Type.Optional(Type.String()),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
          ratio: Type.Optional(Type.Number()),
          open: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
      result: Echo,
      rest: { method: "GET", path: "/things" },
    }),
    get: action({
      summary: "One thing",
      access: "user",
      params: Type.Object({ id: Type.String() }, closed),
      result: Thing,
      rest: { method: "GET", path: "/things/{id}" },
    }),
    rename: action({
      summary: "Renames it",
      access: "user",
      params: Type.Object({ id: Type.String(), name: Type.String(), notify: Type.Optional(Type.Boolean()) }, closed),
      result: Echo,
      rest: { method: "PATCH", path: "/things/{id}", query: ["notify"] },
    }),
    remove: action({
      summary: "Removes it",
      access: "admin",
      params: Type.Object({ id: Type.String() }, closed),
      result: Type.Null(),
      rest: { method: "DELETE", path: "/things/{id}", status: 204 },
    }),
    fail: action({
      summary: "Fails",
      access: "public",
      params: Type.Object({ how: Type.String() }, closed),
      result: Type.Null(),
      rest: { method: "POST", path: "/things/{how}/fail" },
    }),
    secret: action({
      summary: "Nobody's business",
      access: "internal",
      params: Type.Object({}, closed),
      result: Type.Object({ secret: Type.String() }),
    }),
  },
});

const iam = defineContract({
  service: "iam",
  summary: "Knows the tokens user, admin and staff.",
  events: {},
  consumes: [],
  actions: {
    authenticate: action({
      summary: "Token -> actor",
      access: "internal",
      params: Type.Object({ token: Type.String() }, closed),
      result: Type.Unknown(),
    }),
    login: action({
      summary: "Log in",
      access: "public",
      params: Type.Object({ password: Type.String() }, closed),
      result: Type.Null(),
      rest: { method: "POST", path: "/auth/login" },
    }),
  },
});

interface LooseContext {
  params: Record<string, unknown>;
  actorOrNull: Actor | null;
  ifMatch: number | undefined;
  correlationId: string;
  clientIp: string;
}
const run = (name: string, work: (context: LooseContext) => unknown): AnyImplementation => ({
  name,
  run: async (context: never) => work(context as LooseContext),
});

const actorNamed = (role: string): Actor => ({
  userId: `id-of-${role}`,
  sessionId: "s",
  roles: role === "user" ? [] : [{ role: role as Role, buildingId: null }],
  memberships: [],
});
const echo = ({ params, actorOrNull, ifMatch, correlationId, clientIp }: LooseContext) => ({
  params,
  meta: { userId: actorOrNull?.userId ?? null, ifMatch: ifMatch ?? null, correlationId, clientIp },
});

/** What `things.fail` throws. */
const FAILURES: Readonly<Record<string, () => Error>> = {
  unexpected: () => new Error("connect ECONNREFUSED postgres://admin:hunter2@10.0.0.7"),
  conflict: () => new ConflictError("That step is not possible.", { legal: ["open"], secret: "hunter2" }),
  stale: () => new VersionMismatchError(1, 2),
  missing: () => new NotFoundError("The thing"),
  retryable: () =>
    Object.assign(new Error("ServiceNotFound on node-7"), { retryable: true, code: 404, data: { nodeID: "node-7" } }),
};

const thingActions = [
  run("things.create", ({ params }) => ({ id: "t 1", version: 1, ...params })),
  run("things.list", echo),
  run("things.get", ({ params }) => ({ id: params.id, version: 7, name: "x", internalNote: "hunter2" })),
  run("things.rename", echo),
  run("things.remove", () => null),
  run("things.fail", ({ params }) => {
    throw (FAILURES[String(params.how)] ?? (() => new Error("?")))();
  }),
  run("things.secret", () => ({ secret: "hunter2" })),
];

const iamActions = [
  run("iam.authenticate", ({ params }) => {
    if (!["user", "admin", "staff"].includes(String(params.token)))
      throw new UnauthenticatedError("The access token is not valid.");
    return actorNamed(String(params.token));
  }),
  run("iam.login", () => null),
];

export const gatewayContracts: readonly Contract[] = [iam, things];
export const gatewayServices = (): ServiceSchema[] => [
  { name: "iam", mixins: [domainMixin({ contract: iam, actions: iamActions, handlers: [] })] },
  { name: "things", mixins: [domainMixin({ contract: things, actions: thingActions, handlers: [] })] },
  gateway,
];

/** Base URL of the gateway on this broker. */
export function urlOf(broker: { getLocalService(name: string): unknown }): string {
  const { server } = broker.getLocalService("api") as { server: { address(): { port: number } } };
  return `http://127.0.0.1:${server.address().port}`;
}

import Type from "typebox";
import { type ActionsOf, action, defineContract, type EventsOf, event } from "../../mixins/kit/contracts.ts";
import { byId, closed, Id, line, nullable, oneOf, resource, Time } from "../../mixins/kit/fields.ts";
import { pageOf, pagingParams } from "../../mixins/kit/paging.ts";

export const RoleSchema = oneOf("admin", "manager", "staff", "resident", "provider");
const RoleGrantSchema = Type.Object({ role: RoleSchema, buildingId: nullable(Id) });
const MembershipSchema = Type.Object({ buildingId: Id, unitId: Id, relation: Type.String() });

const Email = Type.String({ format: "email", maxLength: 254, description: "Compared in lower case." });
const Password = Type.String({
  minLength: 12,
  maxLength: 128,
  description: "What is easily guessed (known leaks, keyboard rows, the own name) is refused with 422.",
});
const OldPassword = Type.String({ maxLength: 128 });
const MailedToken = Type.String({ minLength: 20, maxLength: 2000 });
const DisplayName = line(80);
const Locale = Type.String({
  pattern: "^[a-z]{2}(-[A-Z]{2})?$",
  description: "Language, with or without a country: en, de-AT.",
});
const TimeZone = Type.String({ minLength: 3, maxLength: 60, description: "IANA name, e.g. Europe/Berlin." });
const Phone = Type.String({ pattern: "^\\+[1-9][0-9]{6,14}$", description: "E.164." });

export const ActorSchema = Type.Object({
  userId: Id,
  sessionId: Id,
  roles: Type.Array(RoleGrantSchema),
  memberships: Type.Array(MembershipSchema),
});

export const UserSchema = Type.Object({
  ...resource,
  email: Type.String(),
  displayName: Type.String(),
  phone: nullable(Type.String()),
  locale: Type.String(),
  timeZone: Type.String(),
  emailVerified: Type.Boolean(),
  roles: Type.Array(RoleGrantSchema),
  memberships: Type.Array(MembershipSchema),
});

export const TokensSchema = Type.Object({
  accessToken: Type.String(),
  tokenType: Type.Literal("Bearer"),
  expiresIn: Type.Integer({ description: "Seconds." }),
  refreshToken: Type.String(),
});

export const JwksSchema = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Type.String(),
      crv: Type.String(),
      x: Type.String(),
      kid: Type.String(),
      alg: Type.String(),
      use: Type.String(),
    }),
  ),
});

const Done = Type.Object({});

/** Everything that is kept of a person; each other service adds its own part (`exportPerson` of its contract). */
export const ExportSchema = Type.Object({
  exportedAt: Time,
  account: UserSchema,
  sessions: Type.Array(Type.Object({ id: Id, createdAt: Time, lastUsedAt: Time, endedAt: nullable(Time) })),
  services: Type.Record(Type.String(), Type.Unknown(), { description: "By service." }),
});

export const iam = defineContract({
  service: "iam",
  summary: "Accounts, sessions and roles.",
  events: {
    "user.created": event(
      Type.Object({
        userId: Id,
        email: Type.String(),
        displayName: Type.String(),
        locale: Type.String(),
        timeZone: Type.String(),
      }),
      { personal: { of: "userId", blank: { email: "", displayName: "", locale: "en", timeZone: "UTC" } } },
    ),
    "user.updated": event(
      Type.Object({
        userId: Id,
        changed: Type.Object({
          displayName: Type.Optional(Type.String()),
          email: Type.Optional(Type.String()),
          phone: Type.Optional(nullable(Type.String())),
          locale: Type.Optional(Type.String()),
          timeZone: Type.Optional(Type.String()),
        }),
        version: Type.Integer(),
      }),
      { personal: { of: "userId", blank: { changed: {} } } },
    ),
    "user.role_changed": event(
      Type.Object({
        userId: Id,
        role: RoleSchema,
        buildingId: nullable(Id),
        change: oneOf("granted", "revoked"),
        actorId: Type.String(),
        version: Type.Integer(),
      }),
    ),
    "user.deleted": event(Type.Object({ userId: Id, version: Type.Integer() }), { erases: "userId" }),
    // Asked for, by somebody who knows the address. The token is in no event: notifications asks for it.
    "password_reset.created": event(Type.Object({ resetId: Id, userId: Id })),
  },
  consumes: ["resident.verified", "resident.unverified"],
  actions: {
    register: action({
      summary: "Register an account; an e-mail with a verification token follows",
      access: "public",
      params: Type.Object(
        {
          email: Email,
          password: Password,
          displayName: DisplayName,
          locale: Type.Optional(Locale),
          timeZone: Type.Optional(TimeZone),
        },
        closed,
      ),
      result: UserSchema,
      rest: { method: "POST", path: "/auth/register", status: 201, location: "/users/me" },
    }),
    verifyEmail: action({
      summary: "Verify the e-mail address with the token that was mailed",
      access: "public",
      params: Type.Object({ token: MailedToken }, closed),
      result: UserSchema,
      rest: { method: "POST", path: "/auth/verify-email" },
    }),
    login: action({
      summary: "Log in",
      access: "public",
      params: Type.Object({ email: Type.String({ maxLength: 254 }), password: OldPassword }, closed),
      result: TokensSchema,
      rest: { method: "POST", path: "/auth/login", problems: [401, 403] },
    }),
    refresh: action({
      summary: "Trade a refresh token, once, for new tokens",
      access: "public",
      params: Type.Object({ refreshToken: Type.String({ minLength: 20, maxLength: 200 }) }, closed),
      result: TokensSchema,
      rest: { method: "POST", path: "/auth/refresh", problems: [401] },
    }),
    logout: action({
      summary: "End this session",
      access: "user",
      params: Type.Object({}, closed),
      result: Done,
      rest: { method: "POST", path: "/auth/logout", status: 204 },
    }),
    logoutAll: action({
      summary: "End all sessions of this account",
      access: "user",
      params: Type.Object({}, closed),
      result: Done,
      rest: { method: "POST", path: "/auth/logout-all", status: 204 },
    }),
    forgotPassword: action({
      summary: "Ask for an e-mail with a token that resets the password; the answer tells nothing about the account",
      access: "public",
      params: Type.Object({ email: Email }, closed),
      result: Done,
      rest: { method: "POST", path: "/auth/forgot-password", status: 202, perMinute: 10 },
    }),
    resetPassword: action({
      summary: "Set a new password with the mailed token, once; all sessions end",
      access: "public",
      params: Type.Object({ token: MailedToken, password: Password }, closed),
      result: Done,
      rest: { method: "POST", path: "/auth/reset-password", status: 204 },
    }),
    changePassword: action({
      summary: "Change the password; all sessions end, this one too",
      access: "user",
      params: Type.Object({ currentPassword: OldPassword, newPassword: Password }, closed),
      result: Done,
      rest: { method: "POST", path: "/auth/change-password", status: 204 },
    }),
    displayNames: action({
      summary: "Names of people as they are shown; of who is gone there is none",
      access: "internal",
      params: Type.Object({ userIds: Type.Array(Id, { minItems: 1, maxItems: 100 }) }, closed),
      result: Type.Object({ names: Type.Array(Type.String()) }),
    }),
    deleteMe: action({
      summary: "Delete the own account, for good: what one wrote stays under `former resident`",
      access: "user",
      params: Type.Object({}, closed),
      result: Done,
      rest: { method: "DELETE", path: "/users/me", status: 204 },
    }),
    exportMe: action({
      summary: "Everything that is kept of the own person, from every service",
      access: "user",
      params: Type.Object({}, closed),
      result: ExportSchema,
      rest: { method: "GET", path: "/users/me/export", perMinute: 6 },
    }),
    getMe: action({
      summary: "The own account",
      access: "user",
      params: Type.Object({}, closed),
      result: UserSchema,
      rest: { method: "GET", path: "/users/me" },
    }),
    updateMe: action({
      summary: "Change the own account",
      access: "user",
      params: Type.Object(
        {
          displayName: Type.Optional(DisplayName),
          phone: Type.Optional(nullable(Phone)),
          locale: Type.Optional(Locale),
          timeZone: Type.Optional(TimeZone),
        },
        closed,
      ),
      result: UserSchema,
      rest: { method: "PATCH", path: "/users/me" },
    }),
    listUsers: action({
      summary: "Accounts, newest first",
      access: "admin",
      params: Type.Object({ ...pagingParams, email: Type.Optional(Type.String({ maxLength: 254 })) }, closed),
      result: pageOf(UserSchema),
      rest: { method: "GET", path: "/users" },
    }),
    getUser: action({
      summary: "One account",
      access: "admin",
      params: byId,
      result: UserSchema,
      rest: { method: "GET", path: "/users/{id}" },
    }),
    grantRole: action({
      summary: "Grant a role; manager, staff and provider for one building. The account's sessions end",
      access: "admin",
      params: Type.Object({ id: Id, role: RoleSchema, buildingId: Type.Optional(Id) }, closed),
      result: UserSchema,
      rest: { method: "POST", path: "/users/{id}/roles" },
    }),
    revokeRole: action({
      summary: "Revoke a role; the account's sessions end",
      access: "admin",
      params: Type.Object({ id: Id, role: RoleSchema, buildingId: Type.Optional(Id) }, closed),
      result: Done,
      rest: { method: "DELETE", path: "/users/{id}/roles/{role}", status: 204, query: ["buildingId"] },
    }),
    rotateKeys: action({
      summary: "Sign access tokens with a new key; the old ones verify for a day, or with `revoke` not at all",
      access: "admin",
      params: Type.Object({ revoke: Type.Optional(Type.Boolean()) }, closed),
      result: JwksSchema,
      rest: { method: "POST", path: "/ops/keys/rotate" },
    }),
    jwks: action({
      summary: "The public keys of the access tokens (RFC 7517), for /.well-known/jwks.json",
      access: "internal",
      params: Type.Object({}, closed),
      result: JwksSchema,
    }),
    authenticate: action({
      summary: "Access token -> who is acting, with roles and memberships of this moment",
      access: "internal",
      params: Type.Object({ token: Type.String() }, closed),
      result: ActorSchema,
    }),
    verificationToken: action({
      summary: "The token that verifies a user's e-mail address; asked by notifications, so that no event carries it",
      access: "internal",
      params: Type.Object({ userId: Id }, closed),
      result: Type.Object({
        alreadyVerified: Type.Boolean(),
        token: Type.String(),
        email: Type.String(),
        expiresAt: Time,
      }),
    }),
    resetToken: action({
      summary: "The token that resets a user's password; asked by notifications, so that no event carries it",
      access: "internal",
      params: Type.Object({ userId: Id }, closed),
      result: Type.Object({ token: Type.String(), expiresAt: Time }),
    }),
    userExists: action({
      summary: "Is there an account, and what is it called?",
      access: "internal",
      params: Type.Object({ userId: Id }, closed),
      result: Type.Object({
        exists: Type.Boolean(),
        displayName: Type.String(),
        /** null: not verified. */
        email: nullable(Type.String()),
      }),
    }),
    hasRole: action({
      summary: "Does a user hold one of these roles for a building?",
      access: "internal",
      params: Type.Object({ userId: Id, buildingId: Id, roles: Type.Array(RoleSchema) }, closed),
      result: Type.Object({ allowed: Type.Boolean() }),
    }),
  },
});

declare module "../../mixins/kit/contracts.ts" {
  interface EventTypes extends EventsOf<typeof iam> {}
  interface ActionTypes extends ActionsOf<typeof iam> {}
}

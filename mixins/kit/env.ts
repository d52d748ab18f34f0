/** Every setting: read and checked once. `.env.example` lists the same names (kept equal by a test). */
import { hostname } from "node:os";
import { CRASH_POINTS, isCrashSpec } from "./crash-point.ts";

export interface Env {
  NODE_ENV: "production" | "development" | "test";
  /** Unique name of this node in the cluster. */
  NODE_ID: string;
  HOST: string;
  /** Port of the REST API; 0 takes a free one. */
  PORT: number;
  METRICS_PORT: number;
  MONGO_URL: string;
  /** vhost of the events. */
  AMQP_URL: string;
  /** vhost of Moleculer's transporter; default: AMQP_URL. */
  TRANSPORTER_URL: string;
  DB_PREFIX: string;
  /** Services that this node runs; empty: all. */
  SERVICES: string[];
  NODES: number;
  LOG_LEVEL: "fatal" | "error" | "warn" | "info" | "debug" | "trace";
  DATA_DIR: string;
  ADMIN_EMAIL: string;
  ADMIN_PASSWORD: string;
  /** PKCS#8 PEM of an Ed25519 key, base64; empty: made at the first start and kept in iam's database. */
  JWT_PRIVATE_KEY: string;
  JWT_ISSUER: string;
  JWT_AUDIENCE: string;
  JWT_TTL_SECONDS: number;
  /** Empty: e-mails are stored and shown by GET /ops/deliveries. */
  SMTP_URL: string;
  SMTP_FROM: string;
  /** E-mails a second that the mail server takes, from all nodes together; 0: no limit. */
  SMTP_PER_SECOND: number;
  /** Empty: text messages are stored and shown by GET /ops/deliveries. */
  TWILIO_ACCOUNT_SID: string;
  TWILIO_AUTH_TOKEN: string;
  /** A number (E.164) or the SID of a messaging service. */
  TWILIO_FROM: string;
  TWILIO_URL: string;
  TWILIO_PER_SECOND: number;
  /** Keys of RFC 8292, base64url. Empty: push messages are stored and shown by GET /ops/deliveries. */
  VAPID_PUBLIC_KEY: string;
  VAPID_PRIVATE_KEY: string;
  /** mailto: or https:, for the operators of push services. */
  VAPID_SUBJECT: string;
  /** Push services that may be called: a host, or `*.` and its domain. */
  PUSH_HOSTS: string[];
  PUSH_PER_SECOND: number;
  /** Where people reach this API, for links in e-mails; empty: http://127.0.0.1 and PORT. */
  PUBLIC_URL: string;
  SEED_DEMO: boolean;
  RELAY_LEASE_MS: number;
  RELAY_WINDOW: number;
  RELAY_SWEEP_MS: number;
  OUTBOX_RETENTION_DAYS: number;
  INBOX_RETENTION_DAYS: number;
  /** How long analytics keeps every event. */
  EVENT_LOG_RETENTION_DAYS: number;
  /** OpenAI-compatible, up to and with `/v1`; empty: the house's own rules, without network. */
  AI_BASE_URL: string;
  AI_API_KEY: string;
  AI_MODEL: string;
  AI_TIMEOUT_MS: number;
  /** 0: no limit. */
  AI_DAILY_TOKENS: number;
  /** Whose word forms the search knows, as MongoDB names them. */
  SEARCH_LANGUAGES: string[];
  CONSUMER_PREFETCH: number;
  TRUST_PROXY: boolean;
  CORS_ORIGINS: string[];
  /** Bytes. */
  BODY_LIMIT: number;
  REQUEST_TIMEOUT_MS: number;
  WATCHDOG_MS: number;
  LOOP_GUARD_MS: number;
  /** Requests a minute from one address; 0: no limit. */
  RATE_LIMIT_PER_MINUTE: number;
  /** The same for log-in, registration and their kind. */
  RATE_LIMIT_AUTH_PER_MINUTE: number;
  /** max-age of Strict-Transport-Security; 0: not sent. Only where TLS ends in front of the gateway. */
  HSTS_SECONDS: number;
  /** At a stop: milliseconds in which the gateway is not ready and still answers; longer than a load balancer needs to see it. */
  DRAIN_NOTICE_MS: number;
  /** Where the fault suite kills this process (crash-point.ts); empty: nowhere. */
  CRASH_AT: string;
}

/** Of MongoDB's text index. Others are found by beginnings and by trigrams. */
const TEXT_LANGUAGES = "da nl en fi fr de hu it nb pt ro ru es sv tr none".split(" ");

/** Lists every bad setting with its name and the reason; values are never shown, they may be secrets. */
export class SettingsError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`Invalid settings: ${faults.join("; ")}. See .env.example for names, units and defaults.`);
    this.name = "SettingsError";
    this.faults = faults;
  }
}

export type Source = Readonly<Record<string, string | undefined>>;

/** @throws SettingsError */
export function readEnv(source: Source = process.env): Env {
  const faults: string[] = [];
  const read = reader(source, faults);
  const amqpUrl = read.url("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672", ["amqp:", "amqps:"]);
  const env: Env = {
    NODE_ENV: read.oneOf("NODE_ENV", ["development", "production", "test"]),
    NODE_ID: read.text("NODE_ID", `${hostname()}-${process.pid}`),
    HOST: read.text("HOST", "127.0.0.1"),
    PORT: read.integer("PORT", 3000, 0, 65_535),
    METRICS_PORT: read.integer("METRICS_PORT", 3030, 0, 65_535),
    MONGO_URL: read.url("MONGO_URL", "mongodb://127.0.0.1:27017/?replicaSet=rs0", ["mongodb:", "mongodb+srv:"]),
    AMQP_URL: amqpUrl,
    TRANSPORTER_URL: read.url("TRANSPORTER_URL", amqpUrl, ["amqp:", "amqps:"]),
    DB_PREFIX: read.pattern(
      "DB_PREFIX",
      "app",
      /^[a-z][a-z0-9_]{0,24}$/,
      "lower-case letters, digits and _, at most 25",
    ),
    SERVICES: read.list("SERVICES"),
    NODES: read.integer("NODES", 1, 1, 32),
    LOG_LEVEL: read.oneOf("LOG_LEVEL", ["info", "fatal", "error", "warn", "debug", "trace"]),
    DATA_DIR: read.text("DATA_DIR", ".data"),
    ADMIN_EMAIL: read.pattern("ADMIN_EMAIL", "admin@example.com", /^[^\s@]+@[^\s@]+$/, "an e-mail address"),
    ADMIN_PASSWORD: read.pattern("ADMIN_PASSWORD", "", /^$|^.{12,128}$/, "12 to 128 characters"),
    JWT_PRIVATE_KEY: read.text("JWT_PRIVATE_KEY", ""),
    JWT_ISSUER: read.text("JWT_ISSUER", "residents"),
    JWT_AUDIENCE: read.text("JWT_AUDIENCE", "residents-api"),
    JWT_TTL_SECONDS: read.integer("JWT_TTL_SECONDS", 900, 30, 900),
    SMTP_URL: read.url("SMTP_URL", "", ["smtp:", "smtps:"]),
    SMTP_FROM: read.text("SMTP_FROM", "Residents <no-reply@example.com>"),
    SMTP_PER_SECOND: read.integer("SMTP_PER_SECOND", 10, 0, 1_000),
    TWILIO_ACCOUNT_SID: read.pattern(
      "TWILIO_ACCOUNT_SID",
      "",
      /^$|^AC[0-9a-f]{32}$/,
      "an account SID: AC and 32 hex digits",
    ),
    TWILIO_AUTH_TOKEN: read.text("TWILIO_AUTH_TOKEN", ""),
    TWILIO_FROM: read.pattern(
      "TWILIO_FROM",
      "",
      /^$|^\+[1-9][0-9]{6,14}$|^MG[0-9a-f]{32}$/,
      "a number (E.164) or the SID of a messaging service",
    ),
    TWILIO_URL: read.url("TWILIO_URL", "https://api.twilio.com", ["https:", "http:"]),
    TWILIO_PER_SECOND: read.integer("TWILIO_PER_SECOND", 1, 0, 1_000),
    VAPID_PUBLIC_KEY: read.pattern("VAPID_PUBLIC_KEY", "", /^$|^[\w-]{87}$/, "65 bytes in base64url"),
    VAPID_PRIVATE_KEY: read.pattern("VAPID_PRIVATE_KEY", "", /^$|^[\w-]{43}$/, "32 bytes in base64url"),
    VAPID_SUBJECT: read.pattern(
      "VAPID_SUBJECT",
      "mailto:admin@example.com",
      /^(mailto:\S+@\S+|https:\/\/\S+)$/,
      "mailto: or https:",
    ),
    PUSH_HOSTS: read.list(
      "PUSH_HOSTS",
      "fcm.googleapis.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com",
    ),
    PUSH_PER_SECOND: read.integer("PUSH_PER_SECOND", 50, 0, 1_000),
    PUBLIC_URL: read.url("PUBLIC_URL", "", ["https:", "http:"]),
    SEED_DEMO: read.flag("SEED_DEMO", true),
    RELAY_LEASE_MS: read.integer("RELAY_LEASE_MS", 5_000, 500, 60_000),
    RELAY_WINDOW: read.integer("RELAY_WINDOW", 1_000, 1, 10_000),
    RELAY_SWEEP_MS: read.integer("RELAY_SWEEP_MS", 30_000, 500, 3_600_000),
    OUTBOX_RETENTION_DAYS: read.integer("OUTBOX_RETENTION_DAYS", 7, 1, 3_650),
    INBOX_RETENTION_DAYS: read.integer("INBOX_RETENTION_DAYS", 30, 1, 3_650),
    EVENT_LOG_RETENTION_DAYS: read.integer("EVENT_LOG_RETENTION_DAYS", 90, 1, 3_650),
    AI_BASE_URL: read.url("AI_BASE_URL", "", ["http:", "https:"]),
    AI_API_KEY: read.text("AI_API_KEY", ""),
    AI_MODEL: read.text("AI_MODEL", ""),
    AI_TIMEOUT_MS: read.integer("AI_TIMEOUT_MS", 8_000, 100, 30_000),
    AI_DAILY_TOKENS: read.integer("AI_DAILY_TOKENS", 0, 0, 1_000_000_000),
    SEARCH_LANGUAGES: read.words("SEARCH_LANGUAGES", ["en", "de"], TEXT_LANGUAGES),
    CONSUMER_PREFETCH: read.integer("CONSUMER_PREFETCH", 128, 1, 2_000),
    TRUST_PROXY: read.flag("TRUST_PROXY", false),
    CORS_ORIGINS: read.list("CORS_ORIGINS"),
    BODY_LIMIT: read.integer("BODY_LIMIT", 100 * 1024, 1_024, 10 * 1024 * 1024),
    REQUEST_TIMEOUT_MS: read.integer("REQUEST_TIMEOUT_MS", 10_000, 100, 120_000),
    WATCHDOG_MS: read.integer("WATCHDOG_MS", 15_000, 0, 600_000),
    LOOP_GUARD_MS: read.integer("LOOP_GUARD_MS", 15_000, 0, 600_000),
    RATE_LIMIT_PER_MINUTE: read.integer("RATE_LIMIT_PER_MINUTE", 6_000, 0, 10_000_000),
    RATE_LIMIT_AUTH_PER_MINUTE: read.integer("RATE_LIMIT_AUTH_PER_MINUTE", 60, 0, 10_000_000),
    HSTS_SECONDS: read.integer("HSTS_SECONDS", 0, 0, 63_072_000),
    DRAIN_NOTICE_MS: read.integer("DRAIN_NOTICE_MS", 0, 0, 60_000),
    CRASH_AT: read.text("CRASH_AT", ""),
  };
  if (env.CRASH_AT !== "" && !isCrashSpec(env.CRASH_AT))
    faults.push(`CRASH_AT must be one of ${CRASH_POINTS.join(", ")}, with :passage if not the first`);
  faults.push(...halfSet(env));
  if (env.NODE_ENV === "production") faults.push(...unsafeInProduction(env, source));
  if (faults.length > 0) throw new SettingsError(faults);
  return env;
}

/** Settings that need each other. */
function halfSet(env: Env): string[] {
  const groups = [
    ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"],
    ["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"],
    ["AI_BASE_URL", "AI_MODEL"],
  ] as const;
  return groups.flatMap((group) => {
    const missing = group.filter((name) => env[name] === "");
    return missing.length > 0 && missing.length < group.length ? [`${missing.join(", ")} must be set too`] : [];
  });
}

/** Production refuses what development may default. */
function unsafeInProduction(env: Env, source: Source): string[] {
  const faults: string[] = [];
  const required = ["MONGO_URL", "AMQP_URL", "ADMIN_PASSWORD"];
  for (const name of required) if (!source[name]) faults.push(`${name} must be set when NODE_ENV=production`);
  if (env.AMQP_URL.includes("guest:guest@"))
    faults.push("AMQP_URL must not use the guest account when NODE_ENV=production");
  if (env.CRASH_AT !== "") faults.push("CRASH_AT kills the process and must not be set when NODE_ENV=production");
  if (env.SMTP_URL && !env.PUBLIC_URL.startsWith("https://"))
    faults.push("PUBLIC_URL must be an https:// URL when NODE_ENV=production and SMTP_URL is set: e-mails link to it");
  return faults;
}

function reader(source: Source, faults: string[]) {
  const raw = (name: string): string | undefined => {
    const value = source[name];
    return value === undefined || value.trim() === "" ? undefined : value.trim();
  };
  const fault = <T>(name: string, reason: string, fallback: T): T => {
    faults.push(`${name} must be ${reason}`);
    return fallback;
  };
  return {
    text: (name: string, fallback: string): string => raw(name) ?? fallback,
    words: (name: string, fallback: readonly string[], known: readonly string[]): string[] => {
      const words = (raw(name)?.split(",") ?? fallback).map((word) => word.trim());
      const strange = words.some((word) => !known.includes(word));
      return strange ? fault(name, `of ${known.join(", ")}, separated by commas`, [...fallback]) : words;
    },
    list: (name: string, fallback = ""): string[] =>
      (raw(name) ?? fallback).split(",").flatMap((item) => item.trim() || []),
    pattern: (name: string, fallback: string, pattern: RegExp, reason: string): string => {
      const value = raw(name) ?? fallback;
      return pattern.test(value) ? value : fault(name, reason, fallback);
    },
    oneOf: <const T extends string>(name: string, values: readonly [T, ...T[]]): T => {
      const value = raw(name) ?? values[0];
      return values.find((known) => known === value) ?? fault(name, `one of ${values.join(", ")}`, values[0]);
    },
    integer: (name: string, fallback: number, min: number, max: number): number => {
      const value = raw(name);
      if (value === undefined) return fallback;
      const number = Number(value);
      const fits = Number.isInteger(number) && number >= min && number <= max;
      return fits ? number : fault(name, `a whole number from ${min} to ${max}`, fallback);
    },
    flag: (name: string, fallback: boolean): boolean => {
      const value = raw(name);
      if (value === undefined) return fallback;
      return value === "true" || value === "false" ? value === "true" : fault(name, "true or false", fallback);
    },
    url: (name: string, fallback: string, protocols: readonly string[]): string => {
      const value = raw(name) ?? fallback;
      if (value === "") return value;
      // A replica set's URL names several hosts, which URL() does not parse: the scheme has to do.
      const fits = protocols.some(
        (protocol) => value.startsWith(`${protocol}//`) && value.length > protocol.length + 2,
      );
      return fits
        ? value
        : fault(name, `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`, fallback);
    },
  };
}

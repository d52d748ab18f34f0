/** What the gateway takes from the environment (`kit/env.ts` reads and checks it). */
import type { Env } from "../../mixins/kit/env.ts";

export interface GatewaySettings {
  port: number;
  host: string;
  /** Bytes. */
  bodyLimit: number;
  /** Origins whose pages may call the API; none: CORS is off. */
  corsOrigins: readonly string[];
  /** `X-Forwarded-For` is believed, as far as our own proxy wrote it. */
  trustProxy: boolean;
  /** `Strict-Transport-Security` max-age, seconds; 0: not sent. */
  hstsSeconds: number;
  /** Milliseconds from "not ready" to the end of listening, at a stop. */
  noticeMs: number;
  /** Then what is in flight has so long, milliseconds: what a request may take, and a moment to be answered. */
  drainMs: number;
  /** Requests a minute; 0: no limit. */
  limits: {
    perIp: number;
    perAccount: number;
    /** Log-in, registration and their kind, per address. */
    authPerIp: number;
  };
}

const TO_ANSWER_MS = 500;

export function gatewaySettings(env: Env): GatewaySettings {
  const perIp = env.RATE_LIMIT_PER_MINUTE;
  return {
    port: env.PORT,
    host: env.HOST,
    bodyLimit: env.BODY_LIMIT,
    corsOrigins: env.CORS_ORIGINS,
    trustProxy: env.TRUST_PROXY,
    hstsSeconds: env.HSTS_SECONDS,
    noticeMs: env.DRAIN_NOTICE_MS,
    drainMs: env.REQUEST_TIMEOUT_MS + TO_ANSWER_MS,
    // 0 turns all of them off.
    limits: { perIp, perAccount: perIp, authPerIp: perIp === 0 ? 0 : env.RATE_LIMIT_AUTH_PER_MINUTE },
  };
}

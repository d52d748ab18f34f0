export interface Env {
  MONGO_URL: string;
  AMQP_URL: string;
  DB_PREFIX: string;
  RELAY_LEASE_MS: number;
  RELAY_WINDOW: number;
  RELAY_SWEEP_MS: number;
  OUTBOX_RETENTION_DAYS: number;
  INBOX_RETENTION_DAYS: number;
  CONSUMER_PREFETCH: number;
}

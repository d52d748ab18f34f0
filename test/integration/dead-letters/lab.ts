/** A small world for dead letters: `things` owns an event, `lab` consumes it and can be told to fail, `ops` operates. */
import { type ConfirmChannel, connect } from "amqplib";
import type { ServiceBroker, ServiceSchema } from "moleculer";
import type { Db } from "mongodb";
import Type from "typebox";
import type { EventHandler } from "../../../mixins/consumer/handler.ts";
import { domainMixin } from "../../../mixins/domain.ts";
import type { Actor } from "../../../mixins/kit/actor.ts";
import { type Contract, defineContract, event, olderVersion, versionedEvent } from "../../../mixins/kit/contracts.ts";
import type { Env } from "../../../mixins/kit/env.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import {
  type AuditEntry,
  DEAD_LETTER_AUDIT,
  DEAD_LETTERS,
  type DeadLetter,
  deadLetterId,
} from "../../../mixins/retry/dead-letter.ts";
import type { Answer } from "../../../mixins/retry/questions.ts";
import { ops } from "../../../services/ops/contract.ts";
import opsService from "../../../services/ops/ops.service.ts";
import { relay } from "../../../services/relay/contract.ts";
import relayService from "../../../services/relay/relay.service.ts";
import { createWorld, type NodeOptions, type World } from "../../support/cluster.ts";
import { waitFor } from "../../support/env.ts";

const V1 = Type.Object({ size: Type.Integer() });
const V2 = Type.Object({
  size: Type.Integer({ minimum: 0 }),
  buildingId: Type.Optional(Type.String()),
  note: Type.Optional(Type.String()),
});

const things = defineContract({
  service: "things",
  summary: "Owns an event",
  events: {
    "thing.made": versionedEvent([olderVersion(V1, (payload) => payload)], V2),
    "thing.broken": event(V1),
  },
  consumes: [],
  actions: {},
});
const consumer = (service: string) =>
  defineContract({
    service,
    summary: "Consumes it",
    events: {},
    consumes: ["thing.made"],
    actions: {},
  });
export const lab = consumer("lab");
const annex = consumer("annex");
const contracts = [things, lab, annex, ops, relay];

export const admin = (name: string): Actor => ({
  userId: name,
  sessionId: "s",
  roles: [{ role: "admin", buildingId: null }],
  memberships: [],
});

export interface Lab {
  world: World;
  broker: ServiceBroker;
  /** The lab's own database. */
  db: Db;
  /** The lab's handler fails with this code while set. */
  fail: { code: string | null };
  ask: <T>(action: string, params?: object, by?: string, meta?: object) => Promise<T>;
  letters: () => Promise<DeadLetter[]>;
  letter: (id: string) => Promise<DeadLetter>;
  audit: (id: string) => Promise<AuditEntry[]>;
  effects: (eventId: string) => Promise<number>;
  /** Straight into a queue, confirmed. */
  put: (queue: string, body: Buffer | object, properties?: object) => Promise<void>;
  /** A dead letter whose consumer failed; @returns its id and its event's. */
  dead: (payload?: object, code?: string) => Promise<{ id: string; eventId: string }>;
  archiver: {
    counts: Record<string, number>;
    start(): Promise<void>;
    stop(): Promise<void>;
  };
  dispose: () => Promise<void>;
}

export const envelope = (payload: object, fields: object = {}) => ({
  eventId: newId(),
  version: "v2",
  eventType: "thing.made",
  timestamp: new Date().toISOString(),
  payload,
  ...fields,
});

class LabError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`told to fail with ${code}`);
    this.code = code;
  }
}

export interface LabOptions {
  /** Names of services that do not run. */
  without?: readonly string[];
  /** More domains beside the lab's. */
  and?: { contracts: readonly Contract[]; services: NodeOptions["services"] };
}

export async function startLab(
  overrides: Partial<Env> = {},
  { without = [], and = { contracts: [], services: [] } }: LabOptions = {},
): Promise<Lab> {
  const world = await createWorld(overrides);
  const fail: Lab["fail"] = { code: null };
  const handler: EventHandler = {
    pattern: "thing.made",
    batch: false,
    handle: async ({ eventId, payload }, tx) => {
      if (fail.code) throw new LabError(fail.code);
      await tx
        .collection<{ _id: string; eventId: string; payload: unknown }>("effects")
        .insertOne({ _id: newId(), eventId, payload });
    },
  };
  const labService = {
    name: "lab",
    mixins: [domainMixin({ contract: lab, actions: [], handlers: [handler] })],
  } as ServiceSchema;
  const annexService = {
    name: "annex",
    mixins: [domainMixin({ contract: annex, actions: [], handlers: [] })],
  } as ServiceSchema;
  const services = [labService, annexService, opsService, relayService].filter(
    ({ name }) => !without.includes(name),
  ) as ServiceSchema[];
  const broker = await world.startBroker({
    contracts: [...contracts, ...and.contracts],
    services: [...services, ...and.services],
  });
  const db = world.client.db(`${world.env.DB_PREFIX}_lab`);
  const connection = await connect(world.env.AMQP_URL);
  const channel: ConfirmChannel = await connection.createConfirmChannel();
  const deadLetters = db.collection<DeadLetter>(DEAD_LETTERS);

  const put: Lab["put"] = async (queue, body, properties = {}) => {
    channel.publish("", queue, Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)), properties);
    await channel.waitForConfirms();
  };
  const letter: Lab["letter"] = (id) =>
    waitFor(() => deadLetters.findOne({ _id: id }), {
      message: `the dead letter ${id}`,
    });
  return {
    world,
    broker,
    db,
    fail,
    put,
    letter,
    ask: (action, params = {}, by = "ann", meta = {}) =>
      broker.call(action, params, { meta: { actor: admin(by), ...meta } }),
    letters: () => deadLetters.find().toArray(),
    audit: (id) => db.collection<AuditEntry>(DEAD_LETTER_AUDIT).find({ deadLetterId: id }).sort({ _id: 1 }).toArray(),
    effects: (eventId) => db.collection("effects").countDocuments({ eventId }),
    dead: async (payload = { size: 1 }, code = "LAB_BROKEN") => {
      const body = envelope(payload);
      const headers = {
        "x-attempt": 6,
        "x-error-code": code,
        "x-error-message": "no",
        "x-consumer": "lab",
        "x-first-failed-at": new Date().toISOString(),
      };
      await put("lab.dlq", body, {
        messageId: body.eventId,
        type: body.eventType,
        headers,
      });
      const id = deadLetterId("lab", body.eventId);
      await letter(id);
      return { id, eventId: body.eventId };
    },
    archiver: (broker.getLocalService("lab") as unknown as { archiver: Lab["archiver"] } | undefined)
      ?.archiver as Lab["archiver"],
    dispose: async () => {
      await connection.close();
      await world.dispose();
    },
  };
}

export type Shown = Answer<"show">;

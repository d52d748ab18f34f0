/** Two tiny domains for the backbone's own tests: `tickets` publishes, `search` consumes. */
import type { ServiceSchema } from "moleculer";
import Type from "typebox";
import type { IncomingEvent } from "../../mixins/amqp/envelope.ts";
import type { EventHandler } from "../../mixins/consumer/handler.ts";
import { domainMixin } from "../../mixins/domain.ts";
import { action, type Contract, defineContract, event } from "../../mixins/kit/contracts.ts";
import type { AnyImplementation } from "../../mixins/kit/implement.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";

const Payload = Type.Object({
  n: Type.Integer(),
  mode: Type.Optional(Type.String()),
  blob: Type.Optional(Type.String()),
});
export interface ProbePayload {
  n: number;
  mode?: string;
  blob?: string;
}

export const producer = defineContract({
  service: "tickets",
  summary: "Publishes what it is told.",
  events: { "ticket.created": event(Payload), "ticket.closed": event(Payload) },
  consumes: [],
  actions: {
    create: action({
      summary: "One business document and one fact, or an error between the two.",
      access: "public",
      params: Type.Object(
        { ...Payload.properties, failAfterWrite: Type.Optional(Type.Boolean()) },
        { additionalProperties: false },
      ),
      result: Type.Object({ id: Type.String() }),
    }),
  },
});

export const consumerContract = (service: string, consumes: readonly string[] = ["ticket.created"]): Contract =>
  defineContract({ service, summary: "Consumes.", events: {}, consumes, actions: {} });

/** The tests' own registry is not the product's: names are checked at run time here. */
export interface LooseTx extends Omit<Tx, "publish"> {
  publish(eventType: string, payload: object, options?: object): string;
}

const create: AnyImplementation = {
  name: "tickets.create",
  run: async (context: never) => {
    const { params, store } = context as {
      params: ProbePayload & { failAfterWrite?: boolean };
      store: { inTransaction<R>(work: (tx: LooseTx) => Promise<R>): Promise<R> };
    };
    const { failAfterWrite, ...payload } = params;
    return store.inTransaction(async (tx) => {
      const id = tx.publish("ticket.created", payload, { aggregateId: String(payload.n), aggregateVersion: 1 });
      await tx.collection("things").insertOne({ _id: id });
      if (failAfterWrite) throw new Error("after the write");
      return { id };
    });
  },
};

export const producerService = (): ServiceSchema => ({
  name: "tickets",
  mixins: [domainMixin({ contract: producer, actions: [create], handlers: [] })],
});

export type ProbeHandle = (
  event: Omit<IncomingEvent, "payload" | "eventType"> & { payload: ProbePayload; eventType: string },
  tx: LooseTx,
) => Promise<void>;

export const handler = (handle: ProbeHandle, options: { pattern?: string; batch?: boolean } = {}): EventHandler => ({
  pattern: options.pattern ?? "ticket.created",
  batch: options.batch ?? true,
  handle: handle as unknown as EventHandler["handle"],
});

export const consumerService = (
  service: string,
  handlers: readonly EventHandler[],
  consumes?: readonly string[],
): ServiceSchema => ({
  name: service,
  mixins: [domainMixin({ contract: consumerContract(service, consumes), actions: [], handlers })],
});

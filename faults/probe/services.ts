import type { ServiceSchema } from "moleculer";
import type { IncomingEvent } from "../../mixins/amqp/envelope.ts";
import type { EventHandler } from "../../mixins/consumer/handler.ts";
import { domainMixin } from "../../mixins/domain.ts";
import { newId } from "../../mixins/kit/ids.ts";
import type { AnyImplementation } from "../../mixins/kit/implement.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import {
  alpha,
  beta,
  bulk,
  ECHOED,
  FILLED,
  gamma,
  HAPPENED,
  type ProbePayload,
  probe,
  RELEASE,
  SLOW,
} from "./contracts.ts";
import { EFFECTS, type EffectDoc, THINGS } from "./documents.ts";
import { misbehave } from "./misbehave.ts";

/** The probes' registry is not the product's: names are checked at run time here. */
export interface LooseTx extends Omit<Tx, "publish"> {
  publish(eventType: string, payload: object, options?: object): string;
}

const write: AnyImplementation = {
  name: "probe.write",
  run: async (context: never) => {
    const { params, store } = context as {
      params: ProbePayload & { blobBytes?: number };
      store: { inTransaction<R>(work: (tx: LooseTx) => Promise<R>): Promise<R> };
    };
    const { blobBytes, ...payload } = params;
    return store.inTransaction(async (tx) => {
      const blob = blobBytes === undefined ? {} : { blob: "x".repeat(blobBytes) };
      const release = RELEASE === 1 ? {} : { release: RELEASE };
      const id = tx.publish(
        HAPPENED,
        { ...payload, ...blob, ...release },
        { aggregateId: String(payload.n), aggregateVersion: 1 },
      );
      await tx.collection<{ _id: string; n: number }>(THINGS).insertOne({ _id: id, n: payload.n });
      return { id };
    });
  },
};

const handlerOf = (consumer: string, pattern: string, then?: (tx: LooseTx, n: number) => void): EventHandler => ({
  pattern,
  batch: true,
  handle: (async ({ eventId, payload }: IncomingEvent, tx: LooseTx) => {
    const asked = payload as unknown as ProbePayload;
    await misbehave(asked, consumer);
    const effect: EffectDoc = { _id: newId(), consumer, eventId, n: asked.n, pid: process.pid, at: new Date() };
    await tx.collection<EffectDoc>(EFFECTS).insertOne(effect);
    then?.(tx, asked.n);
  }) as unknown as EventHandler["handle"],
});

const alphaHandlers = [handlerOf("alpha", HAPPENED, (tx, n) => void tx.publish(ECHOED, { n }))];
const betaHandlers = [handlerOf("beta", HAPPENED), handlerOf("beta", ECHOED)];

const gammaHandlers: readonly EventHandler[] = [
  { pattern: FILLED, batch: true, handle: async () => {} },
  { pattern: SLOW, batch: false, handle: ({ payload }) => pause((payload as unknown as { waitMs: number }).waitMs) },
];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const probeServices: Readonly<Record<string, ServiceSchema>> = {
  probe: { name: "probe", mixins: [domainMixin({ contract: probe, actions: [write], handlers: [] })] },
  alpha: { name: "alpha", mixins: [domainMixin({ contract: alpha, actions: [], handlers: alphaHandlers })] },
  beta: { name: "beta", mixins: [domainMixin({ contract: beta, actions: [], handlers: betaHandlers })] },
  bulk: { name: "bulk", mixins: [domainMixin({ contract: bulk, actions: [], handlers: [] })] },
  gamma: { name: "gamma", mixins: [domainMixin({ contract: gamma, actions: [], handlers: gammaHandlers })] },
};

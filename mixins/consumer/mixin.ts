/** Wires a service's consumer and its dead-letter archiver into Moleculer's life cycle. */
import type { Service, ServiceSchema } from "moleculer";
import { callOf } from "../kit/call.ts";
import type { Contract } from "../kit/contracts.ts";
import { DeadLetterArchiver } from "../retry/archiver.ts";
import { Consumer } from "./consumer.ts";
import type { EventHandler } from "./handler.ts";

export interface ConsumerMixinOptions {
  contract: Contract;
  handlers: readonly EventHandler[];
}

/** Fields that the mixin adds to a service. */
export interface ConsumingService extends Service {
  consumer: Consumer;
  archiver: DeadLetterArchiver;
}

export function consumerMixin({ contract, handlers }: ConsumerMixinOptions): Partial<ServiceSchema> {
  return {
    events: {
      // Own actions, and others', are not callable in started(): begin when the broker is up.
      async "$broker.started"(this: ConsumingService) {
        await begin(this);
      },
    },
    created(this: ConsumingService) {
      const { backbone } = this.broker;
      const common = { service: contract.service, backbone, logger: this.logger };
      this.consumer = new Consumer({ ...common, handlers, tools: { call: callOf(this.broker), logger: this.logger } });
      this.archiver = new DeadLetterArchiver(common);
    },
    async started(this: ConsumingService) {
      if (this.broker.started) await begin(this);
    },
    async stopped(this: ConsumingService) {
      await Promise.all([this.consumer.stop(), this.archiver.stop()]);
    },
  } as object as Partial<ServiceSchema>;
}

const begin = (service: ConsumingService) => Promise.all([service.consumer.start(), service.archiver.start()]);

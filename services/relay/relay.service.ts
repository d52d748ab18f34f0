import type { Service, ServiceSchema } from "moleculer";
import { Relay } from "../../mixins/outbox/relay.ts";

interface RelayService extends Service {
  relay: Relay;
}

export default {
  name: "relay",
  actions: {
    status: {
      async handler(this: RelayService) {
        return { nodeId: this.broker.nodeID, ...(await this.relay.status()) };
      },
    },
    sweep: {
      handler(this: RelayService) {
        return { started: this.relay.sweepNow() };
      },
    },
  },
  created(this: RelayService) {
    this.relay = new Relay({ backbone: this.broker.backbone, logger: this.logger, nodeId: this.broker.nodeID });
  },
  async started(this: RelayService) {
    this.relay.start();
  },
  async stopped(this: RelayService) {
    await this.relay.stop();
  },
} as object as ServiceSchema;

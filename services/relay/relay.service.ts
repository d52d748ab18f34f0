import type { Service, ServiceSchema } from "moleculer";
import type { Metrics } from "../../mixins/metrics/metrics.ts";
import { Relay, type RelayStatus } from "../../mixins/outbox/relay.ts";

interface RelayService extends Service {
  relay: Relay;
  endSamples?: () => void;
}

function sampleRelay(metrics: Metrics, { state, epoch, tenure }: RelayStatus): void {
  metrics.set("residents.relay.holder", state === "holder" ? 1 : 0, {});
  metrics.set("residents.relay.epoch", epoch ?? 0, {});
  metrics.set("residents.relay.confirms.inflight", tenure?.inFlight ?? 0, {});
  metrics.set("residents.relay.published", tenure?.published ?? 0, {});
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
    const { metrics } = this.broker.backbone;
    this.endSamples = metrics.sample(async () => sampleRelay(metrics, await this.relay.status()));
  },
  async stopped(this: RelayService) {
    this.endSamples?.();
    await this.relay.stop();
  },
} as object as ServiceSchema;

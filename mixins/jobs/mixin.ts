/** Wires a job runner into Moleculer's life cycle. */
import type { Service, ServiceSchema } from "moleculer";

interface Runner {
  start: () => Promise<void>;
  stop: () => Promise<void>;
}

export const jobsMixin = (jobs: Runner): Partial<ServiceSchema> =>
  ({
    events: {
      // Jobs ask other services, which can't be called before the broker is up.
      "$broker.started": () => jobs.start(),
    },
    async started(this: Service) {
      if (this.broker.started) await jobs.start();
    },
    stopped: () => jobs.stop(),
  }) as object as Partial<ServiceSchema>;

/** A minute without both. */
import { outage } from "../lib/outage.ts";
import { scenario } from "../lib/scenario.ts";

export default scenario({
  row: 26,
  name: "outage-both",
  fault: "60 s without MongoDB and RabbitMQ under 50 requests/s",
  deadlineMs: 300_000,
  run: (lab) => {
    const { mongo, rabbit } = lab.servers;
    const both = async (work: (server: { kill(): Promise<void>; start(): Promise<void> }) => Promise<void>) =>
      void (await Promise.all([mongo, rabbit].map(work)));
    return outage(lab, {
      begin: () => both((server) => server.kill()),
      end: () => both((server) => server.start()),
      allowed: [503],
    });
  },
});

/** A minute without RabbitMQ: every write is taken, and waits in the outbox. */
import { outage } from "../lib/outage.ts";
import { scenario } from "../lib/scenario.ts";

export default scenario({
  row: 26,
  name: "outage-broker",
  fault: "60 s without RabbitMQ under 50 requests/s",
  deadlineMs: 300_000,
  run: (lab) => {
    const { rabbit } = lab.servers;
    return outage(lab, { begin: () => rabbit.kill(), end: () => rabbit.start(), allowed: [201] });
  },
});

/** A minute without MongoDB: writes are refused for now, and say so. */
import { outage } from "../lib/outage.ts";
import { scenario } from "../lib/scenario.ts";

export default scenario({
  row: 26,
  name: "outage-mongo",
  fault: "60 s without MongoDB under 50 requests/s",
  deadlineMs: 300_000,
  run: (lab) => {
    const { mongo } = lab.servers;
    return outage(lab, { begin: () => mongo.kill(), end: () => mongo.start(), allowed: [503] });
  },
});

import { newId } from "../mixins/kit/ids.ts";
import { comeAndGo } from "../test/support/leaving.ts";
import { neighbours } from "../test/support/neighbours.ts";
import type { Bench } from "./lib/bench.ts";
import { figure } from "./lib/summary.ts";
import { openWorld } from "./lib/world.ts";

export const b13: Bench = {
  id: "B13",
  title: "a resident moves out: until the building and all that was said there is closed to them",
  units: { ended: "ms" },
  goals: [
    {
      name: "404 to the token given out before, for building, posts, comments, conversations, members, resources, ms",
      value: (round) => figure(round, "moving out", "ended"),
      atMost: 1_000,
    },
  ],
  limit: "The way of one event, and whoever looks: eight requests one after the other, every 20 ms.",
  async open() {
    const world = await openWorld({ RATE_LIMIT_PER_MINUTE: 10_000_000, RATE_LIMIT_AUTH_PER_MINUTE: 10_000_000 });
    const house = await neighbours(world);
    const measure = async () => ({ ended: (await comeAndGo(house, `Mover-${newId()}`)).tookMs });
    return { variants: [{ name: "moving out", measure }], close: () => world.dispose() };
  },
};

/** A vhost and a database prefix of a benchmark's own: gone with it, also when it breaks or is interrupted. */
import type { Env } from "../../mixins/kit/env.ts";
import { createWorld, type World } from "../../test/support/cluster.ts";
import { child } from "./children.ts";

export async function openWorld(overrides: Partial<Env> = {}): Promise<World> {
  const world = await createWorld(overrides);
  return { ...world, dispose: child(world.dispose) };
}

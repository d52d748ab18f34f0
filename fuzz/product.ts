/** A real running product in a vhost and databases of its own. */
import { createWorld } from "../test/support/cluster.ts";
import { startProduct } from "../test/support/product.ts";

export async function openProduct() {
  const world = await createWorld();
  const { broker, rest } = await startProduct(world);
  const tries = world.client.db(`${world.env.DB_PREFIX}_iam`).collection("tries");
  return { world, broker, url: rest.url, forgetTries: () => tries.deleteMany({}) };
}

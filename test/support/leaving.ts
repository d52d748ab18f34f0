/** A resident who leaves: what they had, and how soon it is gone. */
import { waitFor } from "./env.ts";
import type { Neighbours } from "./neighbours.ts";
import type { Person } from "./product.ts";

// biome-ignore lint/suspicious/noExplicitAny: whatever the server said
type Body = any;

/** One of each kind. */
export interface Life {
  ticket: Body;
  post: Body;
  comment: Body;
  talk: Body;
}

export interface Departure extends Life {
  person: Person;
  /** Milliseconds from moving out until all that was open to them is 404 to the token given out before. */
  tookMs: number;
}

export async function live({ rest, unitId, bob }: Neighbours, person: Person): Promise<Life> {
  const as = rest.as(person);
  const about = { unitId, category: "other", title: "A tap", description: "It drips." };
  const ticket = (await rest.ok(201, as.post("/tickets", about))).body;
  const post = (await rest.ok(201, as.post("/posts", { title: "Hello", body: "I am new here." }))).body;
  const path = `/posts/${post.id}/comments`;
  const comment = (await rest.ok(201, as.post(path, { body: "Anybody there?" }))).body;
  const talk = (await rest.ok(201, as.post("/conversations", { participantIds: [bob.id] }))).body;
  await rest.ok(201, as.post(`/conversations/${talk.id}/messages`, { body: "Hi Bob." }));
  return { ticket, post, comment, talk };
}

/** Moves in, lives, moves out. Rejects when something was closed to them before, or stays open. */
export async function comeAndGo(house: Neighbours, name: string): Promise<Departure> {
  const { rest, buildingId } = house;
  const person = await house.moveIn(name);
  const life = await live(house, person);
  const { post, talk } = life;
  const paths = [
    `/buildings/${buildingId}`,
    `/posts/${post.id}`,
    `/posts?buildingId=${buildingId}`,
    `/posts/${post.id}/comments`,
    `/conversations/${talk.id}`,
    `/conversations/${talk.id}/messages`,
    `/members?buildingId=${buildingId}`,
    `/buildings/${buildingId}/resources`,
  ];
  for (const path of paths) await rest.ok(200, rest.as(person).get(path));
  const since = performance.now();
  await rest.moveOut(person);
  const gone: string[] = [];
  await waitFor(
    async () => {
      const open = paths.filter((path) => !gone.includes(path));
      for (const path of open) if ((await rest.as(person).get(path)).status === 404) gone.push(path);
      return gone.length === paths.length;
    },
    { message: () => `404 for all of ${paths.join(", ")}; it is for ${gone.join(", ") || "none"}` },
  );
  return { person, ...life, tookMs: performance.now() - since };
}

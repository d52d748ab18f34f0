import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { Broadcast } from "../broadcast.ts";
import { audienceOf, findBuilding } from "../directory.ts";
import { excerpt } from "../templates/render.ts";

/** Letters of a post that go into messages; the rest is in the app. */
const EXCERPT = 1_000;
const about = (postId: string) => ({ type: "post", id: postId });
const TEMPLATE_OF = { emergency: "emergency", announcement: "announcement", post: "post_created" } as const;

/** Told to everybody it is meant for, except who wrote it. */
export const onPostCreated = (broadcast: Broadcast) =>
  onEvent("post.created", async (event, tx: Tx<"notifications">) => {
    const { postId, buildingId, authorId, kind, audience, title, body } = event.payload;
    const readers = (await audienceOf(tx, buildingId, audience)).filter((userId) => userId !== authorId);
    const building = (await findBuilding(tx, buildingId))?.name ?? null;
    const variables = { building, title, text: excerpt(body, EXCERPT) };
    await broadcast(tx, event, readers, {
      template: TEMPLATE_OF[kind],
      variables,
      namedId: authorId,
      subject: about(postId),
      buildingId,
    });
  });

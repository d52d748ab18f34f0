import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { JobRunner } from "../../../mixins/jobs/runner.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import type { Broadcast } from "../broadcast.ts";
import { contentChanged } from "../concealed.ts";
import { audienceOf, findBuilding } from "../directory.ts";
import type { Notify } from "../notify.ts";
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

/** Nobody is told of what is hidden; its author is, if somebody else has decided it, or a policy. */
export const onPostStatusChanged = (notify: Notify, jobs: JobRunner<"notifications">) =>
  onEvent("post.status_changed", async (event, tx: Tx<"notifications">) => {
    const { postId, authorId, actorId, title, to, version } = event.payload;
    const onceMore = await contentChanged(tx, { _id: postId, type: "post", visible: to === "visible", version });
    if (onceMore) await jobs.reschedule(tx, onceMore);
    if (authorId === null || authorId === actorId) return;
    const news = { template: "post_status_changed", variables: { title, to }, subject: about(postId) } as const;
    await notify(tx, event, { to: [authorId], ...news });
  });

import { implement } from "../../../mixins/kit/implement.ts";
import { viewBlock, viewConversation } from "../conversations.ts";
import { viewFlag } from "../moderation.ts";
import {
  blocks,
  comments,
  conversations,
  directoryOf,
  flags,
  messages,
  options,
  posts,
  revisions,
} from "../repository.ts";
import { viewComment, viewMessage, viewPost, viewRevision } from "../views.ts";

/** All that the person has written, also where it waits for review; of conversations with whom, not what others wrote. */
export const exportPerson = implement("community.exportPerson", async ({ params: { userId }, store: { db } }) => {
  const written = { authorId: userId };
  const sorted = { ...options, sort: { _id: 1 } } as const;
  const [ownPosts, ownComments, earlier, sent, talks, reported, blocked] = await Promise.all([
    posts(db).find(written, sorted).toArray(),
    comments(db).find(written, sorted).toArray(),
    revisions(db).find(written, sorted).toArray(),
    messages(db).find(written, sorted).toArray(),
    conversations(db).find({ "participants.userId": userId }, sorted).toArray(),
    flags(db).find({ reporterId: userId }, sorted).toArray(),
    blocks(db).find({ blockerId: userId }, sorted).toArray(),
  ]);
  const met = talks.flatMap(({ participants }) => participants.map((one) => one.userId));
  const people = await directoryOf(db, [userId, ...met, ...blocked.map(({ blockedId }) => blockedId)]);
  return {
    posts: ownPosts.map((doc) => viewPost(doc, people, true)),
    comments: ownComments.map((doc) => viewComment(doc, people, true)),
    revisions: earlier.map(viewRevision),
    messages: sent.map((doc) => viewMessage(doc, people, true)),
    conversations: talks.map((doc) => viewConversation(doc, people, userId)),
    flags: reported.map(viewFlag),
    blocks: blocked.map((doc) => viewBlock(doc, people)),
  };
});

import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { comments, tickets } from "../repository.ts";

/** The oldest so many comments. */
const MAX_COMMENTS = 200;

export const thread = implement("tickets.thread", async ({ params: { id }, store: { db } }) => {
  const ticket = await tickets(db).findOne({ _id: id }, { maxTimeMS: MAX_TIME_MS });
  if (!ticket) throw new NotFoundError("The ticket");
  const said = await comments(db)
    .find({ ticketId: id, visibility: "public" }, { maxTimeMS: MAX_TIME_MS })
    .sort({ _id: 1 })
    .limit(MAX_COMMENTS)
    .toArray();
  const { version: revision, buildingId, reporterId: authorId, title, description: text } = ticket;
  return {
    ...{ revision, buildingId, authorId, title, text },
    comments: said.map(({ _id, authorId, body }) => ({ id: _id, authorId, text: body })),
  };
});

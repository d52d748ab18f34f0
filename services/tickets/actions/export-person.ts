import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { viewComment, viewTicket } from "../model.ts";
import { comments, tickets } from "../repository.ts";

export const exportPerson = implement("tickets.exportPerson", async ({ params: { userId }, store: { db } }) => {
  const [reported, written] = await Promise.all([
    tickets(db).find({ reporterId: userId }, { maxTimeMS: MAX_TIME_MS }).sort({ _id: 1 }).toArray(),
    comments(db).find({ authorId: userId }, { maxTimeMS: MAX_TIME_MS }).sort({ _id: 1 }).toArray(),
  ]);
  return { tickets: reported.map(viewTicket), comments: written.map(viewComment) };
});

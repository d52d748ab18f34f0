import type { Db } from "mongodb";
import { isDuplicateKey } from "../../../mixins/kit/failure.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { type ConversationDoc, newConversation, viewConversation } from "../conversations.ts";
import { MessageBlockedError, OwnSelfError, PersonUnknownError } from "../errors.ts";
import { isMember } from "../people.ts";
import { placeOf } from "../place.ts";
import { blockedAmong, CONVERSATIONS, directoryOf } from "../repository.ts";

export const createConversation = implement("community.createConversation", async (context) => {
  const { params, actor, store, now } = context;
  const { participantIds, title } = params;
  const { userId } = actor;
  const buildingId = placeOf(actor, params.buildingId);
  const people = await checkParticipants(store.db, userId, participantIds, buildingId);
  const fresh = newConversation(newId(), buildingId, [userId, ...participantIds], title, now);
  const work = () =>
    store.inTransaction(async (tx) => {
      const conversations = tx.collection<ConversationDoc>(CONVERSATIONS);
      const { pair } = fresh;
      const old = pair === undefined ? null : await conversations.findOne({ pair });
      if (!old) await conversations.insertOne(fresh);
      return viewConversation(old ?? fresh, people, userId);
    });
  // The other one had the same thought at the same moment: now theirs is found.
  return work().catch((error: unknown) => (isDuplicateKey(error) ? work() : Promise.reject(error)));
});

/** @returns them and the caller @throws OwnSelfError, PersonUnknownError, MessageBlockedError */
async function checkParticipants(db: Db, userId: string, others: readonly string[], buildingId: string) {
  const self = others.indexOf(userId);
  if (self >= 0) throw new OwnSelfError(`/participantIds/${self}`);
  const [people, blocked] = await Promise.all([directoryOf(db, [userId, ...others]), blockedAmong(db, userId, others)]);
  const stranger = others.findIndex((other) => {
    const person = people.get(other);
    return !person || !isMember(person, buildingId);
  });
  if (stranger >= 0) throw new PersonUnknownError(stranger);
  if (blocked.size > 0) throw new MessageBlockedError();
  return people;
}

/** Keeps what would be sent: GET /ops/deliveries shows it. For development and trials. */
import DataLoader from "dataloader";
import type { Db } from "mongodb";
import { isAllDuplicateKeys } from "../../../mixins/kit/failure.ts";
import { newId } from "../../../mixins/kit/ids.ts";
import { deliveries } from "../repository.ts";
import type { OutsideChannel } from "../topics.ts";
import type { Message, Sender } from "./channel.ts";

export function embeddedSender(db: Db, channel: OutsideChannel): Sender {
  const delivery = ({ notificationId, userId, namedId, address: { to }, subject, text, unsubscribeUrl }: Message) => {
    const about = { userId, namedId, channel, subject, text, unsubscribeUrl };
    return { _id: newId(), notificationId, to, ...about, at: new Date() };
  };
  // What is sent in one turn of the event loop is one write. Of what is kept already it makes nothing.
  const outbox = new DataLoader<Message, void>(
    async (messages) => {
      await deliveries(db)
        .insertMany(messages.map(delivery), { ordered: false })
        .catch((error: unknown) => (isAllDuplicateKeys(error) ? undefined : Promise.reject(error)));
      return messages.map(() => undefined);
    },
    { cache: false },
  );
  return { channel, perSecond: null, send: (message) => outbox.load(message) };
}

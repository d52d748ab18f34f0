/** Keeps what would be sent: GET /ops/deliveries shows it. For development and trials. */
import DataLoader from "dataloader";
import type { Db } from "mongodb";
import { newId } from "../../../mixins/kit/ids.ts";
import { deliveries } from "../repository.ts";
import type { OutsideChannel } from "../topics.ts";
import type { Message, Sender } from "./channel.ts";

export function embeddedSender(db: Db, channel: OutsideChannel): Sender {
  const keptOnce = ({ notificationId, userId, namedId, address: { to }, subject, text, unsubscribeUrl }: Message) => {
    const about = { userId, namedId, channel, subject, text, unsubscribeUrl };
    const update = { $setOnInsert: { _id: newId(), ...about, at: new Date() } };
    return { updateOne: { filter: { notificationId, to }, update, upsert: true } };
  };
  // What is sent in one turn of the event loop is one write.
  const outbox = new DataLoader<Message, void>(
    async (messages) => {
      await deliveries(db).bulkWrite(messages.map(keptOnce), { ordered: false });
      return messages.map(() => undefined);
    },
    { cache: false },
  );
  return { channel, perSecond: null, send: (message) => outbox.load(message) };
}

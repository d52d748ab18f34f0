/** Keeps what would be sent: GET /ops/deliveries shows it. For development and trials. */
import type { Db } from "mongodb";
import { newId } from "../../../mixins/kit/ids.ts";
import { deliveries } from "../repository.ts";
import type { OutsideChannel } from "../topics.ts";
import type { Sender } from "./channel.ts";

export const embeddedSender = (db: Db, channel: OutsideChannel): Sender => ({
  channel,
  perSecond: null,
  async send({ notificationId, userId, namedId, address: { to }, subject, text, unsubscribeUrl }) {
    const about = { userId, namedId, channel, subject, text, unsubscribeUrl };
    const fields = { _id: newId(), ...about, at: new Date() };
    await deliveries(db).updateOne({ notificationId, to }, { $setOnInsert: fields }, { upsert: true });
  },
});

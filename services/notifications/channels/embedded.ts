/** Keeps what would be sent: GET /ops/deliveries shows it. For development and trials. */
import type { Db } from "mongodb";
import { newId } from "../../../mixins/kit/ids.ts";
import type { Channel } from "../model.ts";
import { deliveries } from "../repository.ts";
import type { Sender } from "./channel.ts";

export const embeddedSender = (db: Db, channel: Channel): Sender => ({
  channel,
  async send({ notificationId, to, subject, text }) {
    const fields = { _id: newId(), channel, to, subject, text, at: new Date() };
    await deliveries(db).updateOne({ notificationId }, { $setOnInsert: fields }, { upsert: true });
  },
});

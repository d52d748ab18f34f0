/** Sends a message to every address that its person has on the channel, side by side and under one deadline. */
import type { Db } from "mongodb";
import { codeOf } from "../../mixins/kit/failure.ts";
import {
  type Address,
  AddressDeadError,
  ChannelAwayError,
  type Message,
  RefusedError,
  ThrottledError,
} from "./channels/channel.ts";
import type { DeliverTools } from "./deliver.ts";
import type { NotificationDoc } from "./model.ts";
import { addressOf, type PersonDoc } from "./people.ts";
import { notifications, subscriptionsOf } from "./repository.ts";
import type { DeadAddress } from "./settle.ts";
import type { OutsideChannel } from "./topics.ts";

/** With the wait for its turn at the gate (10 s) well below a job's lease (60 s): nobody else sends it meanwhile. */
export const SEND_DEADLINE_MS = 30_000;

export interface Sent {
  /** Addresses that have it, also from earlier tries. */
  sent: number;
  dead: DeadAddress[];
  refused?: string;
  /** Worth another try. */
  again?: unknown;
}

/** To every address that does not have it yet. */
export async function sendToAll(
  tools: DeliverTools,
  doc: NotificationDoc,
  person: PersonDoc,
  draft: Omit<Message, "address">,
): Promise<Sent> {
  const channel = doc.channel as OutsideChannel;
  const targets = await targetsOf(tools.db, channel, person);
  const reached = new Set(doc.reached);
  const result: Sent = { sent: reached.size, dead: [] };
  const open = targets.filter(({ to }) => !reached.has(to));
  const sendTo = async ({ subscriptionId, ...address }: Target): Promise<void> => {
    try {
      await within(SEND_DEADLINE_MS, tools.senders[channel].send({ ...draft, address }));
      result.sent += 1;
      if (targets.length > 1)
        await notifications(tools.db).updateOne({ _id: doc._id }, { $addToSet: { reached: address.to } });
    } catch (error) {
      const about = { userId: person._id, channel, address: address.to, reason: codeOf(error) };
      if (error instanceof AddressDeadError) result.dead.push({ ...about, ...(subscriptionId && { subscriptionId }) });
      else if (error instanceof RefusedError) result.refused = codeOf(error);
      else result.again = error;
      tools.logger.warn(`${channel} of notification ${doc._id}: ${(error as Error).message} (${codeOf(error)})`);
      if (error instanceof ThrottledError) await tools.gates[channel].pause(error.retryAfterMs);
    }
  };
  await Promise.all(open.map(sendTo));
  return result;
}

interface Target extends Address {
  subscriptionId?: string;
}

async function targetsOf(db: Db, channel: OutsideChannel, person: PersonDoc): Promise<Target[]> {
  if (channel !== "push") {
    const to = addressOf(person, channel);
    return to === undefined ? [] : [{ to }];
  }
  const devices = await subscriptionsOf(db).find({ userId: person._id }).toArray();
  return devices.map(({ _id, endpoint, keys }) => ({ to: endpoint, keys, subscriptionId: _id }));
}

/** @throws ChannelAwayError when it takes longer; its end, if any, is nobody's concern then */
export async function within(ms: number, sending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ChannelAwayError("The provider takes too long.")), ms);
  });
  try {
    await Promise.race([sending, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

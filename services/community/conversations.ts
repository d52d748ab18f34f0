/** Conversations and blocks: who is in, who gets a message, what is unread. Pure. */
import { type ResourceDoc, viewResource } from "../../mixins/kit/fields.ts";
import { MessageBlockedError, NobodyLeftError } from "./errors.ts";
import { type Directory, FORMER, hasLeft } from "./people.ts";

export interface Participant {
  /** null: an account that was deleted. */
  userId: string | null;
  left: boolean;
  /** Messages that came since they read last. */
  unread: number;
}
export interface ConversationDoc extends ResourceDoc {
  buildingId: string;
  title: string | null;
  participants: Participant[];
  /** `{buildingId}/{userId}/{userId}` of the only conversation of two, with a unique index; absent once one has left. */
  pair?: string;
  /** Id of the last message, or its own: what the list is sorted by. */
  activity: string;
  lastMessageAt: Date | null;
}
export interface BlockDoc {
  /** `{blockerId}/{blockedId}` */
  _id: string;
  blockerId: string;
  blockedId: string;
  createdAt: Date;
}

export const blockId = (blockerId: string, blockedId: string): string => `${blockerId}/${blockedId}`;
export const pairKey = (buildingId: string, a: string, b: string): string => [buildingId, ...[a, b].sort()].join("/");

export function newConversation(
  id: string,
  buildingId: string,
  userIds: readonly string[],
  title: string | undefined,
  now: Date,
): ConversationDoc {
  const [a, b] = userIds;
  return {
    _id: id,
    buildingId,
    title: title ?? null,
    participants: userIds.map((userId) => ({ userId, left: false, unread: 0 })),
    ...(userIds.length === 2 && { pair: pairKey(buildingId, a as string, b as string) }),
    activity: id,
    lastMessageAt: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

export const isIn = (conversation: ConversationDoc, userId: string): boolean =>
  conversation.participants.some((one) => one.userId === userId && !one.left);

/** Begun at the moment when somebody moved out, a conversation does not know it. */
export const withoutGone = (conversation: ConversationDoc, people: Directory): ConversationDoc => ({
  ...conversation,
  participants: conversation.participants.map((one) => {
    const person = one.userId === null ? undefined : people.get(one.userId);
    return person && hasLeft(person, conversation.buildingId) ? { ...one, left: true } : one;
  }),
});

/** Who gets what `senderId` writes. @throws NobodyLeftError, MessageBlockedError (nobody but who is blocked) */
export function recipientsOf(conversation: ConversationDoc, senderId: string, blocked: ReadonlySet<string>): string[] {
  const others = conversation.participants.flatMap(({ userId, left }) =>
    userId !== null && !left && userId !== senderId ? [userId] : [],
  );
  if (others.length === 0) throw new NobodyLeftError();
  const recipients = others.filter((userId) => !blocked.has(userId));
  if (recipients.length === 0) throw new MessageBlockedError();
  return recipients;
}

export function withMessage(
  conversation: ConversationDoc,
  messageId: string,
  recipientIds: readonly string[],
  now: Date,
): ConversationDoc {
  return {
    ...conversation,
    participants: conversation.participants.map((one) =>
      one.userId !== null && recipientIds.includes(one.userId) ? { ...one, unread: one.unread + 1 } : one,
    ),
    activity: messageId,
    lastMessageAt: now,
    version: conversation.version + 1,
    updatedAt: now,
  };
}

const change = (
  conversation: ConversationDoc,
  userId: string,
  to: Partial<Participant>,
  now: Date,
): ConversationDoc => ({
  ...conversation,
  participants: conversation.participants.map((one) => (one.userId === userId ? { ...one, ...to } : one)),
  version: conversation.version + 1,
  updatedAt: now,
});

export const withRead = (conversation: ConversationDoc, userId: string, unread: number, now: Date): ConversationDoc =>
  change(conversation, userId, { unread }, now);

/** They read no further; the two may begin anew should they be neighbours again. `forget`: the account is gone. */
export function withoutPerson(
  conversation: ConversationDoc,
  userId: string,
  now: Date,
  { forget = false } = {},
): ConversationDoc {
  const { pair: _, ...rest } = conversation;
  return change(rest, userId, { left: true, unread: 0, ...(forget && { userId: null }) }, now);
}

export function viewConversation(doc: ConversationDoc, people: Directory, userId: string) {
  const participants = withoutGone(doc, people).participants.map((one) => {
    const name = people.get(one.userId ?? "")?.displayName ?? "";
    return { userId: one.left ? null : one.userId, name: one.left ? FORMER : name, left: one.left };
  });
  return {
    ...viewResource(doc),
    buildingId: doc.buildingId,
    title: doc.title,
    participants,
    unread: doc.participants.find((one) => one.userId === userId)?.unread ?? 0,
    lastMessageAt: doc.lastMessageAt?.toISOString() ?? null,
  };
}

export const viewBlock = ({ blockedId, createdAt }: BlockDoc, people: Directory) => ({
  userId: blockedId,
  name: people.get(blockedId)?.displayName ?? "",
  createdAt: createdAt.toISOString(),
});

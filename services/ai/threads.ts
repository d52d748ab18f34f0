/** Conversations, from whom they belong to. */
import { isAppError } from "../../mixins/kit/app-error-regenerator.ts";
import type { Call } from "../../mixins/kit/implement.ts";
import type { Thread } from "./model.ts";

/** Names of people as they are shown; of who is gone there is none. */
export type NamesOf = (userIds: readonly (string | null)[]) => Promise<readonly string[]>;

export const namesFrom =
  (call: Call): NamesOf =>
  async (userIds) => {
    const wanted = [...new Set(userIds.flatMap((id) => id ?? []))].slice(0, 100);
    return wanted.length === 0 ? [] : (await call("iam.displayNames", { userIds: wanted })).names;
  };

/** What everybody who sees the post, or the ticket, may read of it. @returns null when it is not there to be read */
export async function threadOf(call: Call, type: "post" | "ticket", id: string): Promise<Thread | null> {
  try {
    const { comments, ...about } = await (type === "post"
      ? call("community.thread", { id })
      : call("tickets.thread", { id }));
    const people = [about.authorId, ...comments.map(({ authorId }) => authorId)].flatMap((userId) => userId ?? []);
    return { ...about, subject: { type, id }, comments, people: [...new Set(people)] };
  } catch (error) {
    if (isAppError(error) && error.status === 404) return null;
    throw error;
  }
}

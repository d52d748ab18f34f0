import { implement } from "../../../mixins/kit/implement.ts";
import { changePreferences, localeOf } from "../repository.ts";
import { catalogueOf } from "../templates/render.ts";
import { readToken } from "../unsubscribe.ts";
import { askPage, donePage } from "../unsubscribe-page.ts";

type Secret = () => Promise<Buffer>;

/** Mail scanners follow every link: so following it changes nothing. */
export const showUnsubscribe = (secret: Secret) =>
  implement("notifications.showUnsubscribe", async ({ params: { token }, store }) => {
    const { userId, topic } = readToken(await secret(), token);
    const locale = await localeOf(store.db, userId);
    return { html: askPage(catalogueOf(locale).page, topic, token, locale) };
  });

/** Whoever has the e-mail may. Of somebody who has left nothing is kept, and nothing made. */
export const unsubscribe = (secret: Secret) =>
  implement("notifications.unsubscribe", async ({ params: { token }, store }) => {
    const { userId, topic } = readToken(await secret(), token);
    const locale = await store.inTransaction(async (tx) => {
      const person = await tx
        .collection<{ _id: string; locale: string; deleted: boolean }>("people")
        .findOne({ _id: userId });
      if (person && !person.deleted)
        await changePreferences(tx, userId, ({ types, quietHours, digestAt }) => ({
          types: { ...types, [topic]: { ...types[topic], email: false } },
          quietHours,
          digestAt,
        }));
      return person?.locale ?? "en";
    });
    return { html: donePage(catalogueOf(locale).page, topic, locale) };
  });

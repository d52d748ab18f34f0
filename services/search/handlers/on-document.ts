import { onEvent } from "../../../mixins/consumer/handler.ts";
import type { Tx } from "../../../mixins/outbox/transaction.ts";
import { newsOf, READABLE } from "../news.ts";
import { type Languages, saveNews } from "../repository.ts";

/** One for each event that is about a document. */
export const onDocuments = (languages: Languages) =>
  READABLE.map((eventType) =>
    onEvent(eventType, async (event, tx: Tx<"search">) => {
      const news = newsOf(event.eventType, event);
      if (news) await saveNews(tx, news, languages);
    }),
  );

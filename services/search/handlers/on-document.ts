import { BRIEF, onTogether } from "../../../mixins/consumer/handler.ts";
import type { EventName } from "../../../mixins/kit/contracts.ts";
import { newsOf, READABLE } from "../news.ts";
import { type Languages, saveNews } from "../repository.ts";

/** One for each event that is about a document. */
export const onDocuments = (languages: Languages) =>
  onTogether<EventName, "search">(
    READABLE,
    (arrivals) =>
      saveNews(
        arrivals[0].tx,
        arrivals.flatMap(({ event }) => newsOf(event.eventType, event) ?? []),
        languages,
      ),
    BRIEF,
  );

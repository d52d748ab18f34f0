import { implement } from "../../../mixins/kit/implement.ts";
import { allowedTo } from "../access.ts";
import { findAbout } from "../find.ts";
import type { Languages } from "../repository.ts";
import { waitingOf } from "../waiting.ts";
import { askedWords } from "../words.ts";

/** By the same permission filter as the search itself. */
export const passages = (languages: Languages) =>
  implement("search.passages", async ({ params, actor, store, call }) => {
    const { buildingId, question, limit } = params;
    const allowed = allowedTo(actor, await waitingOf(call), buildingId);
    const found = await findAbout({ db: store.db, allowed, languages }, question);
    const items = found.slice(0, limit).map(({ doc, score, matched, has }) => ({
      ...{ type: doc.type, id: doc.refId, title: doc.title, text: doc.body, at: doc.at.toISOString() },
      ...{ score, matched, has },
    }));
    return { asked: askedWords(question), items };
  });

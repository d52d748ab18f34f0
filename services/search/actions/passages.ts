import { belongsTo } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { askedWords } from "../../../mixins/kit/words.ts";
import { allowedTo } from "../access.ts";
import { findAbout } from "../find.ts";
import { matchedIn } from "../ranking.ts";
import type { Languages } from "../repository.ts";
import { snippetOf } from "../snippet.ts";
import { waitingOf } from "../waiting.ts";

/** By the same permission filter as the search itself. */
export const passages = (languages: Languages) =>
  implement("search.passages", async ({ params, actor, store, call }) => {
    const { buildingId, question, limit } = params;
    const waiting = await waitingOf(call);
    if (!belongsTo(actor, buildingId) && !waiting.includes(buildingId)) throw new NotFoundError("The building");
    const allowed = allowedTo(actor, waiting, buildingId);
    const found = await findAbout({ db: store.db, allowed, languages }, question);
    const items = found.slice(0, limit).map(({ doc, matches }) => ({
      ...{ type: doc.type, id: doc.refId, title: doc.title, text: doc.body, at: doc.at.toISOString() },
      ...{ snippet: snippetOf(doc.body, matchedIn(matches)), ownerId: doc.ownerId, matches },
    }));
    return { asked: askedWords(question), items };
  });

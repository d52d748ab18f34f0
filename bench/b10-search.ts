import { EVERYWHERE } from "../services/search/access.ts";
import { documentsOf, vocabularyOf } from "../services/search/generation.ts";
import { docId, type SearchDoc, withNews } from "../services/search/model.ts";
import { wordDoc } from "../services/search/vocabulary.ts";
import type { World } from "../test/support/cluster.ts";
import { type Person, type Rest, startProduct } from "../test/support/product.ts";
import type { Bench, Figures } from "./lib/bench.ts";
import { rate } from "./lib/lab.ts";
import { figure, percentile } from "./lib/summary.ts";
import { openWorld } from "./lib/world.ts";

const DOCUMENTS = 100_000;
const WORDS = 5_000;
/** Each: a title of 5 words and a body of 45. */
const LENGTH = 50;
const BUILDINGS = 20;
const QUERIES = 300;
const BATCH = 5_000;

const ASKERS = ["a resident of one building", "an administrator, everywhere"] as const;

export const b10: Bench = {
  id: "B10",
  title: `search of ${DOCUMENTS.toLocaleString("en")} documents, by REST, one caller at a time`,
  units: { p99: "ms", p50: "ms", rate: "requests/s", found: "of 100 queries" },
  goals: ASKERS.map((asker) => ({ name: `p99 of ${asker}, ms`, value: (r) => figure(r, asker, "p99"), atMost: 100 })),
  limit:
    "The commonest words: 500 candidates are fetched and ranked; and beginnings, of which a hundred words are read side by side.",
  async open() {
    const world = await openWorld({ RATE_LIMIT_PER_MINUTE: 10_000_000 });
    const { rest } = await startProduct(world);
    const admin = await rest.admin();
    const home = await rest.newBuilding(admin, "Home");
    const resident = await rest.newPerson(admin, "Resident");
    await rest.moveIn(resident, home.manager, home.unitId);
    await fill(world, home.buildingId);
    const variants = ASKERS.map((name, index) => ({ name, measure: () => ask(rest, index === 0 ? resident : admin) }));
    return { variants, close: () => world.dispose() };
  },
};

const SYLLABLES = ["ba", "ke", "lo", "mi", "nu", "ra", "si", "ta", "ve", "zo", "dri", "pla", "gren", "stor", "wint"];

/** The n-th word of a language of our own. */
function word(n: number): string {
  const base = SYLLABLES.length;
  const digits = [n % base, Math.floor(n / base) % base, Math.floor(n / base ** 2) % base, (n * 7 + 3) % base];
  return digits.map((digit) => SYLLABLES[digit]).join("");
}

/** Repeatable. The first words are the commonest, as in every language. */
const common = (n: number): number => Math.floor(WORDS ** ((Math.imul(n, 2_654_435_761) >>> 0) / 2 ** 32)) - 1;

/** As the consumer writes them. A quarter of them in the one building. */
async function fill({ client, env }: World, homeId: string): Promise<void> {
  const db = client.db(`${env.DB_PREFIX}_search`);
  for (let from = 0; from < DOCUMENTS; from += BATCH) {
    const docs = Array.from({ length: BATCH }, (_, index) => document(from + index, homeId));
    await documentsOf(db, 1).insertMany(docs);
  }
  const all = [...new Set(Array.from({ length: WORDS }, (_, n) => word(n)))];
  // Of whom the askers ask.
  for (const building of [homeId, EVERYWHERE])
    await vocabularyOf(db, 1).insertMany(all.map((one) => wordDoc(building, one, env.SEARCH_LANGUAGES)));
}

function document(n: number, homeId: string): SearchDoc {
  const text = Array.from({ length: LENGTH }, (_, index) => word(common(n * LENGTH + index)));
  const buildingId = n % 4 === 0 ? homeId : `building-${n % BUILDINGS}`;
  const news = { type: "post", refId: `post-${n}`, buildingId, version: 1 } as const;
  const at = new Date(Date.UTC(2026, 0, 1) + n * 60_000);
  const parts = { title: text.slice(0, 5).join(" "), body: text.slice(5).join(" ") };
  const made = withNews(null, {
    ...news,
    text: { ownerId: null, audience: "building", status: "visible", at, ...parts },
  });
  if (made?._id !== docId("post", news.refId)) throw new Error(`${news.refId} is no news.`);
  return made;
}

/** Common and rare ones, beginnings, typing errors, several words: in turn. */
const KINDS: ((n: number) => string)[] = [
  (n) => word(n % 10),
  (n) => word(WORDS - 1 - n),
  (n) => word(n * 11).slice(0, 3),
  (n) => word(n * 13).replace(/.(?=.{3}$)/, "x"),
  (n) => `${word(n % 20)} ${word(n * 3)}`,
  (n) => `${word(n)} ${word(n * 5).slice(0, 4)} ${word(n % 7)}`,
];

async function ask(rest: Rest, person: Person): Promise<Figures> {
  const times: number[] = [];
  let found = 0;
  const since = performance.now();
  for (let n = 0; n < QUERIES; n++) {
    const q = encodeURIComponent((KINDS[n % KINDS.length] as (n: number) => string)(n));
    const begun = performance.now();
    const { body } = await rest.ok(200, rest.as(person).get(`/search?q=${q}`));
    times.push(performance.now() - begun);
    if (body.items.length > 0) found++;
  }
  return {
    p99: percentile(times, 0.99),
    p50: percentile(times, 0.5),
    rate: rate(QUERIES, since),
    found: (100 * found) / QUERIES,
  };
}

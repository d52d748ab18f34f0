/** How MongoDB carries out what is searched for: by an index, in the order of the hits, and beginning with the rarest word. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Db } from "mongodb";
import { find } from "../../../services/search/find.ts";
import { documentsOf, ensureIndex, vocabularyOf } from "../../../services/search/generation.ts";
import { type SearchDoc, withNews } from "../../../services/search/model.ts";
import { wordDoc } from "../../../services/search/vocabulary.ts";
import { createWorld, type World } from "../../support/cluster.ts";

const BUILDINGS = Array.from({ length: 30 }, (_, n) => `b${n}`);
const LANGUAGES = ["english"];
/** More than MongoDB reads side by side for all buildings. */
const BEGUN = Array.from({ length: 90 }, (_, n) => `heat${String.fromCharCode(97 + (n % 26))}${n}`);
const DOCUMENTS = 3_000;
const RARE_EVERY = 60;

interface Profile {
  planSummary: string;
  hasSortStage?: boolean;
  docsExamined: number;
  nreturned: number;
}

describe("the plans of a search", () => {
  let world: World;
  let db: Db;
  const everywhere = { filters: [{ shelf: { $ne: null } }], vocabularies: ["*"] };
  const manyShelves = { filters: [{ shelf: { $in: BUILDINGS.map((id) => `home:${id}`) } }], vocabularies: BUILDINGS };

  beforeAll(async () => {
    world = await createWorld();
    db = world.client.db(`${world.env.DB_PREFIX}_search`);
    await ensureIndex(db);
    await documentsOf(db, 1).insertMany(Array.from({ length: DOCUMENTS }, (_, n) => document(n)));
    const words = ["common", "usual", "seldom", ...BEGUN];
    for (const building of ["*", ...BUILDINGS])
      await vocabularyOf(db, 1).insertMany(words.map((word) => wordDoc(building, word, LANGUAGES)));
  });
  afterAll(() => world.dispose());

  function document(n: number): SearchDoc {
    const buildingId = BUILDINGS[n % BUILDINGS.length] as string;
    const title = `common usual ${BEGUN[n % BEGUN.length]}${n % RARE_EVERY === 0 ? " seldom" : ""}`;
    const text = { ownerId: null, audience: "building", title, body: "", status: "visible", at: new Date(n * 60_000) };
    return withNews(null, {
      ...{ type: "post", refId: String(n), buildingId, version: 1 },
      text: { ...text, audience: "building" },
    }) as SearchDoc;
  }

  /** What was found, and how the documents were read. */
  async function searched(allowed: typeof everywhere | typeof manyShelves, query: string) {
    await db.command({ profile: 0 });
    await db.dropCollection("system.profile");
    // One of a hundred ranges is a long entry.
    await db.createCollection("system.profile", { capped: true, size: 64 * 1024 * 1024 });
    await db.command({ profile: 2 });
    const found = await find({ db, allowed: allowed as never, languages: LANGUAGES }, query);
    await db.command({ profile: 0 });
    const where = { ns: `${db.databaseName}.documents_1`, op: "query" };
    return { found, reads: await db.collection<Profile>("system.profile").find(where).toArray() };
  }

  it.each([
    ["everywhere", everywhere],
    ["in thirty buildings", manyShelves],
  ])("a beginning of ninety words is read in the order of the hits, %s", async (_, allowed) => {
    const { found, reads } = await searched(allowed, "heat");
    expect(found.length).toBeGreaterThanOrEqual(500);
    expect(reads.length).toBeGreaterThan(0);
    for (const { planSummary, hasSortStage } of reads)
      expect([planSummary.split(" ")[0], hasSortStage]).toEqual(["IXSCAN", undefined]);
  });

  it.each(["common seldom", "seldom common", "usual common seldom"])(
    "of %p the rarest word is looked up",
    async (query) => {
      const { found, reads } = await searched(everywhere, query);
      const rare = DOCUMENTS / RARE_EVERY;
      expect(found).toHaveLength(rare);
      expect(Math.max(...reads.filter(({ nreturned }) => nreturned > 1).map((one) => one.docsExamined))).toBe(rare);
    },
  );
});

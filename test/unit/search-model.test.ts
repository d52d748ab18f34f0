/** What search keeps of what it hears, who finds it, and how hits are ranked and shown. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Actor, RoleGrant } from "../../mixins/kit/actor.ts";
import { newId } from "../../mixins/kit/ids.ts";
import { askedWords, gramsOfWord, sharedAtLeast, typosBetween, wordsOf } from "../../mixins/kit/words.ts";
import { allowedTo, shelfOf } from "../../services/search/access.ts";
import { type News, newerOf, type SearchDoc, withNews } from "../../services/search/model.ts";
import { before, placeOf, rank, strongTerms, withTypos } from "../../services/search/ranking.ts";
import { snippetOf } from "../../services/search/snippet.ts";

describe("words", () => {
  it("are without case, accents and marks, each once", () => {
    expect(wordsOf("Müller's CAFÉ, café! 42 Їжак")).toEqual(["muller", "s", "cafe", "42", "іжак"]);
  });

  it("of a query are the telling ones, where there are some", () => {
    expect(askedWords("When is the heating being repaired?")).toEqual(["heating", "being", "repaired"]);
    expect(askedWords("the who")).toEqual(["the", "who"]);
  });

  it.each([
    ["leak", "leak", 0],
    ["leek", "leak", 1],
    ["laek", "leak", 1],
    ["lek", "leak", 1],
    ["leaks", "leak", 1],
    ["kitchn", "kitchen", 1],
    ["elavatr", "elevator", 2],
    ["tap", "roof", 3],
  ])("%s is %s with so many typing errors: %i", (a, b, typos) => {
    expect(typosBetween(a, b, 2)).toBe(typos);
    expect(typosBetween(b, a, 2)).toBe(typos);
  });

  it("one wrong letter in a word of five or more leaves trigrams enough to find it by", () => {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{5,14}$/), fc.nat(), fc.nat(25), (word, at, letter) => {
        const index = at % word.length;
        const wrong = word.slice(0, index) + letters[letter] + word.slice(index + 1);
        const there = new Set(gramsOfWord(word));
        const shared = gramsOfWord(wrong).filter((gram) => there.has(gram)).length;
        expect(shared).toBeGreaterThanOrEqual(sharedAtLeast(wrong));
      }),
      { numRuns: 500 },
    );
  });
});

describe("news of a document", () => {
  const at = new Date("2030-01-01T00:00:00Z");
  const about = { type: "post", refId: "p1", buildingId: "b1" } as const;
  const text = (version: number, body: string): News => ({
    ...about,
    version,
    text: { ownerId: "u1", audience: "building", title: "Hello", body, status: "visible", at },
  });
  const status = (version: number, to: "visible" | "hidden" | "removed"): News => ({
    ...about,
    version,
    status: { status: to, listed: to === "visible", removed: to === "removed" },
  });
  const told = (...news: News[]) => news.reduce<SearchDoc | null>((doc, one) => withNews(doc, one) ?? doc, null);

  it("in any order and any number of times, come to the same document", () => {
    const all = [text(1, "one"), status(2, "hidden"), text(3, "three"), status(4, "visible"), text(5, "five")];
    const wanted = told(...all);
    expect(wanted).toMatchObject({
      body: "five",
      status: "visible",
      shelf: "home:b1",
      textVersion: 5,
      statusVersion: 4,
    });
    fc.assert(
      fc.property(fc.shuffledSubarray([...all, ...all], { minLength: 10 }), (shuffled) => {
        expect(told(...shuffled)).toEqual(wanted);
      }),
    );
  });

  it("what is hidden is found by nobody, and by everybody again when it is shown", () => {
    expect(told(text(1, "one"), status(2, "hidden"))).toMatchObject({ shelf: null, body: "one" });
    expect(told(status(2, "hidden"), text(1, "one"))).toMatchObject({ shelf: null });
    expect(told(text(1, "one"), status(2, "hidden"), status(3, "visible"))).toMatchObject({ shelf: "home:b1" });
  });

  it("what is removed leaves a tombstone, which no late text brings back to life", () => {
    const gone = told(text(1, "secret"), status(3, "removed"));
    expect(gone).toMatchObject({ shelf: null, title: "", body: "", words: [], titleWords: [], removed: true });
    for (const late of [text(2, "secret"), text(4, "secret")])
      expect(told(status(3, "removed"), late)).toMatchObject({ shelf: null, body: "", words: [] });
  });

  it("of two generations' states each part is taken from the newer one", () => {
    const [older, newer] = [told(text(1, "one"), status(4, "hidden")), told(text(3, "three"))] as SearchDoc[];
    const both = newerOf(older as SearchDoc, newer as SearchDoc);
    expect(both).toMatchObject({ body: "three", status: "hidden", shelf: null });
    expect(newerOf(newer as SearchDoc, older as SearchDoc)).toEqual(both);
  });
});

describe("who finds what", () => {
  const actor = (roles: RoleGrant[], homes: [string, string][] = []): Actor => ({
    userId: "me",
    sessionId: "s",
    roles,
    memberships: homes.map(([buildingId, unitId]) => ({ buildingId, unitId, relation: "tenant" })),
  });
  const doc = (audience: SearchDoc["audience"], buildingId = "a", ownerId = "other") => ({
    buildingId,
    ownerId,
    type: "post",
    shelf: shelfOf(audience, buildingId, true),
    readers: typeof audience === "string" ? [] : audience,
  });
  type Doc = ReturnType<typeof doc>;
  /** The filters as MongoDB would read them; a shape that it does not know fails. */
  const fits = (filter: Record<string, unknown>, one: Doc): boolean =>
    Object.entries(filter).every(([field, wanted]) => {
      if (field === "$or") return (wanted as Record<string, unknown>[]).some((part) => fits(part, one));
      const value = one[field as keyof Doc];
      if (typeof wanted === "string") return value === wanted;
      const { $in, $ne } = wanted as { $in?: unknown[]; $ne?: unknown };
      if ($in) return Array.isArray(value) ? value.some((each) => $in.includes(each)) : $in.includes(value);
      if ($ne === null) return value !== null;
      throw new Error(`unknown filter ${field}`);
    });
  const finds = (who: Actor, one: Doc, waiting: string[] = [], only?: string): boolean =>
    allowedTo(who, waiting, only).filters.some((filter) => fits(filter as Record<string, unknown>, one));

  const nobody = actor([]);
  const resident = actor([], [["a", "u1"]]);
  const elsewhere = actor([], [["b", "u9"]]);
  const staff = actor([{ role: "staff", buildingId: "a" }]);
  const manager = actor([{ role: "manager", buildingId: "a" }]);
  const provider = actor([{ role: "provider", buildingId: "a" }]);
  const admin = actor([{ role: "admin", buildingId: null }]);
  const people = { nobody, elsewhere, resident, provider, staff, manager, admin };

  it.each([
    ["public", "resident provider staff manager admin"],
    ["building", "resident provider staff manager admin"],
    ["staff", "staff manager admin"],
    [["unit:u1"], "resident manager admin"],
    [["unit:u2"], "manager admin"],
    [["role:staff"], "staff manager admin"],
    [["role:resident"], "resident manager admin"],
    [["role:provider", "role:staff"], "provider staff manager admin"],
  ] as [SearchDoc["audience"], string][])("%j: %s", (audience, wanted) => {
    const found = Object.entries(people).filter(([, who]) => finds(who, doc(audience)));
    expect(found.map(([name]) => name).join(" ")).toBe(wanted);
  });

  it("who waits for the verification finds public notices, of that building only, and nothing else", () => {
    expect(finds(nobody, doc("public"), ["a"])).toBe(true);
    expect(finds(nobody, doc("public", "b"), ["a"])).toBe(false);
    for (const audience of ["building", "staff", ["role:resident"]] as const)
      expect(finds(nobody, doc(audience), ["a"])).toBe(false);
  });

  it("own tickets are found for ever, own posts as long as one belongs there, and nothing that is hidden", () => {
    const mine = (type: string) => ({ ...doc("staff", "a", "me"), type });
    expect([finds(resident, mine("ticket")), finds(nobody, mine("ticket")), finds(nobody, mine("post"))]).toEqual([
      true,
      true,
      false,
    ]);
    expect(finds(resident, { ...mine("ticket"), shelf: null })).toBe(false);
    expect(finds(admin, { ...mine("ticket"), shelf: null })).toBe(false);
  });

  it("a question about one building is answered from that one only", () => {
    const both = actor([{ role: "manager", buildingId: "b" }], [["a", "u1"]]);
    for (const who of [both, admin]) {
      expect(finds(who, doc("building", "a"), [], "a")).toBe(true);
      expect(finds(who, doc("building", "b"), [], "a")).toBe(false);
      expect(finds(who, doc("public", "b"), ["b"], "a")).toBe(false);
    }
    expect(finds(nobody, { ...doc("staff", "b", "me"), type: "ticket" }, [], "a")).toBe(false);
  });
});

describe("ranking", () => {
  const at = new Date("2030-01-01");
  const doc = (title: string, body: string, when = at) => {
    const titleWords = wordsOf(title);
    return { _id: newId(), titleWords, words: [...new Set([...titleWords, ...wordsOf(body)])], at: when };
  };

  it("the word itself counts more than its other forms, these more than beginnings, these more than typing errors", () => {
    const query = [withTypos(strongTerms("leak", ["leaking"], ["leakproof"]), ["lake", "leek", "roof"])];
    const scores = ["leak", "leaking", "leakproof", "leek", "roof"].map((word) => rank(doc("", word), query).score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(new Set(scores).size).toBe(5);
    expect(rank(doc("leak", ""), query).score).toBe(1);
  });

  it("the order is total and the same at any time, so that a cursor names a place in it", () => {
    const query = [strongTerms("tap", [], [])];
    const docs = Array.from({ length: 20 }, (_, n) => doc(n % 3 === 0 ? "tap" : "", "tap", new Date(n % 4)));
    const order = docs.map((one) => placeOf(rank(one, query))).sort(before);
    fc.assert(
      fc.property(fc.shuffledSubarray(docs, { minLength: 20 }), (shuffled) => {
        expect(shuffled.map((one) => placeOf(rank(one, query))).sort(before)).toEqual(order);
      }),
    );
    for (const [index, place] of order.entries())
      expect(order.filter((other) => before(place, other) < 0)).toEqual(order.slice(index + 1));
  });
});

describe("a snippet", () => {
  it("is inert HTML whatever the text and the words are, and marks what was found", () => {
    const nasty = fc.string({ unit: fc.constantFrom(..."<>&\"' leakmrscipt/=()*+[]\\é😀".split("")), maxLength: 300 });
    fc.assert(
      fc.property(nasty, nasty, (text, query) => {
        const left = snippetOf(text, wordsOf(query)).replaceAll("<mark>", "").replaceAll("</mark>", "");
        expect(left).not.toMatch(/[<>"]/);
        expect(left).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)/);
      }),
      { numRuns: 500 },
    );
    expect(snippetOf("A <b>leak</b> here", ["leak"])).toBe("A &lt;b&gt;<mark>leak</mark>&lt;/b&gt; here");
    expect(snippetOf("Bei Müller tropft es", ["muller"])).toBe("Bei <mark>Müller</mark> tropft es");
  });

  it("is around the first match of a long text", () => {
    const text = `${"words before it ".repeat(30)}the leak and ${"words after it ".repeat(30)}`;
    expect(snippetOf(text, ["leak"])).toMatch(/^….{20,60}<mark>leak<\/mark>.*…$/);
  });
});

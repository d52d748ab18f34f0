/** The short form of the fuzz; the full size is `npm run fuzz`. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { fuzzConsumer } from "../../fuzz/consumer.ts";
import { fuzzDecoder } from "../../fuzz/decoder.ts";
import { faultOf } from "../../fuzz/judge.ts";
import { operationsOf } from "../../fuzz/operations.ts";
import { openProduct } from "../../fuzz/product.ts";
import { fuzzRest } from "../../fuzz/rest.ts";
import { createRegistry } from "../../mixins/kit/registry.ts";
import { contracts } from "../../services/contracts.ts";

const registry = createRegistry(contracts);
const SEED = 11;
const TIMEOUT_MS = 240_000;

describe("the decoder under fuzz", () => {
  it("reads 3,000 messages, whole or damaged, as an event or as a refusal", () => {
    const { cases, outcomes, finding } = fuzzDecoder(registry, 3_000, SEED);
    expect(finding).toBeUndefined();
    expect(cases).toBe(3_000);
    for (const outcome of ["event", "NOT_JSON", "NO_ENVELOPE", "UNKNOWN_TYPE", "CONTRACT_VIOLATED"])
      expect(outcomes[outcome]).toBeGreaterThan(0);
  });

  it("is noticed where it loses whole messages", () => {
    const deaf = { ...registry, event: () => undefined };
    expect(fuzzDecoder(deaf, 100, SEED).finding).toMatch(/a whole message is refused/);
  });
});

describe("the judge", () => {
  const schema = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
  const content = { "application/json": { schema } };
  const raw = { operationId: "x", security: [{}], requestBody: { content }, responses: { 200: { content } } };
  const [operation] = operationsOf({ paths: { "/x": { post: raw } } });
  const request = { method: "POST", url: "/x", headers: {}, body: undefined, caller: "admin", json: undefined };
  const headers = { "content-type": "application/json", "x-request-id": "1" };
  const verdict = (status: number, body: unknown, asked: object = {}): string | undefined =>
    faultOf(
      operation as NonNullable<typeof operation>,
      { ...request, spoiled: [], ...asked },
      { status, headers, body: Buffer.from(JSON.stringify(body)), took: 1 },
    );

  it("lets pass what the document says", () => {
    expect(verdict(200, { id: "a" })).toBeUndefined();
  });

  it.each([
    ["a failure of the server", 503, {}, {}],
    ["is not documented", 204, {}, {}],
    ["the body does not fit its schema", 200, { id: 1 }, {}],
    ["without a token", 200, { id: "a" }, { caller: "anonymous" }],
    ["that the document forbids", 200, { id: "a" }, { json: { value: {} } }],
  ])("notices: %s", (fault, status, body, asked) => {
    expect(verdict(status, body, asked)).toContain(fault);
  });
});

describe("the product under fuzz", () => {
  let product: Awaited<ReturnType<typeof openProduct>>;
  beforeAll(async () => {
    product = await openProduct();
  }, TIMEOUT_MS);
  afterAll(() => product?.world.dispose());

  it(
    "answers 400 random requests as its document says, and never by 5xx",
    async () => {
      const { cases, findings, statuses } = await fuzzRest({ ...product, cases: 400, seed: SEED });
      expect(findings).toEqual([]);
      expect(cases).toBeGreaterThanOrEqual(400);
      expect(Object.keys(statuses)).toEqual(expect.arrayContaining(["200", "401", "403", "404", "422"]));
    },
    TIMEOUT_MS,
  );

  it(
    "ends 1,000 random messages as handled or as a dead letter",
    async () => {
      const { world } = product;
      const { cases, handled, deadLetters, lost } = await fuzzConsumer({ world, registry, cases: 1_000, seed: SEED });
      expect(lost).toEqual([]);
      expect(handled + deadLetters).toBe(cases);
      expect(Math.min(handled, deadLetters)).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

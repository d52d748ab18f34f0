/** The campaign against the REST surface: every operation of the document, in rounds, so that the later ones find more. */
import fc from "fast-check";
import { StartError } from "../scripts/lib/say.ts";
import { Rest } from "../test/support/product.ts";
import { Callers, type ForgetTries } from "./callers.ts";
import { faultOf } from "./judge.ts";
import { type OpenApiDocument, type Operation, operationsOf } from "./operations.ts";
import { Pool } from "./pool.ts";
import { type Draft, drafts, type WireRequest, wire } from "./requests.ts";
import { asCurl, send, type WireAnswer } from "./wire.ts";

export interface RestOptions {
  /** `http://127.0.0.1:3000` */
  url: string;
  forgetTries: ForgetTries;
  cases: number;
  seed: number;
  /** Operations at a time. */
  lanes?: number;
  /** Only operations whose id holds this. */
  only?: string | undefined;
  onRound?: (done: number, total: number) => void;
  /** At once, so that an interrupted run has told it. */
  onFinding?: (finding: Finding) => void;
}

export interface Finding {
  operation: string;
  fault: string;
  curl: string;
  answer: string;
}

export interface RestReport {
  cases: number;
  operations: number;
  findings: Finding[];
  /** Status -> number of answers. */
  statuses: Record<string, number>;
  /** Operations that never answered 2xx: the fuzz has not seen what lies behind. */
  neverDone: string[];
  /** Requests as the document allows that were refused as not valid. */
  refusedThoughAllowed: Record<string, number>;
}

const MOST_ROUNDS = 5;

export async function fuzzRest(options: RestOptions): Promise<RestReport> {
  const { url, cases, seed, lanes = 4, only = "", onRound, onFinding } = options;
  const rest = new Rest(url);
  const document = (await rest.ok(200, rest.get("/openapi.json"))).body as OpenApiDocument;
  const all = operationsOf(document);
  const operations = all.filter(({ id }) => id.includes(only));
  if (operations.length === 0)
    throw new StartError(
      `There is no operation "${only}"`,
      `take a part of one of: ${all.map(({ id }) => id).join(", ")}`,
    );
  const campaign = new Campaign(url, await Callers.moveIn(rest, options.forgetTries), onFinding);
  const rounds = Math.max(1, Math.min(MOST_ROUNDS, Math.floor(cases / operations.length)));
  const each = Math.max(1, Math.ceil(cases / operations.length / rounds));
  for (let round = 0; round < rounds; round++) {
    const waiting = operations.map((operation, place) => ({ operation, seed: seed + round * 10_007 + place }));
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift())
        await campaign.run(next.operation, next.seed, each);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    onRound?.(round + 1, rounds);
  }
  return campaign.report(operations);
}

class Campaign {
  readonly #url: string;
  readonly #callers: Callers;
  readonly #onFinding: RestOptions["onFinding"];
  readonly #pool = new Pool();
  readonly #findings = new Map<string, Finding>();
  readonly #statuses: Record<string, number> = {};
  /** Operation -> status and code of its last answer -> how often. */
  readonly #answers = new Map<string, Record<string, number>>();
  readonly #refused: Record<string, number> = {};
  #cases = 0;

  constructor(url: string, callers: Callers, onFinding: RestOptions["onFinding"]) {
    this.#url = url;
    this.#onFinding = onFinding;
    this.#callers = callers;
    const { buildingId, unitId, residentId, staffId, managerId } = callers.house;
    this.#pool.add("building", buildingId);
    this.#pool.add("unit", unitId);
    for (const id of [residentId, staffId, managerId]) this.#pool.add("user", id);
  }

  /** One property: whatever is drawn, the answer matches. A counterexample is made smaller before it is kept. */
  async run(operation: Operation, seed: number, numRuns: number): Promise<void> {
    let smallest: Finding | undefined;
    const property = fc.asyncProperty(drafts(operation), async (draft) => {
      const finding = await this.#try(operation, draft);
      smallest = finding ?? smallest;
      return finding === undefined;
    });
    const { failed, errorInstance } = await fc.check(property, {
      seed: seed | 0,
      numRuns,
      interruptAfterTimeLimit: 120_000,
    });
    // The property says no and tells why; what it throws is the fuzz's own failure.
    if (failed && !smallest) throw errorInstance;
    if (!smallest) return;
    const key = `${operation.id}: ${smallest.fault}`;
    if (!this.#findings.has(key)) this.#onFinding?.(smallest);
    this.#findings.set(key, smallest);
  }

  async #try(operation: Operation, draft: Draft): Promise<Finding | undefined> {
    await this.#callers.ready(draft.caller);
    const token = this.#callers.tokenOf(draft.caller);
    const request = wire(operation, draft, this.#pool, this.#callers.tokenOf);
    this.#cases++;
    let answer: WireAnswer;
    try {
      answer = await send(this.#url, request);
    } catch (error) {
      return this.#finding(operation, request, `no answer: ${(error as Error).message}`, "");
    }
    this.#learn(operation, request, answer);
    if (answer.status === 401 && !request.spoiled.includes("header")) await this.#callers.renewed(draft.caller, token);
    const fault = faultOf(operation, request, answer);
    return fault ? this.#finding(operation, request, fault, answer.body.toString().slice(0, 1_000)) : undefined;
  }

  #finding(operation: Operation, request: WireRequest, fault: string, answer: string): Finding {
    return { operation: operation.id, fault, curl: asCurl(this.#url, request), answer };
  }

  #learn(operation: Operation, request: WireRequest, { status, headers, body }: WireAnswer): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    const answers = this.#answers.get(operation.id) ?? {};
    this.#answers.set(operation.id, answers);
    const count = (code: string): void => {
      answers[code] = (answers[code] ?? 0) + 1;
    };
    if (status < 300) count("done");
    if (!/json/.test(headers["content-type"] ?? "") || headers["content-encoding"]) return;
    try {
      const value = JSON.parse(body.toString());
      if (status < 300) this.#pool.learn(operation, status, value);
      if (status >= 400) count(value.code);
      if (request.spoiled.length === 0 && value.code === "INVALID_INPUT") {
        const key = `${operation.id} ${value.errors?.[0]?.path ?? ""} ${value.detail}`;
        this.#refused[key] = (this.#refused[key] ?? 0) + 1;
      }
    } catch {
      // The judge says so.
    }
  }

  report(operations: readonly Operation[]): RestReport {
    return {
      cases: this.#cases,
      operations: operations.length,
      findings: [...this.#findings.values()],
      statuses: this.#statuses,
      neverDone: operations.flatMap(({ id }) => {
        const answers = this.#answers.get(id) ?? {};
        const [most] = Object.entries(answers).sort(([, a], [, b]) => b - a);
        return answers.done ? [] : [`${id} (${most?.[0] ?? "no answer"})`];
      }),
      refusedThoughAllowed: this.#refused,
    };
  }
}

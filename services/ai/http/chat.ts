/**
 * The chat-completions protocol of OpenAI and of the many that speak it: one question, one JSON answer, with a deadline,
 * a second try, a day's budget, and a pause for everybody while the other side is away.
 */
import Type, { type Static, type TSchema } from "typebox";
import type { Clock } from "../../../mixins/kit/clock.ts";
import { compileCheck } from "../../../mixins/kit/schema.ts";
import { AiAnswerError, AiAwayError } from "../errors.ts";
import type { Budget } from "./budget.ts";

export interface ChatOptions {
  /** Up to and with `/v1`. */
  baseUrl: string;
  /** Empty: none is sent. */
  apiKey: string;
  model: string;
  timeoutMs: number;
  clock: Clock;
  budget: Budget;
}
export interface Ask<S extends TSchema> {
  /** What is to be done. */
  rules: string;
  /** What it is to be done with: sent as JSON, apart from the rules. */
  data: object;
  schema: S;
  /** Of the answer. */
  maxTokens: number;
}

const CompletionSchema = Type.Object({
  choices: Type.Array(
    Type.Object({
      message: Type.Object({ content: Type.String() }),
      finish_reason: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    }),
    { minItems: 1 },
  ),
  usage: Type.Optional(Type.Object({ total_tokens: Type.Number({ minimum: 0 }) })),
});
const checkCompletion = compileCheck(CompletionSchema);

const AGAIN_AFTER_MS = 250;
const PAUSE_MS = { least: 1_000, most: 60_000 };
/** A key that is refused, or a budget: an operator has to do something. */
const REFUSED_MS = 60_000;
/** Longer answers are not read, bytes. */
const MAX_BYTES = 256 * 1024;
const BYTES_PER_TOKEN = 3;

export class Chat {
  readonly #options: ChatOptions;
  #awayUntil = 0;
  #failures = 0;

  constructor(options: ChatOptions) {
    this.#options = options;
  }

  /** @throws AiAwayError, AiAnswerError */
  async ask<S extends TSchema>({ rules, data, schema, maxTokens }: Ask<S>): Promise<Static<S>> {
    const { model, clock, budget } = this.#options;
    const left = this.#awayUntil - clock().getTime();
    if (left > 0) throw new AiAwayError("it has not recovered yet", left);
    const messages = [
      { role: "system", content: rules },
      { role: "user", content: JSON.stringify(data) },
    ];
    const format = { temperature: 0, max_tokens: maxTokens, response_format: { type: "json_object" } };
    const body = JSON.stringify({ model, messages, ...format });
    const estimate = Math.ceil(Buffer.byteLength(body) / BYTES_PER_TOKEN) + maxTokens;
    await budget.take(estimate);
    const completion = await this.#completion(body).catch(async (error: unknown) => {
      await budget.settle(estimate, 0);
      throw error;
    });
    await budget.settle(estimate, completion.usage?.total_tokens ?? estimate);
    return contentOf(completion, schema);
  }

  async #completion(body: string): Promise<Static<typeof CompletionSchema>> {
    try {
      const completion = await this.#twice(body);
      this.#failures = 0;
      return completion;
    } catch (error) {
      if (error instanceof AiAwayError) this.#pause(error.retryMs);
      throw error;
    }
  }

  #pause(ms: number): void {
    this.#awayUntil = this.#options.clock().getTime() + ms;
    this.#failures++;
  }

  async #twice(body: string): Promise<Static<typeof CompletionSchema>> {
    try {
      return await this.#once(body);
    } catch (error) {
      if (!(error instanceof Hiccup)) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
    }
    return this.#once(body).catch((error: unknown) => {
      throw error instanceof Hiccup ? new AiAwayError(error.message, this.#backOff()) : error;
    });
  }

  #backOff = (): number => Math.min(PAUSE_MS.most, PAUSE_MS.least * 2 ** this.#failures);

  async #once(body: string): Promise<Static<typeof CompletionSchema>> {
    const { baseUrl, apiKey, timeoutMs } = this.#options;
    let status: number;
    let text: string;
    try {
      const response = await fetch(`${baseUrl.replace(/\/$/, "")}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(apiKey && { authorization: `Bearer ${apiKey}` }) },
        body,
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.status;
      if (status === 429) {
        await response.body?.cancel();
        throw new AiAwayError("it has had too many requests", this.#waitOf(response.headers));
      }
      text = await textOf(response);
    } catch (error) {
      if (error instanceof AiAwayError || error instanceof AiAnswerError) throw error;
      if ((error as Error).name === "TimeoutError") throw new AiAwayError("it takes too long", this.#backOff());
      throw new Hiccup("it can't be reached");
    }
    if (status === 401 || status === 403) throw new AiAwayError(`it refuses the key (${status})`, REFUSED_MS);
    if (status === 404) throw new AiAwayError("it does not know the model or the address (404)", REFUSED_MS);
    if (status >= 500 || status === 408) throw new Hiccup(`it has a fault (${status})`);
    if (status !== 200) throw new AiAnswerError(`status ${status}`);
    return parsed(text, checkCompletion, "it is no chat completion") as Static<typeof CompletionSchema>;
  }

  /** `Retry-After` in seconds or as a date, within bounds. */
  #waitOf(headers: Headers): number {
    const value = headers.get("retry-after") ?? "";
    const seconds = Number(value);
    const ms =
      value === ""
        ? Number.NaN
        : Number.isNaN(seconds)
          ? Date.parse(value) - this.#options.clock().getTime()
          : seconds * 1000;
    return Number.isNaN(ms) ? this.#backOff() : Math.min(3_600_000, Math.max(PAUSE_MS.least, ms));
  }
}

/** A fault that is often over a moment later. */
class Hiccup extends Error {}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new AiAnswerError("it is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function contentOf<S extends TSchema>({ choices }: Static<typeof CompletionSchema>, schema: S): Static<S> {
  const [choice] = choices;
  if (choice?.finish_reason === "length") throw new AiAnswerError("it was cut off");
  return parsed(
    choice?.message.content ?? "",
    compileCheck(schema),
    "it is not of the form that was asked for",
  ) as Static<S>;
}

/** @throws AiAnswerError */
function parsed(text: string, check: (value: unknown) => readonly unknown[], fault: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AiAnswerError("it is not JSON");
  }
  if (check(value).length > 0) throw new AiAnswerError(fault);
  return value;
}

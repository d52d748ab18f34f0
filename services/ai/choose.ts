/** Which provider: the one outside, where the settings name it, else the house's own. */
import type { Db } from "mongodb";
import type { Clock } from "../../mixins/kit/clock.ts";
import type { Env } from "../../mixins/kit/env.ts";
import { budgetOf } from "./http/budget.ts";
import { Chat } from "./http/chat.ts";
import { httpProvider } from "./http/provider.ts";
import { localProvider } from "./local/provider.ts";
import type { AiProvider } from "./provider.ts";

type Settings = Pick<Env, "AI_BASE_URL" | "AI_API_KEY" | "AI_MODEL" | "AI_TIMEOUT_MS" | "AI_DAILY_TOKENS">;

export function chooseProvider(env: Settings, db: Db, clock: Clock): AiProvider {
  const { AI_BASE_URL: baseUrl, AI_API_KEY: apiKey, AI_MODEL: model, AI_TIMEOUT_MS: timeoutMs } = env;
  if (baseUrl === "") return localProvider;
  const chat = new Chat({ baseUrl, apiKey, model, timeoutMs, clock, budget: budgetOf(db, env.AI_DAILY_TOKENS, clock) });
  return httpProvider(chat, new URL(baseUrl).host, model);
}

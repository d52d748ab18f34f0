import type { AiProvider } from "../provider.ts";
import { answer } from "./answer.ts";
import { moderate } from "./moderation.ts";
import { summarise } from "./summary.ts";
import { triage } from "./triage.ts";

/** Needs no network, no key, and is the same every time. */
export const localProvider: AiProvider = {
  provider: "local",
  model: "rules-2",
  moderate: async (text) => moderate(text),
  triage: async (text) => triage(text),
  summarise: async (parts) => summarise(parts),
  answer: async (question) => answer(question),
};

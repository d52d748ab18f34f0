/** Tokens a day (UTC), counted in MongoDB so that all nodes share them. Taken before the question, corrected by the bill. */
import type { Db } from "mongodb";
import type { Clock } from "../../../mixins/kit/clock.ts";
import { isDuplicateKey } from "../../../mixins/kit/failure.ts";
import { AiAwayError } from "../errors.ts";

export const BUDGET = "budget";
export interface BudgetDoc {
  /** `2030-01-31` */
  _id: string;
  tokens: number;
  requests: number;
}
export interface Budget {
  /** @throws AiAwayError until midnight */
  take: (tokens: number) => Promise<void>;
  settle: (taken: number, used: number) => Promise<void>;
}

const DAY_MS = 24 * 3_600_000;
const dayOf = (now: Date): string => now.toISOString().slice(0, 10);

/** @param limit 0: none, it is only counted */
export function budgetOf(db: Db, limit: number, clock: Clock): Budget {
  const days = db.collection<BudgetDoc>(BUDGET);
  const add = async (tokens: number): Promise<boolean> => {
    const room = limit === 0 ? {} : { tokens: { $lte: limit - tokens } };
    try {
      await days.updateOne(
        { _id: dayOf(clock()), ...room },
        { $inc: { tokens, requests: 1 } },
        { upsert: limit === 0 || tokens <= limit },
      );
      return limit === 0 || tokens <= limit;
    } catch (error) {
      // The day is there, without room; or somebody else has just begun it.
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  };
  return {
    async take(tokens) {
      if ((await add(tokens)) || (await add(tokens))) return;
      const now = clock();
      throw new AiAwayError("the day's budget is used up", DAY_MS - (now.getTime() % DAY_MS));
    },
    async settle(taken, used) {
      if (used !== taken) await days.updateOne({ _id: dayOf(clock()) }, { $inc: { tokens: Math.ceil(used - taken) } });
    },
  };
}

import { isAppError } from "../../mixins/kit/app-error-regenerator.ts";
import type { Call } from "../../mixins/kit/implement.ts";

/** Buildings in which the caller has claimed a unit and is not verified yet. Without an answer: none. */
export async function waitingOf(call: Call): Promise<string[]> {
  try {
    const { items } = await call("residency.listResidencies", { status: "pending", limit: 20 });
    return [...new Set(items.map(({ buildingId }) => buildingId))];
  } catch (error) {
    if (isAppError(error) && error.status === 503) return [];
    throw error;
  }
}

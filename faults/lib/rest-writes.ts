/** REST writes to the probe, each in the ledger; a client that takes what the network gives. */
import { HAPPENED } from "../probe/contracts.ts";
import type { Ledger, WriteState } from "./ledger.ts";

export interface RestAnswer {
  /** HTTP status; 0: no answer at all. */
  status: number;
  ms: number;
  at: number;
  retryAfter: string | null;
}

export class RestWrites {
  readonly #ledger: Ledger;
  /** Of every write so far. */
  readonly answers: RestAnswer[] = [];

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** `url`: of a gateway; `more`: JSON members as text. @returns status, body and time */
  async write(url: string, payload: object = {}, more = ""): Promise<RestAnswer & { body: unknown }> {
    const n = this.#ledger.nextNumber();
    const at = performance.now();
    const write = { owner: "probe", eventType: HAPPENED, n };
    try {
      const response = await fetch(`${url}/api/v1/probes`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: `${JSON.stringify({ n, ...payload }).slice(0, -1)}${more}}`,
        signal: AbortSignal.timeout(30_000),
      });
      const body = (await response.json()) as { id?: string };
      const { status } = response;
      this.#ledger.record({ ...write, state: stateOf(status), ...(status === 201 && { eventId: body.id as string }) });
      const answer = { status, ms: performance.now() - at, at, retryAfter: response.headers.get("retry-after") };
      this.answers.push(answer);
      return { ...answer, body };
    } catch {
      this.#ledger.record({ ...write, state: "uncertain" });
      const answer = { status: 0, ms: performance.now() - at, at, retryAfter: null };
      this.answers.push(answer);
      return { ...answer, body: undefined };
    }
  }

  /** How many answers had which status. */
  get byStatus(): Record<number, number> {
    const counts: Record<number, number> = {};
    for (const { status } of this.answers) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }
}

/** A 5xx may have come after the commit. */
const stateOf = (status: number): WriteState =>
  status >= 200 && status < 300 ? "accepted" : status >= 400 && status < 500 ? "refused" : "uncertain";

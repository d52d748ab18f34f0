/**
 * So many a second, for all nodes together: whoever wants to go takes the next free slot from a document in MongoDB,
 * by the server's clock. Providers count per account, not per process.
 */
import type { Collection, Db } from "mongodb";
import { isDuplicateKey } from "../kit/failure.ts";

export interface Turn {
  /** false: the slots are taken, or a pause is on, for longer than a job may wait under its lease. */
  granted: boolean;
  /** Milliseconds until the slot, or until it is worth asking again. */
  inMs: number;
}

export interface Gate {
  take(): Promise<Turn>;
}

interface GateDoc {
  _id: string;
  /** The next free slot. */
  next: Date;
  /** Server time of the last change. */
  at: Date;
  /** By the last one who asked. */
  taken?: boolean;
}

/** Longest wait of a granted turn; well below the lease of a job. */
export const MAX_HOLD_MS = 10_000;

export class RateGate implements Gate {
  readonly #gates: Collection<GateDoc>;
  readonly #name: string;
  readonly #intervalMs: number;

  /** @param perSecond 0: no limit, only pauses */
  constructor(db: Db, name: string, perSecond: number) {
    this.#gates = db.collection<GateDoc>("gates");
    this.#name = name;
    this.#intervalMs = perSecond === 0 ? 0 : 1_000 / perSecond;
  }

  async take(): Promise<Turn> {
    const free = { $max: ["$next", "$$NOW"] };
    const near = { $lte: ["$next", { $add: ["$$NOW", MAX_HOLD_MS] }] };
    const taken = { $or: [{ $not: ["$next"] }, near] };
    const next = { $cond: [taken, { $add: [free, this.#intervalMs] }, "$next"] };
    const doc = await this.#change({ next, taken });
    const granted = doc.taken === true;
    const slot = doc.next.getTime() - (granted ? this.#intervalMs : 0);
    return { granted, inMs: Math.max(0, slot - doc.at.getTime()) };
  }

  /** The other side has asked for it: nobody goes before it is over. */
  async pause(ms: number): Promise<void> {
    await this.#change({ next: { $max: ["$next", { $add: ["$$NOW", ms] }] } });
  }

  async #change(fields: { next: object; taken?: object }): Promise<GateDoc> {
    const change = () =>
      this.#gates.findOneAndUpdate({ _id: this.#name }, [{ $set: { ...fields, at: "$$NOW" } }], {
        upsert: true,
        returnDocument: "after",
        // A slot that is lost with a primary is taken twice: no reason to wait for every node.
        writeConcern: { w: 1 },
      });
    try {
      return (await change()) as GateDoc;
    } catch (error) {
      // Two were the first.
      if (isDuplicateKey(error)) return (await change()) as GateDoc;
      throw error;
    }
  }
}

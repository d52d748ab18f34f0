/**
 * What operators do with a service's dead letters. Each step is one transaction: the decision on the letter as it is
 * read there, its new state, the audit entry and, for a replay, the outbox row that the relay publishes.
 */

import type { Backbone } from "../backbone.ts";
import { checkVersion } from "../kit/check-version.ts";
import { AppError } from "../kit/errors.ts";
import { newId } from "../kit/ids.ts";
import type { Tx } from "../outbox/transaction.ts";
import type { Archive } from "./archive-batch.ts";
import { contentOf, storedForm } from "./body.ts";
import {
  type AuditEntry,
  DEAD_LETTER_AUDIT,
  DEAD_LETTERS,
  type DeadLetter,
  type DeadLetterStep,
} from "./dead-letter.ts";
import { decideOn, dryRun } from "./dry-run.ts";
import { decideEdit, type Edit } from "./edit.ts";
import { DeadLetterNotFoundError, EditRefusedError } from "./errors.ts";
import { withoutPersonal } from "./json-diff.ts";
import { next } from "./model.ts";
import type { Answer, Asked } from "./questions.ts";
import { audit, groups, list, show } from "./read.ts";
import { type ReplayOptions, replayOf, selectedIds } from "./replay.ts";
import { settleOne } from "./settle.ts";
import type { DetailView } from "./views.ts";

export interface Operator {
  /** A user id, or `operator:<account>`. */
  actorId: string;
  correlationId: string;
  /** `If-Match`: the version that the operator has seen. */
  expectedVersion?: number | undefined;
}

/** What a step makes of a letter. */
interface Change {
  set: Partial<DeadLetter>;
  step: DeadLetterStep;
  detail: Record<string, unknown>;
}

type StepTx = Tx<string>;

export class DeadLetterOperations {
  readonly #archive: Archive;
  readonly #operator: Operator;

  constructor(backbone: Backbone, service: string, operator: Operator) {
    this.#archive = { backbone, db: backbone.database(service), service };
    this.#operator = operator;
  }

  list(params: Asked<"list">) {
    return list(this.#archive, params);
  }
  groups(params: Asked<"groups">) {
    return groups(this.#archive, params);
  }
  show(params: Asked<"show">) {
    return show(this.#archive, params);
  }
  audit(params: Asked<"audit">) {
    return audit(this.#archive, params);
  }

  /** @throws DeadLetterStateError, EditRefusedError */
  edit({ id, payload, body }: Asked<"edit">): Promise<DetailView> {
    if ((payload === undefined) === (body === undefined))
      throw new EditRefusedError("Send either payload or body.", "");
    const edit: Edit = payload !== undefined ? { payload } : { body: body as object };
    const { db, backbone } = this.#archive;
    return this.#step(id, async (letter) => {
      next(letter.status, "edit");
      const edited = decideEdit(await contentOf(db, letter), edit, backbone.registry);
      const { diff, eventId, eventType, buildingId } = edited;
      // An envelope that had to be repaired brings its own id; the letter keeps its place.
      const repaired = eventId === letter.eventId || letter.replayedAs.includes(eventId) ? [] : [eventId];
      const set = {
        ...storedForm(Buffer.from(edited.body)),
        edited: true,
        eventType,
        buildingId,
        replayedAs: [...letter.replayedAs, ...repaired],
      };
      const { def } = backbone.registry.event(eventType) ?? {};
      return { set, step: "edited", detail: { diff: withoutPersonal(diff, def) } };
    });
  }

  /** @throws DeadLetterStateError, NotReplayableError, InboxExpiredError */
  async replay({ id, ...options }: Asked<"replay">): Promise<DetailView> {
    return this.#step(id, (letter, tx) => this.#replayed(letter, tx, options));
  }

  discard({ id, reason }: Asked<"discard">): Promise<DetailView> {
    return this.#step(id, async (letter) => ({
      set: { status: next(letter.status, "discard"), reason },
      step: "discarded",
      detail: { reason },
    }));
  }

  restore({ id }: Asked<"restore">): Promise<DetailView> {
    return this.#step(id, async (letter) => ({
      set: { status: next(letter.status, "restore"), reason: null },
      step: "restored",
      detail: { discardedBecause: letter.reason },
    }));
  }

  dryRun(params: Asked<"dryRun">) {
    return dryRun(this.#archive, params);
  }

  /**
   * Each through the same path as a single replay; a refusal stops nobody else. Synchronous and at once: the staged
   * replay (rate, canary, stop when failures return) will run these same steps from a stored job.
   */
  async replaySelection({
    filter,
    ids,
    limit = 100,
    ...options
  }: Asked<"replaySelection">): Promise<Answer<"replaySelection">> {
    const selection = await selectedIds(this.#archive, filter, ids, limit);
    const refused: Answer<"replaySelection">["refused"] = [];
    for (const id of selection.ids) {
      try {
        await this.#change(id, (letter, tx) => this.#replayed(letter, tx, options));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        refused.push({ id, code: error.code, message: error.message });
      }
    }
    return {
      selected: selection.ids.length,
      replayed: selection.ids.length - refused.length,
      refused,
      remaining: selection.remaining,
    };
  }

  async #replayed(letter: DeadLetter, tx: StepTx, options: ReplayOptions): Promise<Change> {
    const content = await contentOf(this.#archive.db, letter);
    const status = decideOn(this.#archive, letter, content, options);
    const { row, set } = replayOf(letter, content, options.newEventId ?? false);
    tx.enqueue(row);
    const detail = {
      outboxId: row._id,
      eventId: row.eventId,
      queue: row.target?.queue,
      episode: set.episode,
      ...(options.force && { forced: true }),
    };
    return { set: { ...set, status }, step: "replayed", detail };
  }

  async #step(id: string, decide: (letter: DeadLetter, tx: StepTx) => Promise<Change>): Promise<DetailView> {
    await this.#change(id, decide, this.#operator.expectedVersion);
    return show(this.#archive, { id });
  }

  /** Of two operators at once the second one's transaction conflicts, is run again, and meets the new status. */
  async #change(
    id: string,
    decide: (letter: DeadLetter, tx: StepTx) => Promise<Change>,
    expectedVersion?: number,
  ): Promise<void> {
    const { backbone, service } = this.#archive;
    const { actorId, correlationId } = this.#operator;
    await settleOne(this.#archive, id);
    await backbone.store(service, { actorId, correlationId }).inTransaction(async (tx) => {
      const letters = tx.collection<DeadLetter>(DEAD_LETTERS);
      const letter = await letters.findOne({ _id: id });
      if (!letter) throw new DeadLetterNotFoundError(id);
      checkVersion(letter, expectedVersion);
      const { set, step, detail } = await decide(letter, tx as unknown as StepTx);
      const change = {
        $set: { ...set, version: letter.version + 1, updatedAt: tx.now },
      };
      await letters.updateOne({ _id: id, version: letter.version }, change);
      const entry = {
        _id: newId(),
        deadLetterId: id,
        consumer: service,
        eventId: letter.eventId,
        step,
        at: tx.now,
        actorId,
        detail,
      };
      await tx.collection<AuditEntry>(DEAD_LETTER_AUDIT).insertOne(entry);
    });
  }
}

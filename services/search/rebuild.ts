/**
 * The rebuild: a job that takes one page at a time and schedules its next step in the transaction of this one, so that
 * it goes on where it was after any crash, on any node. First the event log is read into the next generation, then what
 * the log does not reach back to is taken over from the live one, then the next one is live.
 */
import type { Db } from "mongodb";
import { type JobKind, type Settle, untilDone } from "../../mixins/jobs/job.ts";
import type { JobRunner } from "../../mixins/jobs/runner.ts";
import type { Call } from "../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../mixins/mongo/client.ts";
import type { Tx } from "../../mixins/outbox/transaction.ts";
import { RebuildRunningError } from "./errors.ts";
import {
  documentsName,
  documentsOf,
  type IndexDoc,
  indexIn,
  type Rebuild,
  readIndex,
  saveIndex,
  vocabularyName,
} from "./generation.ts";
import { newsOf, READABLE } from "./news.ts";
import { type Languages, mergeInto, saveInto } from "./repository.ts";

export const REBUILD = "rebuild";
export const DROP = "drop";

const PAGE = 200;
/** Of the live one, after the switch: queries that began before may still read it. */
const KEEP_MS = 60_000;
/**
 * Between the start, from which on both generations are written, and the taking over: by then no transaction is open
 * that had looked before the start (mixins/mongo/transaction.ts begins none anew after 5 s).
 */
const SETTLED_MS = 10_000;

export interface RebuildStep {
  generation: number;
  step: number;
}
export interface RebuildTools {
  db: Db;
  jobs: JobRunner<"search">;
  call: Call;
  languages: Languages;
}

/** @throws RebuildRunningError */
export async function startRebuild(jobs: JobRunner<"search">, tx: Tx<"search">, by: string): Promise<Rebuild> {
  const { live, rebuild } = await indexIn(tx);
  if (rebuild) throw new RebuildRunningError();
  const generation = live + 1;
  const begun: Rebuild = {
    generation,
    phase: "log",
    startedAt: tx.now,
    startedBy: by,
    cursor: null,
    events: 0,
    documents: 0,
  };
  await saveIndex(tx, { rebuild: begun });
  await jobs.schedule(tx, stepOf(generation, 1));
  return begun;
}

const stepOf = (generation: number, step: number, dueAt?: Date) => ({
  kind: REBUILD,
  key: `${generation}/${step}`,
  data: { generation, step },
  ...(dueAt && { dueAt }),
});

export const rebuildJob = (tools: RebuildTools): JobKind<"search", RebuildStep> => ({
  kind: REBUILD,
  async run({ data }) {
    const { rebuild, live } = await readIndex(tools.db);
    if (rebuild?.generation !== data.generation) return async () => {};
    return rebuild.phase === "log" ? readLog(tools, data, rebuild) : takeOver(tools, data, rebuild, live);
  },
  ...untilDone,
});

async function readLog(
  tools: RebuildTools,
  { generation, step }: RebuildStep,
  rebuild: Rebuild,
): Promise<Settle<"search">> {
  const { call, jobs, languages } = tools;
  const page = await call("analytics.readLog", {
    eventTypes: [...READABLE],
    limit: PAGE,
    ...(rebuild.cursor !== null && { cursor: rebuild.cursor }),
  });
  return async (tx) => {
    const news = page.items.flatMap(
      ({ eventType, payload, timestamp }) =>
        newsOf(eventType, { payload: payload as never, timestamp: new Date(timestamp) }) ?? [],
    );
    await saveInto(tx, generation, news, languages);
    const done = page.nextCursor === null;
    const next: Rebuild = {
      ...rebuild,
      phase: done ? "merge" : "log",
      cursor: page.nextCursor,
      events: rebuild.events + page.items.length,
    };
    await saveIndex(tx, { rebuild: next });
    const settled = new Date(rebuild.startedAt.getTime() + SETTLED_MS);
    await jobs.schedule(tx, stepOf(generation, step + 1, done ? settled : undefined));
  };
}

/** What came while the log was read is in both; what the log has lost, or has not got yet, is in the live one. */
async function takeOver(
  tools: RebuildTools,
  { generation, step }: RebuildStep,
  rebuild: Rebuild,
  live: number,
): Promise<Settle<"search">> {
  const { db, jobs, languages } = tools;
  const found = await documentsOf(db, live)
    .find(rebuild.cursor === null ? {} : { _id: { $gt: rebuild.cursor } }, { maxTimeMS: MAX_TIME_MS })
    .sort({ _id: 1 })
    .limit(PAGE)
    .toArray();
  return async (tx) => {
    await mergeInto(tx, generation, found, languages);
    const documents = rebuild.documents + found.length;
    if (found.length === PAGE) {
      await saveIndex(tx, { rebuild: { ...rebuild, cursor: found.at(-1)?._id ?? null, documents } });
      await jobs.schedule(tx, stepOf(generation, step + 1));
      return;
    }
    const { startedAt, events } = rebuild;
    const last: IndexDoc["last"] = { startedAt, finishedAt: tx.now, events, documents };
    await saveIndex(tx, { live: generation, rebuild: null, last });
    const dueAt = new Date(tx.now.getTime() + KEEP_MS);
    await jobs.schedule(tx, { kind: DROP, key: String(live), data: { generation: live, step: 0 }, dueAt });
  };
}

/** The generation that was live before. */
export const dropJob = (db: Db): JobKind<"search", RebuildStep> => ({
  kind: DROP,
  async run({ data: { generation } }) {
    for (const name of [documentsName(generation), vocabularyName(generation)]) await db.dropCollection(name);
    return async () => {};
  },
  ...untilDone,
});

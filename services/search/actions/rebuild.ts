import type { JobRunner } from "../../../mixins/jobs/runner.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { RebuildRunningError } from "../errors.ts";
import { ensureGeneration, type IndexDoc, readIndex } from "../generation.ts";
import { startRebuild } from "../rebuild.ts";

export const rebuild = (jobs: JobRunner<"search">) =>
  implement("search.rebuild", async ({ actor, store }) => {
    const { live, rebuild: running } = await readIndex(store.db);
    if (running) throw new RebuildRunningError();
    // Outside of the transaction, which makes no indexes; there is nothing in it yet.
    await ensureGeneration(store.db, live + 1);
    return store.inTransaction(async (tx) => {
      const begun = await startRebuild(jobs, tx, actor.userId);
      return view({ rebuild: begun, last: null });
    });
  });

export const showRebuild = implement("search.showRebuild", async ({ store }) => view(await readIndex(store.db)));

function view({ rebuild, last }: Pick<IndexDoc, "rebuild" | "last">) {
  const of = rebuild ?? last;
  return {
    state: rebuild ? ("running" as const) : ("idle" as const),
    phase: rebuild?.phase ?? null,
    startedAt: of?.startedAt.toISOString() ?? null,
    finishedAt: rebuild ? null : (last?.finishedAt.toISOString() ?? null),
    events: of?.events ?? 0,
    documents: of?.documents ?? 0,
  };
}

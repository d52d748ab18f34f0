/** I5 from outside: a change stream that resumes after the saved token has to show every row that is unpublished. */
import type { ChangeStreamInsertDocument, MongoClient, ResumeToken, Timestamp } from "mongodb";
import type { Contract } from "../../mixins/kit/contracts.ts";
import { isRowOf, LOOKS_LIKE_A_ROW } from "../../mixins/outbox/live-path.ts";
import type { Finding } from "./checker.ts";
import type { DatabaseOf } from "./snapshot.ts";

export async function tokenFindings(
  client: MongoClient,
  database: DatabaseOf,
  contracts: readonly Contract[],
): Promise<Finding[]> {
  const lease = await database("relay").collection<{ _id: string; token?: ResumeToken }>("leases").findOne({});
  // Nothing saved: the next holder sweeps everything.
  if (!lease?.token) return [];
  // Read after the token: what is unpublished now was so when the token was saved.
  const ids = await unpublished(database, contracts);
  const seen = await insertedAfter(
    client,
    contracts.map(({ service }) => database(service).databaseName),
    lease.token,
    ids,
  );
  return ids
    .filter((id) => !seen.has(id))
    .map((id) => ({
      kind: "broken",
      invariant: "I5",
      id,
      consumer: null,
      text: "not published, and the saved resume token has passed it",
    }));
}

async function unpublished(database: DatabaseOf, contracts: readonly Contract[]): Promise<string[]> {
  const found = await Promise.all(
    contracts.map(({ service }) =>
      database(service)
        .collection<{ _id: string }>("outbox")
        .find(
          { publishedAt: null, failed: { $exists: false }, unroutable: { $exists: false } },
          { projection: { _id: 1 } },
        )
        .toArray(),
    ),
  );
  return found.flat().map(({ _id }) => _id);
}

async function insertedAfter(
  client: MongoClient,
  databases: readonly string[],
  token: ResumeToken,
  wanted: readonly string[],
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const { operationTime } = (await client.db("admin").command({ ping: 1 })) as unknown as { operationTime: Timestamp };
  const match = [{ $match: LOOKS_LIKE_A_ROW }];
  const stream = client.watch<{ _id: string }, ChangeStreamInsertDocument<{ _id: string }>>(match, {
    resumeAfter: token,
    maxAwaitTimeMS: 200,
  });
  try {
    const deadline = performance.now() + READ_MS;
    while (wanted.some((id) => !seen.has(id))) {
      const change = await stream.tryNext();
      if (change && isRowOf(databases, change)) seen.add(change.documentKey._id);
      // An empty answer says little: on a busy server the oplog is not read to its end yet. Under load none is empty.
      if (change ? isPast(change, operationTime) : hasReached(stream.resumeToken, operationTime)) break;
      if (performance.now() > deadline) throw new Error(`The oplog could not be read in ${READ_MS} ms.`);
    }
  } finally {
    await stream.close();
  }
  return seen;
}

const READ_MS = 30_000;

/** Those of one transaction share their time: only a later one says that all of them were seen. */
function isPast({ clusterTime }: ChangeStreamInsertDocument, time: Timestamp): boolean {
  return clusterTime?.greaterThan(time) ?? false;
}

/** Pure. A token's hex begins with a type byte, then the cluster time: seconds and increment, four bytes each. */
export function hasReached(token: ResumeToken, time: { high: number; low: number }): boolean {
  const hex = /^82([0-9A-F]{8})([0-9A-F]{8})/i.exec((token as { _data?: string } | undefined)?._data ?? "");
  if (!hex) return false;
  const [seconds, increment] = [Number.parseInt(hex[1] ?? "", 16), Number.parseInt(hex[2] ?? "", 16)];
  return seconds > time.high >>> 0 || (seconds === time.high >>> 0 && increment >= time.low >>> 0);
}

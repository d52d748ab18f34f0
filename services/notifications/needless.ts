/** What has become needless between the plan and the sending: the person has left the building, or the text is hidden. */
import { concealedOf } from "./concealed.ts";
import { belonging, type Reader } from "./directory.ts";
import type { NotificationDoc } from "./model.ts";

export async function needlessOf(reader: Reader, docs: readonly NotificationDoc[]): Promise<Set<NotificationDoc>> {
  const needless = await concealedOf(reader, docs);
  const ofHouses = docs.filter(({ buildingId }) => buildingId !== undefined);
  const belongs = await belonging(
    reader,
    ofHouses.map(({ userId }) => userId),
    ofHouses.map(({ buildingId }) => buildingId as string),
  );
  for (const doc of ofHouses) if (!belongs(doc.userId, doc.buildingId as string)) needless.add(doc);
  return needless;
}

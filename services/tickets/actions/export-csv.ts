import { stringify } from "csv-stringify/sync";
import { isStaffOf } from "../../../mixins/kit/actor.ts";
import { NotFoundError } from "../../../mixins/kit/errors.ts";
import { implement } from "../../../mixins/kit/implement.ts";
import { MAX_TIME_MS } from "../../../mixins/mongo/client.ts";
import { viewTicket } from "../model.ts";
import { tickets } from "../repository.ts";

const MAX_ROWS = 10_000;
const COLUMNS = [
  ...["number", "status", "priority", "category", "title", "description", "unitId", "reporterId", "assigneeId"],
  ...["createdAt", "updatedAt", "dueAt", "resolution", "rating", "id"],
];

/** For spreadsheets: formulas are made texts, and the byte order mark tells them that it is UTF-8. */
export const exportCsv = implement("tickets.exportCsv", async ({ params, actor, store }) => {
  const { buildingId, status } = params;
  if (!isStaffOf(actor, buildingId)) throw new NotFoundError("The building");
  const found = await tickets(store.db)
    .find({ buildingId, ...(status !== undefined && { status }) }, { maxTimeMS: MAX_TIME_MS })
    .sort({ _id: -1 })
    .limit(MAX_ROWS)
    .toArray();
  const options = { bom: true, header: true, columns: COLUMNS, escape_formulas: true, record_delimiter: "windows" };
  return { csv: stringify(found.map(viewTicket), options as object) };
});

/**
 * What is asked of an outbox, as schemas: one source for the owners' internal action (`{service}.republishOutbox`), the
 * REST surface (services/ops) and the REPL.
 */
import Type, { type Static } from "typebox";
import { closed } from "../kit/fields.ts";

/** Rows are counted no further. */
export const MAX_COUNT = 1_000_000;

const interval = {
  from: Type.String({ format: "date-time", description: "Published at this moment or later" }),
  to: Type.String({
    format: "date-time",
    description:
      "Published before it. Not in the future: what is sent again is published then, and would be found again",
  }),
  eventType: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "Only these" })),
  dryRun: Type.Optional(Type.Boolean({ description: "Only count" })),
};
export const RepublishParams = Type.Object(interval, closed);
export const RepublishedSchema = Type.Object({
  service: Type.String(),
  found: Type.Integer({ description: `At most ${MAX_COUNT}` }),
  /** Of these the ones that wait to be sent now. */
  republished: Type.Integer(),
});

export type Republish = Static<typeof RepublishParams>;
export type Republished = Static<typeof RepublishedSchema>;

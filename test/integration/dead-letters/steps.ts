/** What an operator does in these tests, over the `ops` service. */
import { waitFor } from "../../support/env.ts";
import type { Lab, Shown } from "./lab.ts";

export const steps = async (lab: Lab, id: string) =>
  (await lab.audit(id)).map(({ step, actorId }) => `${step} by ${actorId}`);
export const show = (lab: Lab, id: string) => lab.ask<Shown>("ops.showDeadLetter", { id });
export const replay = (lab: Lab, id: string, params: object = {}, by?: string, meta?: object) =>
  lab.ask<Shown>("ops.replayDeadLetter", { id, ...params }, by, meta);
export const resolved = (lab: Lab, id: string) =>
  waitFor(async () => (await show(lab, id)).status === "resolved", { message: `${id} to be resolved` });

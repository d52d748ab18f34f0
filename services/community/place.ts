/** In which building the caller writes. Pure. */
import { type Actor, belongsTo, buildingsOf } from "../../mixins/kit/actor.ts";
import { NotFoundError } from "../../mixins/kit/errors.ts";
import { BuildingUnnamedError } from "./errors.ts";

/** The one that is named, or the caller's only one. @throws NotFoundError (not theirs), BuildingUnnamedError */
export function placeOf(actor: Actor, buildingId: string | undefined): string {
  if (buildingId !== undefined) {
    if (!belongsTo(actor, buildingId)) throw new NotFoundError("The building");
    return buildingId;
  }
  const mine = buildingsOf(actor);
  const [only] = mine;
  if (mine === "all" || mine.length !== 1 || only === undefined) throw new BuildingUnnamedError();
  return only;
}

/** The people of the authorization matrix, in two buildings, and the things of building A that they reach for. */
import { newId } from "../../mixins/kit/ids.ts";
import type { Person, Rest } from "./product.ts";

export const ACTORS = [
  "anonymous",
  "residentA",
  "residentB",
  "staffA",
  "managerA",
  "managerB",
  "provider",
  "admin",
] as const;
export type ActorName = (typeof ACTORS)[number];

export interface House {
  rest: Rest;
  /** Of the platform. */
  admin: Person;
  buildingId: string;
  unitId: string;
  managerId: string;
  staffId: string;
  residentId: string;
  /** As that actor; anonymous without a token. */
  as: (actor: ActorName) => Rest;
  /** Somebody new in the same role, for what would end the first one. */
  another: (actor: Exclude<ActorName, "anonymous">) => Promise<Person>;
}

export async function furnish(rest: Rest, admin: Person): Promise<House> {
  const [a, b] = [await rest.newBuilding(admin, "Lime"), await rest.newBuilding(admin, "Oak")];
  const grant = (person: Person, role: string, buildingId?: string) =>
    rest.ok(200, rest.as(admin).post(`/users/${person.id}/roles`, { role, ...(buildingId && { buildingId }) }));
  const another: House["another"] = async (actor) => {
    const person = await rest.newPerson(admin, `${actor}-${newId().slice(-12)}`);
    if (actor === "residentA") await rest.moveIn(person, admin, a.unitId);
    if (actor === "residentB") await rest.moveIn(person, admin, b.unitId);
    if (actor === "staffA") await grant(person, "staff", a.buildingId);
    if (actor === "managerA") await grant(person, "manager", a.buildingId);
    if (actor === "managerB") await grant(person, "manager", b.buildingId);
    if (actor === "provider") await grant(person, "provider", a.buildingId);
    if (actor === "admin") await grant(person, "admin");
    return rest.login(person.email, person.password);
  };
  const names = ["residentA", "residentB", "staffA", "provider"] as const;
  const made = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await another(name)]))) as Record<
    (typeof names)[number],
    Person
  >;
  const people: Record<Exclude<ActorName, "anonymous">, Person> = {
    ...made,
    managerA: await rest.login(a.manager.email, a.manager.password),
    managerB: await rest.login(b.manager.email, b.manager.password),
    admin,
  };
  return {
    rest,
    admin,
    buildingId: a.buildingId,
    unitId: a.unitId,
    managerId: a.manager.id,
    staffId: made.staffA.id,
    residentId: made.residentA.id,
    as: (actor) => (actor === "anonymous" ? rest : rest.as(people[actor])),
    another,
  };
}

/** A building with a manager, staff and residents, all known to each other: where most tests of community begin. */
import type { NodeOptions, World } from "./cluster.ts";
import { waitFor } from "./env.ts";
import { type Answer, type Person, type Rest, startProduct } from "./product.ts";

// biome-ignore lint/suspicious/noExplicitAny: whatever the server said
type Body = any;

export interface Neighbours {
  rest: Rest;
  broker: Awaited<ReturnType<typeof startProduct>>["broker"];
  admin: Person;
  manager: Person;
  staff: Person;
  ann: Person;
  bob: Person;
  buildingId: string;
  /** Ann's. */
  unitId: string;
  /** Bob's. */
  nextUnitId: string;
  /** Somebody new who lives in the unit. */
  moveIn: (name: string, unitId?: string) => Promise<Person>;
  /** Until the directory knows them. */
  isKnown: (...people: Person[]) => Promise<unknown>;
  /** Payloads of the events of one aggregate, as soon as there are so many. */
  eventsOf: (aggregateId: string, eventType: string, count?: number) => Promise<Body[]>;
}

export async function neighbours(world: World, options: Partial<NodeOptions> = {}): Promise<Neighbours> {
  const { rest, broker } = await startProduct(world, options);
  const admin = await rest.admin();
  const { buildingId, unitId, manager } = await rest.newBuilding(admin, "Lime");
  const isKnown: Neighbours["isKnown"] = (...people) =>
    waitFor(
      async () => {
        const { items } = (await rest.as(manager).get("/members?limit=100")).body;
        return people.every(({ id }) => items.some(({ userId }: Body) => userId === id));
      },
      { message: "the members" },
    );
  const moveIn: Neighbours["moveIn"] = async (name, home = unitId) => {
    const person = await rest.newPerson(admin, name);
    await rest.moveIn(person, manager, home);
    await isKnown(person);
    return person;
  };
  const next = await rest.ok(201, rest.as(manager).post(`/buildings/${buildingId}/units`, { name: "B2", floor: 2 }));
  const nextUnitId: string = next.body.id;
  const [staff, ann, bob] = await Promise.all([rest.newPerson(admin, "Sam"), moveIn("Ann"), moveIn("Bob", nextUnitId)]);
  await rest.ok(200, rest.as(admin).post(`/users/${staff.id}/roles`, { role: "staff", buildingId }));
  Object.assign(staff, await rest.login(staff.email, staff.password));
  await isKnown(staff);
  const eventsOf: Neighbours["eventsOf"] = (aggregateId, eventType, count = 1) =>
    waitFor(
      async () => {
        const { items } = (await rest.as(admin).get(`/ops/events?eventType=${eventType}&limit=100`)).body;
        const own = items.filter((one: Body) => one.aggregateId === aggregateId);
        if (own.length < count) return undefined;
        const full: Answer[] = await Promise.all(
          own.map(({ eventId }: Body) => rest.as(admin).get(`/ops/events/${eventId}`)),
        );
        return full.map(({ body }) => body.payload);
      },
      { message: `${count} x ${eventType} of ${aggregateId}` },
    );
  return { rest, broker, admin, manager, staff, ann, bob, buildingId, unitId, nextUnitId, moveIn, isKnown, eventsOf };
}

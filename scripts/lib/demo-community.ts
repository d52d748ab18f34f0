/** What the people of the demo building tell each other: notices, posts with comments, a report, a conversation. */
import { type Account, eventually } from "./demo.ts";

type People = Record<"manager" | "staff" | "resident" | "neighbour", Account>;

export async function community({ manager, staff, resident, neighbour }: People): Promise<void> {
  const write = (by: Account, fields: object): Promise<{ id: string }> => by.call("POST", "/posts", fields);
  const comment = (by: Account, { id }: { id: string }, fields: object) =>
    by.call("POST", `/posts/${id}/comments`, fields);
  await write(manager, {
    kind: "announcement",
    public: true,
    title: "Water is turned off on Thursday",
    body: "The pipes in the cellar are replaced on Thursday between 9:00 and 13:00. Please keep some water ready.",
  });
  await write(manager, {
    audience: { type: "role", roles: ["staff"] },
    title: "Keys of the party room",
    body: "The second key hangs in the office now.",
  });
  // Who can be mentioned and written to is known by an event.
  await eventually("The directory", async () => {
    const { items } = await manager.call("GET", "/members?limit=100");
    return items.length >= 4 ? items : undefined;
  });
  const bikes = await write(resident, {
    title: "Bikes in the cellar",
    body: "Six bikes without a name stand in front of the laundry. Whose are they?",
  });
  await comment(neighbour, bikes, { body: "The red one is mine, I will move it tonight.", mentions: [resident.id] });
  await comment(staff, bikes, { body: "What has no name by the end of the month goes to the attic." });
  const couch = await write(neighbour, { title: "Couch for sale", body: "Like new, 80 euros, call me at any time!!!" });
  await resident.call("POST", `/posts/${couch.id}/flags`, { reason: "spam", note: "Third time this week." });
  const talk = await resident.call("POST", "/conversations", { participantIds: [neighbour.id] });
  for (const [by, body] of [
    [resident, "Would you water my plants next week?"],
    [neighbour, "Gladly. Leave the key with me?"],
  ] as const)
    await by.call("POST", `/conversations/${talk.id}/messages`, { body });
}

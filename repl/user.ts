/** `user <email>`: one account, its roles and where it lives. */
import type { iam } from "../services/iam/contract.ts";
import { replCommand, UsageError } from "./command.ts";
import { facts, table, when } from "./table.ts";

type User = NonNullable<(typeof iam)["actions"]["getUser"]["types"]>["result"];

export const user = replCommand({
  command: "user <email>",
  description: "One account: its state, its roles and the units that it lives in.",
  example: "user ann@example.com",
  async run(ask, { email }) {
    if (!/^\S+@\S+$/.test(String(email))) throw new UsageError(`${String(email)} is not an e-mail address.`);
    const { items }: { items: User[] } = await ask("iam.listUsers", { email: String(email) });
    const [data] = items;
    if (!data) throw new UsageError(`There is no account with the address ${String(email)}.`);
    return { data, text: `${head(data)}\n\n${places(data)}` };
  },
});

const head = (account: User): string =>
  facts([
    ["account", account.id],
    ["name", account.displayName],
    ["e-mail", `${account.email}, ${account.emailVerified ? "verified" : "not verified"}`],
    ["language", `${account.locale}, ${account.timeZone}`],
    ["since", `${when(account.createdAt)}, version ${account.version}`],
  ]);

function places({ roles, memberships }: User): string {
  const rows = [
    ...roles.map(({ role, buildingId }) => ({ as: role, buildingId, unitId: null })),
    ...memberships.map(({ relation, buildingId, unitId }) => ({ as: relation, buildingId, unitId })),
  ];
  return table(
    rows,
    [
      { title: "as", value: (row) => row.as, whole: true },
      { title: "building", value: (row) => row.buildingId, whole: true },
      { title: "unit", value: (row) => row.unitId, whole: true },
    ],
    "No role, and lives nowhere.",
  );
}

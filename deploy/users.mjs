/**
 * Vhosts and least-privilege users, made with an administrator's access. Idempotent: run it again to set new passwords.
 *
 *   MONGO_ROOT_URL, RABBITMQ_ROOT_URL (management API, with login): the administrator's
 *   MONGO_NODE_PASSWORD, EVENTS_PASSWORD, TRANSPORTER_PASSWORD: of the users that the nodes log in with
 *   DB_PREFIX: default app. A part whose root URL is not set is left out.
 */
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { MongoClient } from "mongodb";

const required = (name) => {
  const value = process.env[name];
  if (value) return value;
  console.error(`✗ ${name} is not set; remedy: set it, see deploy/users.mjs.`);
  process.exit(1);
};
const prefix = process.env.DB_PREFIX || "app";

if (process.env.RABBITMQ_ROOT_URL) await makeRabbitUsers(new URL(process.env.RABBITMQ_ROOT_URL));
if (process.env.MONGO_ROOT_URL) await makeMongoUsers(process.env.MONGO_ROOT_URL);

async function makeRabbitUsers(root) {
  const authorization = `Basic ${Buffer.from(`${decodeURIComponent(root.username)}:${decodeURIComponent(root.password)}`).toString("base64")}`;
  // A busy RabbitMQ answers 500 to the creation of a vhost that takes it more than 10 s, and goes on with it.
  const put = async (path, body, triesLeft = 10) => {
    const answer = await fetch(`${root.protocol}//${root.host}/api/${path}`, {
      method: "PUT",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) return;
    const text = await answer.text();
    if (answer.status < 500 || triesLeft === 0) throw new Error(`RabbitMQ refused ${path}: ${answer.status} ${text}`);
    await delay(2_000);
    return put(path, body, triesLeft - 1);
  };
  // Exactly what architecture.md §6 declares; amq.default is the default exchange (retries, dead letters, replays).
  const queues = "[a-z]+\\.(q|dlq|retry\\.[1248]s)";
  const events = process.env.EVENTS_VHOST || "events";
  const transporter = process.env.TRANSPORTER_VHOST || "transporter";
  const users = [
    {
      vhost: events,
      name: `residents-${events}`,
      password: required("EVENTS_PASSWORD"),
      configure: `^(app\\.events|${queues})$`,
      write: `^(app\\.events|amq\\.default|${queues})$`,
      read: `^(app\\.events|${queues})$`,
    },
    {
      // Whoever may write here can call any action: no other program gets this login.
      vhost: transporter,
      name: `residents-${transporter}`,
      password: required("TRANSPORTER_PASSWORD"),
      configure: "^MOL.*$",
      write: "^(MOL.*|amq\\.default)$",
      read: "^MOL.*$",
    },
  ];
  for (const { vhost, name, password, ...permissions } of users) {
    await put(`vhosts/${encodeURIComponent(vhost)}`, {});
    await put(`users/${encodeURIComponent(name)}`, { password, tags: "" });
    await put(`permissions/${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`, permissions);
    console.log(`RabbitMQ: user ${name} on vhost ${vhost}`);
  }
}

/**
 * Two users: nodes read and write the databases of the prefix; the relay opens a change stream over the deployment as
 * well, which MongoDB allows only together with reading.
 */
async function makeMongoUsers(url) {
  const client = await MongoClient.connect(url, { serverSelectionTimeoutMS: 30_000 });
  const admin = client.db("admin");
  const pwd = required("MONGO_NODE_PASSWORD");
  const services = readdirSync("services", { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? e.name : []));
  const roles = services.map((service) => ({ role: "readWrite", db: `${prefix}_${service}` }));
  const everywhere = { resource: { db: "", collection: "" }, actions: ["find", "changeStream"] };
  const make = async (kind, id, body) => {
    const found = await admin.command({ [`${kind}sInfo`]: id });
    const verb = found[`${kind}s`].length > 0 ? "update" : "create";
    await admin.command({ [`${verb}${kind === "role" ? "Role" : "User"}`]: id, ...body });
  };
  await make("role", `${prefix}_node`, { privileges: [], roles });
  await make("role", `${prefix}_relay`, { privileges: [everywhere], roles });
  for (const kind of ["node", "relay"]) {
    const name = `${prefix}-${kind}`;
    await make("user", name, { pwd, roles: [{ role: `${prefix}_${kind}`, db: "admin" }] });
    console.log(`MongoDB: user ${name}`);
  }
  await client.close();
}

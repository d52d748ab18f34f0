/** Files of tickets, by REST. */
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../mixins/kit/ids.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { type Answer, type Person, PNG, type Rest, startProduct } from "../support/product.ts";

const MB = 1024 * 1024;
const JPEG_HEAD = Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex");
const ZIP = Buffer.from("504b0304140000000800", "hex");
const ELF = Buffer.concat([Buffer.from("7f454c4602010100", "hex"), Buffer.alloc(100)]);
const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');

describe("attachments", () => {
  let world: World;
  let rest: Rest;
  let admin: Person;
  let resident: Person;
  let manager: Person;
  let unitId = "";
  let ticketId = "";
  const database = () => world.client.db(`${world.env.DB_PREFIX}_tickets`);
  const upload = (content: Buffer, name = "photo.png", id = ticketId, headers: Record<string, string> = {}) =>
    rest.as(resident).call("POST", `/tickets/${id}/attachments?name=${encodeURIComponent(name)}`, content, {
      "content-type": "application/octet-stream",
      ...headers,
    });
  const download = (person: Person, id: string) =>
    fetch(`${rest.url}/api/v1/tickets/${ticketId}/attachments/${id}`, {
      headers: { authorization: `Bearer ${person.token}` },
    });
  const ticket = async (): Promise<string> => {
    const sent = { unitId, category: "other", title: "A tap", description: "It drips." };
    return (await rest.ok(201, rest.as(resident).post("/tickets", sent))).body.id;
  };

  beforeAll(async () => {
    world = await createWorld();
    ({ rest } = await startProduct(world));
    admin = await rest.admin();
    ({ unitId, manager } = await rest.newBuilding(admin, "Lime"));
    resident = await rest.newPerson(admin, "Ann");
    await rest.moveIn(resident, manager, unitId);
    ticketId = await ticket();
  });
  afterAll(() => world.dispose());

  it("a file of 10 MB comes back byte by byte, as what its bytes say, and is no page of ours", async () => {
    const content = Buffer.concat([JPEG_HEAD, randomBytes(10 * MB - JPEG_HEAD.length)]);
    const made = await upload(content, "Küche (1)'s.png");
    const sha256 = createHash("sha256").update(content).digest("hex");
    expect(made).toMatchObject({ status: 201, body: { type: "image/jpeg", bytes: 10 * MB, sha256 } });
    expect(made.headers.get("location")).toBe(`/api/v1/tickets/${ticketId}/attachments/${made.body.id}`);
    const answer = await download(manager, made.body.id);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "image/jpeg",
      "content-length": String(10 * MB),
      "content-disposition": "attachment; filename*=UTF-8''K%C3%BCche%20%281%29%27s.png",
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
    });
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
    const { items } = (await rest.as(manager).get(`/tickets/${ticketId}/attachments`)).body;
    expect(items.map(({ id }: { id: string }) => id)).toEqual([made.body.id]);
  });

  it.each<[string, () => Promise<Answer>, number, string]>([
    ["an archive", () => upload(ZIP, "photo.png"), 415, "ATTACHMENT_TYPE"],
    [
      "a program that says it is a picture",
      () => upload(ELF, "x.png", ticketId, { "content-type": "image/png" }),
      415,
      "ATTACHMENT_TYPE",
    ],
    ["a drawing with a script", () => upload(SVG, "x.svg"), 415, "ATTACHMENT_TYPE"],
    ["a text", () => upload(Buffer.from("hello"), "x.png"), 415, "ATTACHMENT_TYPE"],
    ["nothing", () => upload(Buffer.alloc(0)), 400, "MALFORMED_BODY"],
    ["more than 10 MB", () => upload(Buffer.concat([JPEG_HEAD, Buffer.alloc(10 * MB)])), 413, "BODY_TOO_LARGE"],
    ["a path as name", () => upload(PNG, "../../etc/passwd"), 422, "INVALID_INPUT"],
    ["a path of Windows as name", () => upload(PNG, "..\\x.png"), 422, "INVALID_INPUT"],
    ["two dots as name", () => upload(PNG, ".."), 422, "INVALID_INPUT"],
    ["a line break in the name", () => upload(PNG, "a\r\nx-evil: 1"), 422, "INVALID_INPUT"],
    ["no name", () => upload(PNG, ""), 422, "INVALID_INPUT"],
    ["a ticket that is not there", () => upload(PNG, "a.png", newId()), 404, "NOT_FOUND"],
  ])("%s is refused, and leaves no bytes behind", async (_, send, status, code) => {
    const before = await database().collection("files.files").countDocuments({});
    const answer = await send();
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await database().collection("files.files").countDocuments({})).toBe(before);
  });

  it("a digest that the client sends is not known, and the one of the bytes is stored", async () => {
    const path = `/tickets/${ticketId}/attachments?name=a.png&sha256=${"0".repeat(64)}`;
    expect((await rest.as(resident).call("POST", path, PNG)).status).toBe(422);
  });

  it("the same key and file again is the stored answer; another file is refused", async () => {
    const key = { "idempotency-key": "upload-1" };
    const first = await upload(PNG, "a.png", ticketId, key);
    const again = await upload(PNG, "a.png", ticketId, key);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    const other = await upload(Buffer.concat([PNG, Buffer.from("x")]), "a.png", ticketId, key);
    expect(other.body.code).toBe("IDEMPOTENCY_KEY_REUSED");
    const files = await database().collection("files.files").countDocuments({});
    expect(files).toBe(await database().collection("attachments").countDocuments({}));
  });

  it("a ticket takes 20, also when 30 come at once; a stranger sees none, a finished ticket takes none", async () => {
    const id = await ticket();
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => upload(PNG, `${n}.png`, id)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(20);
    expect(new Set(statuses)).toEqual(new Set([201, 409]));
    const stranger = await rest.newPerson(admin, "Stranger");
    expect((await rest.as(stranger).get(`/tickets/${id}/attachments`)).status).toBe(404);
    const done = await ticket();
    await rest.ok(200, rest.as(resident).post(`/tickets/${done}/transitions`, { to: "cancelled", reason: "Fine." }));
    expect((await upload(PNG, "a.png", done)).body.code).toBe("TICKET_FINAL");
  });
});

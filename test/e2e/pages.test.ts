/** The pages in a real browser (Debian's chromium, where it is installed): they load, alone from here, and work. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumPath } from "../../scripts/lib/chromium.ts";
import { createWorld, type World } from "../support/cluster.ts";
import { waitFor } from "../support/env.ts";
import { ADMIN, type Person, type Rest, startProduct } from "../support/product.ts";

const CHROMIUM = chromiumPath();

let world: World;
let broker: ServiceBroker;
let rest: Rest;
let admin: Person;

beforeAll(async () => {
  world = await createWorld();
  ({ broker, rest } = await startProduct(world));
  admin = await rest.admin();
});
afterAll(() => world.dispose());

describe("what a browser is given", () => {
  it.each(["/docs", "/docs/events", "/console"])(
    "%s names only files of this server, and nothing inline",
    async (path) => {
      const response = await fetch(`${rest.url}${path}`);
      const page = await response.text();
      expect(response.headers.get("content-security-policy")).toContain("script-src 'self'; style-src 'self'");
      const named = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target]) => target as string);
      const files = named.filter((target) => /\.(js|css)$/.test(target));
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        const { status, headers } = await fetch(`${rest.url}${file}`);
        expect([file, status]).toEqual([file, 200]);
        expect(headers.get("content-type")).toMatch(/^text\/(javascript|css); charset=utf-8$/);
      }
      for (const target of named) expect(target).toMatch(/^(\/|#|data:,$)/);
      expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=/);
    },
  );

  it("nothing else of the console's folder", async () => {
    for (const name of ["tsconfig.json", "lit-html.d.ts", "index.html", "..%2fpages.ts", "views/"])
      expect([name, (await fetch(`${rest.url}/console/${name}`)).status]).toEqual([name, 404]);
  });
});

(CHROMIUM ? describe : describe.skip)("in Chromium", () => {
  let browser: Browser;
  const faults: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  const open = async (path: string): Promise<Page> => {
    const page = await browser.newPage();
    page.on("pageerror", (error) => faults.push(`${path}: ${error.message}`));
    page.on("console", (message) => {
      // The API's refusals are shown to the person.
      if (message.type() === "error" && !/status of (401|4\d\d)/.test(message.text()))
        faults.push(`${path}: ${message.text()}`);
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(rest.url) && !request.url().startsWith("data:")) faults.push(request.url());
    });
    await page.goto(`${rest.url}${path}`);
    return page;
  };
  const logIn = async (email: string, password: string): Promise<Page> => {
    const page = await open("/console");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Log in" }).click();
    return page;
  };

  it("the references list routes and events", async () => {
    const docs = await open("/docs");
    await docs.getByText("/tickets/{id}/transitions").first().waitFor();
    const events = await open("/docs/events");
    await events.getByText("ticket.status_changed").first().waitFor();
    expect(faults).toEqual([]);
  });

  it("the console lets no one in but administrators", async () => {
    const page = await logIn(ADMIN.email, "not the password");
    await page.getByRole("alert").waitFor();
    const ann = await rest.newPerson(admin, "Ann");
    await page.getByLabel("E-mail").fill(ann.email);
    await page.getByLabel("Password").fill(ann.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("This account is not an administrator's.").waitFor();
  });

  it("an operator counts what was published in an interval, and sends it again", async () => {
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const page = await logIn(ADMIN.email, ADMIN.password);
    page.on("dialog", (dialog) => void dialog.accept());
    await page.getByRole("link", { name: "Send again" }).click();
    await page.getByLabel("Published from").fill("yesterday");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("alert").filter({ hasText: "/from" }).waitFor();
    await page.getByRole("link", { name: "Send again" }).click();
    await page.getByLabel("Published from").fill(from);
    await page.getByLabel("By service").fill("iam");
    await page.getByRole("button", { name: "Show" }).click();
    const send = page.getByRole("button", { name: /^Send [1-9]\d* again$/ });
    await send.waitFor();
    await send.click();
    await page
      .getByRole("status")
      .filter({ hasText: /^[1-9]\d* events wait to be sent again\.$/ })
      .waitFor();
    const outbox = world.client.db(`${world.env.DB_PREFIX}_iam`).collection("outbox");
    expect(await outbox.countDocuments({ "republish.by": admin.id })).toBeGreaterThan(0);
    await waitFor(async () => (await outbox.countDocuments({ publishedAt: null })) === 0, {
      message: "all sent again",
    });
    expect(faults).toEqual([]);
  });

  it("an operator finds a dead letter, mends it, sends it again and reads the event's way", async () => {
    await poison(broker, world);
    const page = await logIn(ADMIN.email, ADMIN.password);
    await page.getByRole("heading", { name: "Dead letters by cause" }).waitFor();
    await page.getByRole("link", { name: "CONTRACT_VIOLATED" }).first().click();
    await page.getByRole("link", { name: "user.deleted" }).first().click();
    const payload = page.getByLabel("Payload");
    await payload.waitFor();
    const broken = JSON.parse(await payload.inputValue());
    await payload.fill("{ no JSON");
    await page.getByRole("button", { name: "Save the change" }).click();
    await page.getByText("This is not JSON").waitFor();
    await payload.fill(JSON.stringify({ ...broken, version: 1 }));
    await page.getByRole("button", { name: "Save the change" }).click();
    await page.getByText("edited").first().waitFor();
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await waitFor(
      async () => {
        await page.reload();
        if (await page.getByLabel("E-mail").isVisible()) {
          await page.getByLabel("E-mail").fill(ADMIN.email);
          await page.getByLabel("Password").fill(ADMIN.password);
          await page.getByRole("button", { name: "Log in" }).click();
        }
        await page.getByRole("heading", { level: 1, name: "user.deleted" }).waitFor();
        return page.getByRole("heading", { level: 1, name: "resolved" }).isVisible();
      },
      { message: "the letter to be resolved" },
    );
    await page
      .getByRole("link", { name: /^[0-9a-f-]{36}$/ })
      .first()
      .click();
    await page.getByRole("heading", { name: "What operators did" }).waitFor();
    expect(faults).toEqual([]);
  });
});

/** An event that breaks its contract, in one consumer's own queue. */
async function poison(on: ServiceBroker, { env }: World): Promise<void> {
  const channel = await on.backbone.connection.createConfirmChannel();
  const eventId = "01980000-0000-7000-8000-00000000abcd";
  const body = {
    eventId,
    version: "v1",
    eventType: "user.deleted",
    timestamp: new Date().toISOString(),
    payload: { userId: "01980000-0000-7000-8000-00000000dcba", version: "one" },
  };
  channel.sendToQueue("search.q", Buffer.from(JSON.stringify(body)), {
    persistent: true,
    contentType: "application/json",
    messageId: eventId,
    type: "user.deleted",
  });
  await channel.waitForConfirms();
  await channel.close();
  const letters = on.backbone.database("search").collection("dead_letters");
  await waitFor(() => letters.findOne({}), { message: `a dead letter in ${env.DB_PREFIX}_search` });
}

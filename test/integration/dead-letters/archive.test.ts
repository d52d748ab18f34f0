import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { waitFor } from "../../support/env.ts";
import { withFailCommand } from "../../support/fail-point.ts";
import { envelope, type Lab, type Shown, startLab } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.dispose());

const refused = (queue: string, body: Buffer | object, eventId?: string) => async () => {
  const before = new Set((await lab.letters()).map(({ _id }) => _id));
  await lab.put(queue, body);
  return waitFor(
    async () => (await lab.letters()).find(({ _id }) => !before.has(_id) && (!eventId || _id === `lab:${eventId}`)),
    {
      message: "a dead letter",
    },
  );
};

describe("what the consumer refuses", () => {
  const unknownVersion = envelope({ size: 1 }, { version: "v7" });
  it.each([
    ["NOT_JSON", Buffer.from("not json"), null],
    ["NO_ENVELOPE", { hello: "world" }, null],
    ["UNKNOWN_TYPE", envelope({}, { eventType: "thing.unheard" }), "thing.unheard"],
    ["UNKNOWN_VERSION", unknownVersion, "thing.made"],
    ["CONTRACT_VIOLATED", envelope({ size: "big", buildingId: "b1" }), "thing.made"],
    ["TOO_LARGE", Buffer.alloc(1_000_000, "x"), null],
    ["NOT_JSON", Buffer.alloc(0), null],
    ["NOT_JSON", Buffer.from([0xc3, 0x28, 0x00, 0xff]), null],
  ])("is archived at once as %s", async (code, body, eventType) => {
    const letter = await refused("lab.q", body)();
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    expect(letter).toMatchObject({
      code,
      status: "open",
      consumer: "lab",
      episode: 1,
      version: 1,
      bytes: bytes.length,
    });
    if (eventType) expect(letter.eventType).toBe(eventType);
    expect(Buffer.from(letter.body, letter.bodyEncoding as "utf8").equals(bytes)).toBe(true);
    const shown = await lab.ask<Shown>("ops.showDeadLetter", {
      id: letter._id,
    });
    expect(shown.contract).toMatchObject({ ok: false, code });
    expect((await lab.audit(letter._id)).map(({ step, actorId }) => [step, actorId])).toEqual([
      ["archived", "system:lab"],
    ]);
  });

  it("leaves the neighbours alone: a good event behind it is handled", async () => {
    const good = envelope({ size: 2 });
    await lab.put("lab.q", Buffer.from("rubbish before a good one"));
    await lab.put("lab.q", good);
    await waitFor(() => lab.effects(good.eventId), {
      message: "the effect of the good event",
    });
  });
});

describe("what the consumer gave up on", () => {
  it("is archived with its code, its attempts and its error chain", async () => {
    lab.fail.code = "LAB_ON_FIRE";
    const body = envelope({ size: 3, buildingId: "b7" });
    // The sixth attempt, so that the test need not wait for the retries before it.
    await lab.put("lab.q", body, { headers: { "x-attempt": 5 } });
    const letter = await lab.letter(`lab:${body.eventId}`);
    lab.fail.code = null;
    expect(letter).toMatchObject({
      code: "LAB_ON_FIRE",
      attempts: 6,
      buildingId: "b7",
      fingerprint: "lab|LAB_ON_FIRE|thing.made",
    });
    const shown = await lab.ask<Shown>("ops.showDeadLetter", {
      id: letter._id,
    });
    expect(shown.errors).toMatchObject([
      {
        attempt: 6,
        episode: 1,
        code: "LAB_ON_FIRE",
        message: "told to fail with LAB_ON_FIRE",
      },
    ]);
    expect(shown.payload).toEqual({ size: 3, buildingId: "b7" });
    expect(shown.legal).toEqual(["edit", "replay", "discard"]);
  });

  it("by the broker's own limit is archived as delivery_limit", async () => {
    const body = envelope({ size: 4 });
    // A queue like ours, but with a limit of 1: the broker writes the very header that ours would get after 20.
    const queue = "impatient.q";
    const channel = await lab.broker.backbone.connection.createChannel();
    const limits = {
      "x-queue-type": "quorum",
      "x-delivery-limit": 1,
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": "lab.dlq",
    };
    await channel.assertQueue(queue, { durable: true, arguments: limits });
    await lab.put(queue, body);
    await channel.consume(queue, (message) => message && channel.nack(message, false, true));
    const foreign = await lab.letter(`lab:${body.eventId}`);
    // Another queue's limit is not ours: no cause is known.
    expect(foreign.code).toBe("unknown");
    const [death] = (
      foreign.properties.headers as {
        "x-death": { reason: string; queue: string }[];
      }
    )["x-death"];
    expect(death).toMatchObject({ reason: "delivery_limit", queue });

    const own = envelope({ size: 5 });
    await lab.put("lab.dlq", own, {
      headers: { "x-death": [{ ...death, queue: "lab.q" }] },
    });
    expect(await lab.letter(`lab:${own.eventId}`)).toMatchObject({
      code: "delivery_limit",
      attempts: 20,
    });
    await channel.close();
  });
});

describe("a copy that comes twice", () => {
  it("changes nothing, as after a crash between write and ack", async () => {
    const { id } = await lab.dead();
    const before = await lab.letter(id);
    const known = lab.archiver.counts.known as number;
    await lab.put("lab.dlq", Buffer.from(before.body), {
      headers: before.properties.headers,
    });
    await waitFor(() => lab.archiver.counts.known === known + 1, {
      message: "the second copy to be counted",
    });
    expect(await lab.letter(id)).toEqual(before);
    expect(await lab.audit(id)).toHaveLength(1);
  });

  it("is one letter even when 60 copies arrive at once", async () => {
    const body = envelope({ size: 6 });
    const known = lab.archiver.counts.known as number;
    await Promise.all(Array.from({ length: 60 }, () => lab.put("lab.dlq", body)));
    await waitFor(() => lab.archiver.counts.known === known + 59, {
      message: "59 copies to be counted",
    });
    expect(await lab.audit(`lab:${body.eventId}`)).toHaveLength(1);
  });

  it("is dropped and counted when the event has been handled", async () => {
    const body = envelope({ size: 7 });
    await lab.put("lab.q", body);
    await waitFor(() => lab.effects(body.eventId), { message: "the effect" });
    const dropped = lab.archiver.counts.dropped as number;
    await lab.put("lab.dlq", body);
    await waitFor(() => lab.archiver.counts.dropped === dropped + 1, {
      message: "the copy to be dropped",
    });
    expect((await lab.letters()).some(({ eventId }) => eventId === body.eventId)).toBe(false);
  });
});

describe("the archiver", () => {
  it("keeps a body of 20 MB, which no document could hold", async () => {
    const huge = Buffer.alloc(20 * 1024 * 1024, 0xfe);
    const letter = await refused("lab.dlq", huge)();
    expect(letter).toMatchObject({
      code: "TOO_LARGE",
      bodyEncoding: "chunks",
      bytes: huge.length,
    });
    const shown = await lab.ask<Shown>("ops.showDeadLetter", {
      id: letter._id,
    });
    expect(shown).toMatchObject({ bodyTruncated: true, bytes: huge.length });
    const run = await lab.ask<{ allowed: boolean }>("ops.replayDeadLetter", {
      id: letter._id,
      dryRun: true,
    });
    expect(run.allowed).toBe(false);
  });

  it("starts and stops any number of times and loses nothing meanwhile", async () => {
    for (let i = 0; i < 3; i++) {
      await Promise.all([lab.archiver.stop(), lab.archiver.stop()]);
      const body = envelope({ size: 8 });
      await lab.put("lab.dlq", body);
      await Promise.all([lab.archiver.start(), lab.archiver.start()]);
      await lab.letter(`lab:${body.eventId}`);
    }
  });

  it("waits while MongoDB fails, without turning in a requeue loop, and archives afterwards", async () => {
    const body = envelope({ size: 9 });
    const outages = lab.archiver.counts.outages as number;
    const failCommands = ["find", "insert", "ping", "commitTransaction"];
    const failing = { failCommands, appName: lab.broker.nodeID, errorCode: 10107 };
    await withFailCommand(lab.world.client, "alwaysOn", failing, async () => {
      await lab.put("lab.dlq", body);
      await waitFor(() => (lab.archiver.counts.outages as number) > outages, {
        message: "the outage to be noticed",
      });
      // Let it last for some probes.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    });
    const { properties } = await lab.letter(`lab:${body.eventId}`);
    // Each give-back counts as a delivery: an outage costs one.
    expect((properties.headers as Record<string, number>)["x-delivery-count"] ?? 0).toBeLessThanOrEqual(1);
    expect(lab.archiver.counts.outages).toBe(outages + 1);
  }, 120_000);

  it("subscribes again when its queue was deleted or its channel closed", async () => {
    const channel = await lab.broker.backbone.connection.createChannel();
    await channel.deleteQueue("lab.dlq");
    await waitFor(async () => (await consumers("lab.dlq")) === 1, {
      message: "the queue and its consumer to be back",
    });
    const body = envelope({ size: 10 });
    await lab.put("lab.dlq", body);
    await lab.letter(`lab:${body.eventId}`);
    await channel.close();
  });
});

async function consumers(name: string): Promise<number | null | undefined> {
  const { items } = await lab.ask<{
    items: { name: string; consumers: number | null }[];
  }>("ops.queues");
  return items.find((queue) => queue.name === name)?.consumers;
}

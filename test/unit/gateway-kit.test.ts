/** The kit's validator, error regenerator and paging, which the gateway and every service stand on. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Errors, ServiceBroker } from "moleculer";
import { MongoBulkWriteError, MongoServerError, MongoServerSelectionError } from "mongodb";
import Type from "typebox";
import { AppErrorRegenerator, isAppError } from "../../mixins/kit/app-error-regenerator.ts";
import { ConflictError, InvalidInputError } from "../../mixins/kit/errors.ts";
import { isInfrastructureFailure } from "../../mixins/kit/failure.ts";
import { decodeCursor, encodeCursor, toPage } from "../../mixins/kit/paging.ts";
import { TypeBoxValidator } from "../../mixins/kit/validator.ts";

const broker = new ServiceBroker({ logger: false, validator: new TypeBoxValidator() });
broker.createService({
  name: "probe",
  // A mixin's actions are copied deeply by Moleculer, which loses TypeBox's hidden marks.
  mixins: [
    {
      actions: {
        typed: {
          params: Type.Object(
            {
              name: Type.String(),
              nested: Type.Optional(Type.Object({ n: Type.Integer() }, { additionalProperties: false })),
            },
            { additionalProperties: false },
          ) as never,
          handler: () => "ok",
        },
      },
    } as never,
  ],
  actions: { plain: { params: { eventId: "string" }, handler: () => "ok" } },
});
beforeAll(() => broker.start());
afterAll(() => broker.stop());

const fault = (action: string, params: object): Promise<InvalidInputError> =>
  broker.call(action, params).then(
    () => Promise.reject(new Error("It passed.")),
    (error) => error,
  );

describe("the validator", () => {
  it("takes TypeBox and fastest-validator schemas", async () => {
    expect(await broker.call("probe.typed", { name: "x", nested: { n: 1 } })).toBe("ok");
    expect(await broker.call("probe.plain", { eventId: "x" })).toBe("ok");
  });

  it.each([
    ["probe.typed", {}, [{ path: "/name", message: "is required" }]],
    ["probe.typed", { name: "x", role: 1 }, [{ path: "/role", message: "is not a known field" }]],
    ["probe.typed", { name: "x", nested: { n: "1" } }, [{ path: "/nested/n", message: "must be integer" }]],
    ["probe.plain", {}, [{ path: "/eventId", message: "The 'eventId' field is required." }]],
  ])("%s %j: every fault is named, once", async (action, params, errors) => {
    const error = await fault(action, params);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.data.errors).toEqual(errors);
  });
});

describe("an error on its way to another node", () => {
  const regenerator = new AppErrorRegenerator();
  regenerator.init(broker);
  const travel = (error: Error): Error =>
    regenerator.restore(JSON.parse(JSON.stringify(regenerator.extractPlainError(error))) as never, { sender: "far" });

  it("keeps status, code, data and name", () => {
    const arrived = travel(new ConflictError("Not now.", { legal: ["open"] }));
    expect(isAppError(arrived)).toBe(true);
    expect(arrived).toMatchObject({
      status: 409,
      code: "CONFLICT",
      name: "ConflictError",
      message: "Not now.",
      data: { legal: ["open"] },
    });
  });

  it("of the database arrives as unavailable", () => {
    const arrived = travel(new MongoServerSelectionError("connect 10.0.0.7", {} as never));
    expect(arrived).toMatchObject({
      status: 503,
      code: "UNAVAILABLE",
      message: "The database does not answer at the moment.",
    });
    expect(isInfrastructureFailure(arrived)).toBe(true);
  });

  it("of Moleculer stays what it is, any other stays unknown", () => {
    expect(travel(new Errors.ServiceNotFoundError({ action: "a.b" }))).toBeInstanceOf(Errors.ServiceNotFoundError);
    expect(isAppError(travel(new TypeError("x")))).toBe(false);
  });
});

describe("a failure", () => {
  it("of the connection to MongoDB passes by, also where the driver throws Node's own error (seen in a chaos run)", () => {
    const ended = Object.assign(new Error("This socket has been ended by the other party"), { code: "EPIPE" });
    expect(isInfrastructureFailure(ended)).toBe(true);
    expect(isInfrastructureFailure(Object.assign(new Error("No such file"), { code: "ENOENT" }))).toBe(false);
  });

  it("to reach MongoDB passes by in a bulk as well, whose error hides it (seen in a chaos run); a refusal stays one", () => {
    const bulk = (error: object) => new MongoBulkWriteError(error as never, { insertedCount: 0 } as never);
    const ended = Object.assign(new Error("This socket has been ended by the other party"), { code: "EPIPE" });
    for (const cause of [new MongoServerSelectionError("timed out", {} as never), ended])
      expect(isInfrastructureFailure(bulk(cause))).toBe(true);
    expect(isInfrastructureFailure(bulk({ message: "E11000", code: 11000, writeErrors: [] }))).toBe(false);
    expect(isInfrastructureFailure(bulk(new MongoServerError({ message: "Unknown operator", code: 9 })))).toBe(false);
  });
});

describe("paging", () => {
  const rows = [{ _id: "c" }, { _id: "b" }, { _id: "a" }];
  it("has a next cursor only when there is more", () => {
    expect(toPage(rows, 2, ({ _id }) => _id)).toEqual({ items: ["c", "b"], nextCursor: encodeCursor("b") });
    expect(toPage(rows, 3, ({ _id }) => _id)).toEqual({ items: ["c", "b", "a"], nextCursor: null });
    expect(toPage([], 3, ({ _id }: { _id: string }) => _id)).toEqual({ items: [], nextCursor: null });
  });

  it("refuses a cursor that it has not made", () => {
    expect(decodeCursor(encodeCursor("01932b6e"))).toBe("01932b6e");
    for (const cursor of ["!", "a b", "===", "", "YQ=="]) expect(() => decodeCursor(cursor)).toThrow(InvalidInputError);
  });
});

/** What an operator may change in the body of a dead letter. Pure. */
import { decode, MAX_PAYLOAD_BYTES } from "../amqp/envelope.ts";
import type { Version } from "../kit/contracts.ts";
import type { Registry } from "../kit/registry.ts";
import { EditRefusedError } from "./errors.ts";
import { buildingOf, type Readable, readable } from "./incoming.ts";
import { type Change, jsonDiff } from "./json-diff.ts";
import type { Verdict } from "./model.ts";

/** `payload` replaces the payload of a readable envelope; `body` the whole of a body that is none. */
export type Edit = { payload: object } | { body: object };

export interface Edited {
  body: string;
  eventId: string;
  eventType: string;
  buildingId: string | null;
  /** Kept in the audit. */
  diff: Change[];
}

/** Would the consumer take these bytes? */
export function contractVerdict(content: Buffer, registry: Registry): Verdict {
  const decoded = decode(content, {}, registry);
  return decoded.ok
    ? { ok: true, code: null, message: null }
    : {
        ok: false,
        code: decoded.refusal.code,
        message: decoded.refusal.message,
      };
}

/** @throws EditRefusedError that names the field */
export function decideEdit(content: Buffer, edit: Edit, registry: Registry): Edited {
  const before = readable(content);
  return "payload" in edit
    ? editPayload(before, edit.payload, registry)
    : editBody(content, before, edit.body, registry);
}

function editPayload(before: Readable, payload: object, registry: Registry): Edited {
  const { eventId, eventType, version, timestamp } = before;
  if (!eventId || !eventType || !version || !timestamp) {
    throw new EditRefusedError("The body is no envelope with a payload to edit; send the whole event as `body`.");
  }
  const known = registry.event(eventType);
  if (!known)
    throw new EditRefusedError(
      `No contract declares ${eventType}, so no payload can be checked. Deploy its contract first.`,
    );
  const reading = known.read(version as Version, payload);
  if (!reading.ok) throw new EditRefusedError(reading.message);
  const buildingId = sameBuilding(before, payload);
  const body = JSON.stringify({
    eventId,
    version,
    eventType,
    timestamp,
    payload,
  });
  checkSize(payload);
  return {
    body,
    eventId,
    eventType,
    buildingId,
    diff: jsonDiff(before.payload, payload, "/payload"),
  };
}

function editBody(content: Buffer, before: Readable, body: object, registry: Registry): Edited {
  const text = JSON.stringify(body);
  const after = body as Readable;
  for (const field of ["eventId", "eventType"] as const) {
    if (before[field] !== undefined && after[field] !== before[field]) {
      throw new EditRefusedError(`${field} can't be edited: it is ${before[field]}.`, `/body/${field}`);
    }
  }
  checkSize(after.payload);
  const verdict = contractVerdict(Buffer.from(text), registry);
  if (!verdict.ok) throw new EditRefusedError(`The body is no valid event: ${verdict.message}`, "/body");
  const buildingId = sameBuilding(before, after.payload);
  const { eventId, eventType } = after as Required<Readable>;
  const was: unknown = Object.keys(before).length > 0 ? before : `(${content.length} bytes that are no envelope)`;
  return {
    body: text,
    eventId,
    eventType,
    buildingId,
    diff: jsonDiff(was, body),
  };
}

/** The building of an effect is the building of its event. Where the body named none before, there is nothing to keep. */
function sameBuilding(before: Readable, payload: unknown): string | null {
  const from = buildingOf(before.payload);
  const to = buildingOf(payload);
  if (from !== null && to !== from)
    throw new EditRefusedError(`The building can't be edited: it is ${from}.`, "/payload/buildingId");
  return to;
}

function checkSize(payload: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(payload) ?? "");
  if (bytes > MAX_PAYLOAD_BYTES)
    throw new EditRefusedError(`The payload has ${bytes} bytes; at most ${MAX_PAYLOAD_BYTES} are allowed.`);
}

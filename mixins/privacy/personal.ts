/** A person's own data in events, by what the contracts declare. Pure. */
import type { EventDef } from "../kit/contracts.ts";
import type { Registry } from "../kit/registry.ts";

/** Whose data a payload carries; undefined: nobody's. */
export function personIn(def: EventDef | undefined, payload: unknown): string | undefined {
  const of = def?.personal?.of;
  const value = of === undefined ? undefined : (payload as Record<string, unknown> | null)?.[of];
  return typeof value === "string" ? value : undefined;
}

export const blanked = (def: EventDef, payload: object): object => ({ ...payload, ...def.personal?.blank });

/** Types of events that may carry a person's data. */
export const personalTypes = (registry: Registry): string[] =>
  registry
    .events()
    .filter(({ def }) => def.personal !== undefined)
    .map(({ type }) => type);

/** The person who has gone, when the event says so. */
export function goneIn(def: EventDef | undefined, payload: unknown): string | undefined {
  const value = def?.erases === undefined ? undefined : (payload as Record<string, unknown>)[def.erases];
  return typeof value === "string" ? value : undefined;
}

/** The body of an event without the person's data; a body that can't be read is emptied. */
export function blankedBody(body: string, registry: Registry): string {
  try {
    const { payload, ...head } = JSON.parse(body) as { eventType: string; payload: object };
    const def = registry.event(head.eventType)?.def;
    return def?.personal && typeof payload === "object" && payload !== null
      ? JSON.stringify({ ...head, payload: blanked(def, payload) })
      : body;
  } catch {
    return "";
  }
}

/** JSON pointers into a body whose values are a person's. */
export const isPersonalPath = (path: string, def: EventDef | undefined): boolean =>
  path === "" ||
  path === "/payload" ||
  Object.keys(def?.personal?.blank ?? {}).some((field) => {
    const pointer = `/payload/${field}`;
    return path === pointer || path.startsWith(`${pointer}/`);
  });

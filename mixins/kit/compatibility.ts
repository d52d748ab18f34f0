/**
 * May this contract follow the released one? Pure. Old and new nodes run side by side, and messages of the old ones
 * lie in queues: within one version a new node must take every old message, and an old node every new one. So only an
 * optional field may be added; everything else is a new version with an upcaster.
 */
import { canonicalJson } from "./canonical.ts";
import type { Contract, Version } from "./contracts.ts";

/** `docs/contracts/<event>.json` */
export interface ReleasedEvent {
  eventType: string;
  owner: string;
  versions: Record<Version, Schema>;
}

export interface Break {
  eventType: string;
  version: string;
  /** Of the payload's field, e.g. `/subject/id`; empty: the payload itself. */
  path: string;
  reason: string;
}

type Schema = { [keyword: string]: unknown };

/** The contracts as they would be released. */
export function releaseOf(contracts: readonly Contract[]): ReleasedEvent[] {
  return contracts.flatMap(({ service, events }) =>
    Object.entries(events).map(([eventType, def]) => {
      const versions = Object.entries(def.versions).map(
        ([version, { schema }]) => [version, JSON.parse(JSON.stringify(schema))] as const,
      );
      return { eventType, owner: service, versions: Object.fromEntries(versions) as ReleasedEvent["versions"] };
    }),
  );
}

/** Every breaking change that was made without a new version. */
export function breaksOf(released: readonly ReleasedEvent[], current: readonly ReleasedEvent[]): Break[] {
  return released.flatMap((old) => {
    const now = current.find(({ eventType }) => eventType === old.eventType);
    const told = (version: string, path: string, reason: string): Break => ({
      eventType: old.eventType,
      version,
      path,
      reason,
    });
    if (!now) return [told("", "", "the event was removed")];
    const breaks = now.owner === old.owner ? [] : [told("", "", `its owner changed from ${old.owner} to ${now.owner}`)];
    for (const [version, schema] of Object.entries(old.versions)) {
      const next = now.versions[version as Version];
      if (!next) breaks.push(told(version, "", "the version was removed"));
      else breaks.push(...compare(schema, next, "").map(({ path, reason }) => told(version, path, reason)));
    }
    return breaks;
  });
}

/** Versions that are not on record yet. */
export function unreleasedOf(released: readonly ReleasedEvent[], current: readonly ReleasedEvent[]): string[] {
  return current.flatMap(({ eventType, versions }) => {
    const known = released.find((event) => event.eventType === eventType)?.versions ?? {};
    return Object.keys(versions)
      .filter((version) => !(version in known))
      .map((version) => `${eventType} ${version}`);
  });
}

interface Difference {
  path: string;
  reason: string;
}

/** They say something about a field and check nothing. */
const ANNOTATIONS = new Set(["description", "title", "examples", "default", "deprecated", "$comment"]);
const STRUCTURE = new Set(["properties", "required", "items", "anyOf", "enum", "const"]);

function compare(old: Schema, now: Schema, path: string): Difference[] {
  return [
    ...comparePlain(old, now, path),
    ...compareChoices(old, now, path),
    ...compareFields(old, now, path),
    ...compareItems(old, now, path),
  ];
}

/** type, format, limits, patterns: must be the same. */
function comparePlain(old: Schema, now: Schema, path: string): Difference[] {
  const keywords = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (keyword) => !ANNOTATIONS.has(keyword) && !STRUCTURE.has(keyword),
  );
  return keywords
    .filter((keyword) => canonical(old[keyword]) !== canonical(now[keyword]))
    .map((keyword) => ({ path, reason: `${keyword} changed from ${shown(old[keyword])} to ${shown(now[keyword])}` }));
}

/** Values of `enum`, `const` and `anyOf`. */
function compareChoices(old: Schema, now: Schema, path: string): Difference[] {
  const [before, after] = [choicesOf(old), choicesOf(now)];
  if (!before && !after) return [];
  if (!before || !after)
    return [{ path, reason: before ? "its list of choices was removed" : "it was narrowed to a list of choices" }];
  const gone = before.filter((choice) => !after.includes(choice));
  const added = after.filter((choice) => !before.includes(choice));
  return [
    ...gone.map((choice) => ({ path, reason: `narrowed: ${choice} is no longer allowed` })),
    ...added.map((choice) => ({ path, reason: `widened: nodes of the release before refuse ${choice}` })),
  ];
}

function choicesOf({ anyOf, enum: values, const: only }: Schema): string[] | undefined {
  if (Array.isArray(anyOf)) return anyOf.flatMap((one: Schema) => choicesOf(one) ?? [canonical(one)]);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value));
  return only === undefined ? undefined : [JSON.stringify(only)];
}

function compareFields(old: Schema, now: Schema, path: string): Difference[] {
  const [before, after] = [fieldsOf(old), fieldsOf(now)];
  const [needed, needs] = [requiredOf(old), requiredOf(now)];
  const kept = Object.keys(before).filter((name) => name in after);
  return [
    ...Object.keys(before)
      .filter((name) => !(name in after))
      .map((name) => ({ path: `${path}/${name}`, reason: "the field was removed" })),
    ...needs
      .filter((name) => !needed.includes(name))
      .map((name) => ({
        path: `${path}/${name}`,
        reason: name in before ? "the field became required" : "a required field was added",
      })),
    ...needed
      .filter((name) => name in after && !needs.includes(name))
      .map((name) => ({ path: `${path}/${name}`, reason: "the field is no longer required" })),
    ...kept.flatMap((name) => compare(before[name] as Schema, after[name] as Schema, `${path}/${name}`)),
  ];
}

const fieldsOf = ({ properties }: Schema): Record<string, Schema> => (properties ?? {}) as Record<string, Schema>;
const requiredOf = ({ required }: Schema): string[] => (required ?? []) as string[];

function compareItems({ items: old }: Schema, { items: now }: Schema, path: string): Difference[] {
  if (old && now) return compare(old as Schema, now as Schema, `${path}/*`);
  return old || now
    ? [{ path: `${path}/*`, reason: old ? "the type of the items was removed" : "the items were narrowed to a type" }]
    : [];
}

/** Text that is equal for schemas that check the same: sorted keys, no annotations. */
const canonical = (value: unknown): string => canonicalJson(value, (key) => ANNOTATIONS.has(key));
const shown = (value: unknown): string => (value === undefined ? "none" : canonical(value));

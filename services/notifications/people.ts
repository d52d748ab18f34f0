/**
 * What notifications knows of a person: its own copy, from iam's events. They may come in any order, so each field has
 * the version that set it. Pure.
 */
import type { OutsideChannel } from "./topics.ts";

/** An address that takes nothing any more. */
export interface Dead {
  reason: string;
  at: Date;
}

export interface PersonDoc {
  _id: string;
  /** "": not told yet. */
  email: string;
  phone?: string | null;
  displayName: string;
  locale: string;
  timeZone: string;
  /** The newest one seen. */
  version: number;
  /** Version that set each field. */
  fieldVersions?: Record<string, number>;
  dead?: Partial<Record<"email" | "sms", Dead>>;
  /** Nothing personal is left. */
  deleted: boolean;
}

/** As user.created and user.updated carry them. */
export interface PersonFields {
  email?: string;
  phone?: string | null;
  displayName?: string;
  locale?: string;
  timeZone?: string;
}

const nobody = (userId: string): PersonDoc => ({
  _id: userId,
  email: "",
  phone: null,
  displayName: "",
  locale: "en",
  timeZone: "UTC",
  version: 0,
  deleted: false,
});

/** Of each field the newest version wins; a new address is a new chance. Undefined: nothing changes. */
export function withFields(
  person: PersonDoc | null,
  userId: string,
  fields: PersonFields,
  version: number,
): PersonDoc | undefined {
  if (person?.deleted) return undefined;
  const next = { ...(person ?? nobody(userId)) };
  const versions = { ...next.fieldVersions };
  // A document of a release before has one version for all of them.
  const unnamed = person && !person.fieldVersions ? person.version : 0;
  const isNewer = (name: string): boolean => version > (versions[name] ?? unnamed);
  const newer = Object.entries(fields).filter(([name, value]) => value !== undefined && isNewer(name));
  if (newer.length === 0) return undefined;
  for (const [name, value] of newer) {
    Object.assign(next, { [name]: value });
    versions[name] = version;
  }
  const { email, sms } = next.dead ?? {};
  const changed = new Set(newer.map(([name]) => name));
  const dead = {
    ...(email && !changed.has("email") && { email }),
    ...(sms && !changed.has("phone") && { sms }),
  };
  return { ...next, dead, fieldVersions: versions, version: Math.max(next.version, version) };
}

/** What is left of a deleted one: that it was, so that a late event can't bring it back. */
export const forgotten = (userId: string, version: number): PersonDoc => ({
  ...nobody(userId),
  version,
  deleted: true,
});

/** The address of the channel, or undefined where there is none that works. */
export function addressOf(person: PersonDoc, channel: Exclude<OutsideChannel, "push">): string | undefined {
  if (person.dead?.[channel]) return undefined;
  return (channel === "email" ? person.email : person.phone) || undefined;
}

/** null: none is known. */
export function addressState(person: PersonDoc | null, channel: "email" | "sms") {
  const address = channel === "email" ? person?.email : person?.phone;
  if (!address) return null;
  const dead = person?.dead?.[channel];
  return { address, state: dead ? ("dead" as const) : ("ok" as const), reason: dead?.reason ?? null };
}

/** The registry of all contracts: who owns which event, how to read each version, and the whole topology's input. */
import type { ActionDef, Contract, EventDef, Version } from "./contracts.ts";
import { compileCheck } from "./schema.ts";

export type Reading =
  | { ok: true; payload: unknown }
  | { ok: false; code: "UNKNOWN_VERSION" | "CONTRACT_VIOLATED"; message: string };

export interface KnownEvent {
  readonly type: string;
  readonly owner: string;
  readonly def: EventDef;
  /** Checks the payload against its own version's schema, then upcasts it to the current one. Never throws. */
  read(version: Version, payload: unknown): Reading;
}

export interface Registry {
  readonly contracts: readonly Contract[];
  event(type: string): KnownEvent | undefined;
  events(): readonly KnownEvent[];
  contract(service: string): Contract | undefined;
  /** `tickets.create` -> its definition. */
  action(name: string): ActionDef | undefined;
}

/** Has it an outbox? Replays are outbox rows too, so whoever consumes has one. */
export const hasOutbox = ({ consumes, events }: Contract): boolean =>
  consumes.length > 0 || Object.keys(events).length > 0;

/** @throws Error when two contracts claim one service or one event: a mistake of the programmer, found at start. */
export function createRegistry(contracts: readonly Contract[]): Registry {
  const services = new Map<string, Contract>();
  const events = new Map<string, KnownEvent>();
  for (const contract of contracts) {
    if (services.has(contract.service)) throw new Error(`Two contracts name the service ${contract.service}.`);
    services.set(contract.service, contract);
    for (const [type, def] of Object.entries(contract.events)) {
      const rival = events.get(type);
      if (rival) throw new Error(`${type} is owned by ${rival.owner} and by ${contract.service}.`);
      events.set(type, knownEvent(type, contract.service, def));
    }
  }
  return {
    contracts,
    event: (type) => events.get(type),
    events: () => [...events.values()],
    contract: (service) => services.get(service),
    action: (name) => {
      const dot = name.indexOf(".");
      return services.get(name.slice(0, dot))?.actions[name.slice(dot + 1)];
    },
  };
}

function knownEvent(type: string, owner: string, def: EventDef): KnownEvent {
  const checks = new Map(
    Object.entries(def.versions).map(([version, { schema }]) => [version, compileCheck(schema)] as const),
  );
  const read = (version: Version, payload: unknown): Reading => {
    const check = checks.get(version);
    if (!check) return { ok: false, code: "UNKNOWN_VERSION", message: `${type} has no version ${version}.` };
    const errors = check(payload);
    if (errors.length > 0) {
      const first = errors[0];
      return {
        ok: false,
        code: "CONTRACT_VIOLATED",
        message: `${type} ${version}: ${first?.path || "/"} ${first?.message}`,
      };
    }
    return { ok: true, payload: upcast(def, version, payload) };
  };
  return { type, owner, def, read };
}

function upcast(def: EventDef, from: Version, payload: unknown): unknown {
  let version = from;
  let value = payload;
  while (version !== def.current) {
    value = def.versions[version]?.upcast?.(value as never);
    version = `v${Number(version.slice(1)) + 1}`;
  }
  return value;
}

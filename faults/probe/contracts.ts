/**
 * Test-only domains. `probe` publishes what it is told; `alpha` and `beta` consume it and do what the payload says:
 * work, throw, leave the process, loop, exhaust memory. Each handled event leaves one row in `effects` without any
 * unique index, so that a second effect shows; alpha also publishes one fact of its own (`alpha.echoed`).
 */
import Type from "typebox";
import {
  action,
  type Contract,
  defineContract,
  event,
  olderVersion,
  versionedEvent,
} from "../../mixins/kit/contracts.ts";
import { relay } from "../../services/relay/contract.ts";

const Mode = Type.Union(["ok", "throw", "exit", "loop", "memory", "wait"].map((mode) => Type.Literal(mode)));

const fields = {
  /** Unique in a run: finds the row of a write whose answer was lost. */
  n: Type.Integer(),
  mode: Type.Optional(Mode),
  /** The consumer that the mode is for; default: both. */
  only: Type.Optional(Type.String()),
  /** For mode `wait`, milliseconds. */
  waitMs: Type.Optional(Type.Integer()),
  buildingId: Type.Optional(Type.String()),
  blob: Type.Optional(Type.String()),
};

export interface ProbePayload {
  n: number;
  mode?: "ok" | "throw" | "exit" | "loop" | "memory" | "wait";
  only?: string;
  waitMs?: number;
  buildingId?: string;
  blob?: string;
}

export const HAPPENED = "probe.happened";
export const ECHOED = "alpha.echoed";

/** PROBE_RELEASE=2: the next release, whose event has a field that the first one does not know. */
export const RELEASE = Number(process.env.PROBE_RELEASE ?? 1);
const first = Type.Object(fields);
const second = Type.Object({ ...fields, release: Type.Integer() });
const happened =
  RELEASE === 1 ? event(first) : versionedEvent([olderVersion(first, (old) => ({ ...old, release: 1 }))], second);

export const probe = defineContract({
  service: "probe",
  summary: "Publishes what it is told.",
  events: { [HAPPENED]: happened },
  consumes: [],
  actions: {
    write: action({
      summary: "One document and one fact in one transaction.",
      access: "public",
      rest: { method: "POST", path: "/probes", status: 201 },
      params: Type.Object(
        /** `blobBytes`: the fact gets a payload of that size. */
        { ...fields, blobBytes: Type.Optional(Type.Integer()) },
        { additionalProperties: false },
      ),
      result: Type.Object({ id: Type.String() }),
    }),
  },
});

export const alpha = defineContract({
  service: "alpha",
  summary: "Consumes, and publishes a fact for each one.",
  events: { [ECHOED]: event(Type.Object({ n: Type.Integer() })) },
  consumes: ["probe.*"],
  actions: {},
});

export const beta = defineContract({
  service: "beta",
  summary: "Consumes both.",
  events: {},
  consumes: [HAPPENED, ECHOED],
  actions: {},
});

export const FILLED = "bulk.filled";
export const SLOW = "bulk.slow";

export const bulk = defineContract({
  service: "bulk",
  summary: "Owns facts that come by the hundred thousand.",
  events: {
    [FILLED]: event(Type.Object({ n: Type.Integer() })),
    [SLOW]: event(Type.Object({ n: Type.Integer(), waitMs: Type.Integer() })),
  },
  consumes: [],
  actions: {},
});

export const gamma = defineContract({
  service: "gamma",
  summary: "Consumes the facts of bulk, and leaves an inbox entry only.",
  events: {},
  consumes: ["bulk.*"],
  actions: {},
});

/** The smallest world: the probes and the relay. */
export const probeContracts: readonly Contract[] = [probe, alpha, beta, relay];

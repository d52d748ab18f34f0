import { JOBS } from "../mixins/jobs/job.ts";
import { NODE_FLAGS } from "../scripts/lib/nodes.ts";
import { DELIVER } from "../services/notifications/deliver.ts";
import type { World } from "../test/support/cluster.ts";
import { waitFor } from "../test/support/env.ts";
import { startNode } from "../test/support/node-process.ts";
import type { Bench, Figures } from "./lib/bench.ts";
import { child } from "./lib/children.ts";
import { EffectsWatch, type Journey, now } from "./lib/effects.ts";
import { atSteadyRate, post } from "./lib/load.ts";
import { SignedIn } from "./lib/signed-in.ts";
import { figure, median, percentile } from "./lib/summary.ts";
import { openWorld } from "./lib/world.ts";

const STEADY = { perSecond: 50, seconds: 30 };
/** Until its code is compiled: after 5 s the p99 of an answer was 94 ms, after 20 s 74 ms. */
const WARM_UP_S = 20;
/** The search for the highest rate: so long at each, so much more each time. */
const STEP_S = 8;
const STEP_UP = 1.25;
/** Of the highest rate that held a step: a step forgives what minutes do not. */
const MARGIN = 0.9;
const BUILDINGS = 4;
/** Tickets that are under way at a rate that holds, and messages to send: a second's worth. */
const MOST_OUTSTANDING_S = 1;
const MOST_GROWTH = 1.5;
const LOOK_EVERY_MS = 200;

export const b6: Bench = {
  id: "B6",
  title:
    "POST /tickets until notification, search hit and AI triage are there; one node with every service, as npm start runs it",
  units: {
    rate: "requests/s",
    "end to end p99": "ms",
    "end to end p50": "ms",
    "answer p50": "ms",
    "answer p99": "ms",
    "lag growth": "x",
    "messages to send": "",
    refused: "",
  },
  maxRounds: 1,
  warmUp: false,
  goals: [
    { name: "end to end p99 at 50/s, ms", value: (r) => figure(r, "50/s", "end to end p99"), atMost: 250 },
    { name: "answer to POST /tickets, p99 at 50/s, ms", value: (r) => figure(r, "50/s", "answer p99"), atMost: 60 },
    {
      name: "messages to send at the end of 50/s",
      value: (r) => figure(r, "50/s", "messages to send"),
      atMost: STEADY.perSecond * MOST_OUTSTANDING_S,
    },
    { name: "requests refused at 50/s", value: (r) => figure(r, "50/s", "refused"), atMost: 0 },
    {
      name: "lag at the end of the highest rate, of the one at its beginning",
      value: (r) => figure(r, "highest rate", "lag growth"),
      atMost: MOST_GROWTH,
    },
  ],
  limit:
    "The processor: node, mongod and RabbitMQ share two cores. At 50/s a ticket took 33 to 37 ms of it on the slowest machine " +
    "so far (mongod 14 to 16, node 13 to 14, RabbitMQ 4 to 5, the load itself 2). The answer and the relay alone take 19, and answer within " +
    "31 ms (p99); beside them search 5, AI 9, notifications 14, each alone: the more processor is free, the smaller are " +
    "the consumers' batches and the more each of their messages costs, so that it is never free for long. What is slow " +
    "comes in bursts of 0.2 to 0.4 s, a dozen requests each: a collection of the whole heap (five threads), mongod's " +
    "eviction, its checkpoint.",
  async open({ minutes }) {
    const world = await openWorld();
    const journeys = await Journeys.open(world);
    const variants = [
      { name: "50/s", measure: () => journeys.steady(STEADY.perSecond, STEADY.seconds) },
      { name: "highest rate", measure: () => journeys.highest(minutes * 60) },
    ];
    return { variants, close: () => journeys.close() };
  },
};

class Journeys {
  readonly #world: World;
  readonly #watch: EffectsWatch;
  readonly #send: () => Promise<Journey | undefined>;
  readonly #stop: () => Promise<unknown>;

  private constructor(
    world: World,
    watch: EffectsWatch,
    send: () => Promise<Journey | undefined>,
    stop: () => Promise<unknown>,
  ) {
    this.#world = world;
    this.#watch = watch;
    this.#send = send;
    this.#stop = stop;
  }

  static async open(world: World): Promise<Journeys> {
    // Limits that are counted and never reached.
    const settings = { RATE_LIMIT_PER_MINUTE: "10000000", RATE_LIMIT_AUTH_PER_MINUTE: "100000", LOG_LEVEL: "warn" };
    const node = await startNode(world, settings, { flags: NODE_FLAGS });
    const stop = child(node.stop);
    await node.ready();
    const admin = await node.rest.admin();
    const reporters: { person: SignedIn; unitId: string }[] = [];
    for (let n = 0; n < BUILDINGS; n++) {
      const { unitId, manager } = await node.rest.newBuilding(admin, `Bench${n}`);
      const person = await node.rest.newPerson(admin, `Benita${n}`);
      await node.rest.moveIn(person, manager, unitId);
      reporters.push({ unitId, person: new SignedIn(node.rest, await node.rest.login(person.email, person.password)) });
    }
    const watch = await EffectsWatch.open(world.client, world.env.DB_PREFIX);
    let count = 0;
    /** @returns undefined when the service said that it can't */
    const send = async (): Promise<Journey | undefined> => {
      const { person, unitId } = reporters[count++ % reporters.length] as (typeof reporters)[number];
      const token = await person.token();
      const ticket = {
        unitId,
        category: "plumbing",
        title: `Leaking tap ${count}`,
        description: "It drips, day and night.",
      };
      const sentAt = now();
      const { status, body } = await post(`${node.rest.url}/api/v1/tickets`, token, ticket);
      if (status === 201) return watch.accepted(body.id, sentAt);
      if (status < 500) throw new Error(`POST /tickets: ${status} ${JSON.stringify(body)}`);
      return undefined;
    };
    return new Journeys(world, watch, send, stop);
  }

  async close(): Promise<void> {
    await this.#watch.close();
    await this.#stop();
    await this.#world.dispose();
  }

  async steady(perSecond: number, seconds: number): Promise<Figures> {
    await this.#run(perSecond, WARM_UP_S);
    const { figures } = await this.#run(perSecond, seconds);
    return figures;
  }

  /** Up in steps until one does not hold, then below that for the whole time. */
  async highest(seconds: number): Promise<Figures> {
    let rate = STEADY.perSecond;
    for (let next = rate; (await this.#run(next, STEP_S)).holds; next *= STEP_UP) rate = next;
    for (rate = Math.floor(rate * MARGIN); ; rate = Math.floor(rate * MARGIN)) {
      const { figures, holds } = await this.#run(rate, seconds);
      if (holds || rate < 10) return figures;
    }
  }

  async #run(perSecond: number, seconds: number): Promise<{ figures: Figures; holds: boolean }> {
    const accepted: Journey[] = [];
    let refused = 0;
    const one = async (): Promise<void> => {
      const journey = await this.#send();
      if (journey) accepted.push(journey);
      else refused++;
    };
    const since = now();
    await atSteadyRate(perSecond, seconds, one);
    const until = now();
    const messages = await this.#messagesToSend();
    // The next one begins with an empty house.
    const isEmpty = async () => this.#watch.outstanding === 0 && (await this.#messagesToSend()) === 0;
    await waitFor(isEmpty, { deadlineMs: 120_000, message: "the last effects" });
    const outstanding = outstandingOf(accepted, since, until);
    const growth = growthOf(outstanding);
    const most = perSecond * MOST_OUTSTANDING_S;
    const holds = refused === 0 && growth <= MOST_GROWTH && median(outstanding) < most && messages < most;
    const answers = accepted.map(({ sentAt, answeredAt }) => answeredAt - sentAt);
    const ends = accepted.map(({ sentAt, doneAt = Number.NaN }) => doneAt - sentAt);
    const figures = {
      rate: perSecond,
      "end to end p99": percentile(ends, 0.99),
      "end to end p50": percentile(ends, 0.5),
      "answer p50": percentile(answers, 0.5),
      "answer p99": percentile(answers, 0.99),
      "lag growth": growth,
      "messages to send": messages,
      refused,
    };
    return { figures, holds };
  }

  /** E-mails are sent by jobs, after the notification is there. */
  #messagesToSend(): Promise<number> {
    const { client, env } = this.#world;
    return client.db(`${env.DB_PREFIX}_notifications`).collection(JOBS).countDocuments({ kind: DELIVER });
  }
}

/** Tickets that were answered and not everywhere yet, as one looks so often. */
function outstandingOf(accepted: readonly Journey[], since: number, until: number): number[] {
  const isUnderWay = ({ answeredAt, doneAt = Number.POSITIVE_INFINITY }: Journey, at: number): boolean =>
    answeredAt <= at && at < doneAt;
  const looks = Math.ceil((until - since) / LOOK_EVERY_MS);
  return Array.from(
    { length: looks },
    (_, n) => accepted.filter((one) => isUnderWay(one, since + n * LOOK_EVERY_MS)).length,
  );
}

/** Tickets under way in the last third, of those in the first third; a handful more or less is none. */
function growthOf(outstanding: readonly number[]): number {
  const third = Math.ceil(outstanding.length / 3);
  const some = 10;
  return (median(outstanding.slice(-third)) + some) / (median(outstanding.slice(0, third)) + some);
}

/** The dead-letter archiver of one service: write, then ack. */
import { deadLetterQueueOf } from "../mixins/amqp/names.ts";
import { deliveredOf } from "./consumer.ts";
import type { Action, Caller } from "./network.ts";
import type { World } from "./world.ts";

export class SimArchiver implements Caller {
  life = 0;
  up = true;
  asleep = false;
  readonly #world: World;
  readonly #service: string;
  #isBusy = false;

  constructor(world: World, service: string) {
    this.#world = world;
    this.#service = service;
  }

  get busy(): string | undefined {
    return this.#isBusy ? `the archiver of ${this.#service} is at work` : undefined;
  }

  actions(): Action[] {
    const { broker } = this.#world;
    const found: Action[] = [];
    const [first] = broker.queue(deadLetterQueueOf(this.#service));
    if (first && !this.#isBusy) found.push({ name: "archive", weight: 3, run: () => this.#archive() });
    if (this.#isBusy) found.push({ name: "kill archiver", weight: 1, fault: true, run: () => this.#crash() });
    return found;
  }

  #archive(): void {
    const { broker, network, services } = this.#world;
    const queue = deadLetterQueueOf(this.#service);
    const [stored] = broker.queue(queue);
    if (!stored) return;
    this.#isBusy = true;
    const free = (): void => {
      this.#isBusy = false;
    };
    network.request(
      this,
      () => services.archive(this.#service, deliveredOf(stored.message)),
      () => {
        broker.remove(queue, stored);
        free();
      },
      free,
    );
  }

  #crash(): void {
    this.life++;
    this.#isBusy = false;
  }
}

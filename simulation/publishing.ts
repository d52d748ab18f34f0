/** A confirming publisher on the simulated broker, deciding by the real `Unconfirmed`. */
import type { InFlight, Outcome, Unconfirmed } from "../mixins/amqp/unconfirmed.ts";
import type { OutgoingMessage } from "../mixins/outbox/message.ts";
import type { Broker, PublishChannel } from "./broker.ts";
import type { Action } from "./network.ts";

export class Publishing {
  readonly #broker: Broker;
  readonly #unconfirmed: Unconfirmed<object>;
  readonly #window: number;
  #channel: PublishChannel | undefined;

  constructor(broker: Broker, unconfirmed: Unconfirmed<object>, window: number) {
    this.#broker = broker;
    this.#unconfirmed = unconfirmed;
    this.#window = window;
  }

  get hasRoom(): boolean {
    return this.#unconfirmed.size < this.#window;
  }

  publish(message: OutgoingMessage, onSettled: (outcome: Outcome) => void): void {
    const entry = this.#unconfirmed.add(message, onSettled);
    if (this.#channel) this.#send(this.#channel, entry);
  }

  /** The process is gone, or gives up. */
  stop(arrived = 0): void {
    this.#drop(arrived);
    this.#unconfirmed.clear();
  }

  actions(): Action[] {
    const channel = this.#channel;
    if (!channel) return [{ name: "open channel", weight: 4, run: () => this.#open() }];
    const found: Action[] = [
      { name: "channel lost", weight: 1, fault: true, run: () => this.#drop(0) },
      { name: "channel lost late", weight: 1, fault: true, run: () => this.#drop(2) },
    ];
    if (channel.toBroker.length > 0) {
      found.push(
        { name: "broker takes", weight: 8, run: () => this.#broker.take(channel, "none") },
        { name: "broker nacks", weight: 1, fault: true, run: () => this.#broker.take(channel, "nack") },
        {
          name: "broker nacks late",
          weight: 1,
          fault: true,
          run: () => this.#broker.take(channel, "nack after routing"),
        },
      );
    }
    if (channel.toClient.length > 0) found.push({ name: "client hears", weight: 8, run: () => this.#hear(channel) });
    if (this.#unconfirmed.size > 0)
      found.push({ name: "confirm timeout", weight: 1, fault: true, run: () => this.#drop(1) });
    return found;
  }

  #open(): void {
    const channel: PublishChannel = { toBroker: [], toClient: [], open: true };
    this.#channel = channel;
    for (const entry of this.#unconfirmed.opened(channel)) this.#send(channel, entry);
  }

  #drop(arrived: number): void {
    const channel = this.#channel;
    this.#channel = undefined;
    this.#unconfirmed.closed();
    if (channel) this.#broker.close(channel, arrived);
  }

  #send(channel: PublishChannel, entry: InFlight): void {
    this.#unconfirmed.sent(entry, 0);
    channel.toBroker.push({ message: entry.message, tag: entry });
  }

  #hear(channel: PublishChannel): void {
    const told = channel.toClient.shift();
    if (!told) return;
    if (told.kind === "return")
      return this.#unconfirmed.returned(told.message.routingKey, told.message.options.messageId);
    const entry = told.tag as InFlight;
    const meaning = this.#unconfirmed.answered(entry, channel, told.kind);
    if (meaning === "reopen") return this.#drop(0);
    if (meaning !== "ignore" && this.#unconfirmed.settle(entry)) entry.onSettled(meaning);
  }
}

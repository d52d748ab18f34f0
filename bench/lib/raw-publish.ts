/** The ceiling: confirmed, mandatory, persistent publishing by bare amqplib with a window of messages in flight. */
import type { ConfirmChannel } from "amqplib";
import type { OutgoingMessage } from "../../mixins/outbox/message.ts";

export class RawPublisher {
  readonly #channel: ConfirmChannel;
  readonly #window: number;
  #inFlight = 0;
  #wake: (() => void) | undefined;
  confirmed = 0;

  constructor(channel: ConfirmChannel, window: number) {
    this.#channel = channel;
    this.#window = window;
  }

  /** Resolves when there is room for the next one. */
  async publish({ exchange, routingKey, content, options }: OutgoingMessage): Promise<void> {
    this.#inFlight++;
    this.#channel.publish(exchange, routingKey, content, options, (error) => {
      if (error) throw error;
      this.#inFlight--;
      this.confirmed++;
      this.#wake?.();
    });
    while (this.#inFlight >= this.#window) await this.#next();
  }

  async drained(): Promise<void> {
    while (this.#inFlight > 0) await this.#next();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

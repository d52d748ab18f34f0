/** Is the RabbitMQ of a given URL there, and does it let us in? */
import { connect } from "amqplib";
import { StartError, sleep, warn } from "./say.ts";

const RETRY_MS = 2_000;

/** Waits until it answers, saying so; stops when waiting can't help. */
export async function checkRabbit(url: string, name = "AMQP_URL"): Promise<void> {
  for (;;) {
    try {
      const connection = await connect(url, { timeout: 3_000 });
      await connection.close();
      return;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (/ACCESS.REFUSED|403/.test(text))
        throw new StartError(`RabbitMQ refuses the login of ${name}`, `correct user and password in ${name}`);
      if (/NOT.ALLOWED|530|Expected ConnectionOpenOk/.test(text)) {
        throw new StartError(
          `RabbitMQ has no such vhost, or the user of ${name} may not enter it`,
          `rabbitmqctl add_vhost and set_permissions, or correct ${name}`,
        );
      }
      warn(`RabbitMQ at ${name} does not answer yet (${text.split("\n")[0]}); waiting for it`);
      await sleep(RETRY_MS);
    }
  }
}

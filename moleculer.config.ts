/** Broker options of every node. Settings come from the environment (mixins/kit/env.ts, .env.example). */
import { brokerOptions } from "./mixins/broker-options.ts";
import { readEnv } from "./mixins/kit/env.ts";
import { contracts } from "./services/contracts.ts";

// Started by `npm start`: when the supervisor is gone, stop in order instead of running on unseen.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));

export default brokerOptions(readEnv(), contracts);

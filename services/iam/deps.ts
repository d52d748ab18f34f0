import type { ServiceBroker } from "moleculer";
import { JobRunner } from "../../mixins/jobs/runner.ts";
import { callOf } from "../../mixins/kit/call.ts";
import { forgetAddress } from "./forget-address.ts";
import { Keyring } from "./keys.ts";
import { resetJob } from "./reset.ts";
import { ActorCache } from "./sessions.ts";
import { Tokens } from "./tokens.ts";

/** What iam's actions need beside their context; one per broker. */
export interface IamDeps {
  /** Loaded at the first use, then kept. */
  secrets: () => Promise<{ keys: Keyring; tokens: Tokens }>;
  cache: ActorCache;
  /** Tells every node, this one too, to forget what it has cached of a user. An optimisation, never a fact. */
  sessionChanged: (userId: string) => void;
  /** Tells every node to read the keys again. */
  keysChanged: () => void;
  ttlSeconds: number;
  jobs: JobRunner<"iam">;
}

export const KEYS_CHANGED = "iam.keys.changed";
export const SESSION_CHANGED = "iam.session.changed";

export function createDeps(broker: ServiceBroker): IamDeps {
  const { backbone } = broker;
  let loading: ReturnType<IamDeps["secrets"]> | undefined;
  const load = async () => {
    const keys = await Keyring.load(backbone.database("iam"), backbone.env.JWT_PRIVATE_KEY);
    return { keys, tokens: new Tokens(keys, backbone.env) };
  };
  const cache = new ActorCache();
  const jobs = new JobRunner<"iam">({ service: "iam", backbone, logger: broker.getLogger("IAM") });
  jobs.add(resetJob(backbone.database("iam"))).add(forgetAddress(callOf(broker)));
  return {
    secrets: () => {
      loading ??= load().catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return loading;
    },
    cache,
    sessionChanged: (userId) => {
      cache.drop(userId);
      void broker.broadcast(SESSION_CHANGED, { userId });
    },
    keysChanged: () => {
      // At once here: what a revoked key has proven is not believed once the answer is out.
      cache.clear();
      void broker.broadcast(KEYS_CHANGED, {});
    },
    ttlSeconds: backbone.env.JWT_TTL_SECONDS,
    jobs,
  };
}

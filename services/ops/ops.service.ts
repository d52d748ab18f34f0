import type { Service, ServiceSchema } from "moleculer";
import { topologyOf } from "../../mixins/amqp/topology.ts";
import { domainMixin } from "../../mixins/domain.ts";
import { audit } from "./actions/audit.ts";
import { discardDeadLetter } from "./actions/discard-dead-letter.ts";
import { editDeadLetter } from "./actions/edit-dead-letter.ts";
import { groupDeadLetters } from "./actions/group-dead-letters.ts";
import { listDeadLetters } from "./actions/list-dead-letters.ts";
import { queues } from "./actions/queues.ts";
import { relays } from "./actions/relays.ts";
import { replayDeadLetter } from "./actions/replay-dead-letter.ts";
import { replaySelection } from "./actions/replay-selection.ts";
import { republish } from "./actions/republish.ts";
import { restoreDeadLetter } from "./actions/restore-dead-letter.ts";
import { showDeadLetter } from "./actions/show-dead-letter.ts";
import { ops } from "./contract.ts";
import { queueDepths } from "./queue-depths.ts";

const actions = [
  listDeadLetters,
  groupDeadLetters,
  showDeadLetter,
  editDeadLetter,
  replayDeadLetter,
  discardDeadLetter,
  restoreDeadLetter,
  replaySelection,
  audit,
  queues,
  relays,
  republish,
];

export default {
  name: "ops",
  mixins: [domainMixin({ contract: ops, actions, handlers: [] })],
  actions: {
    /** Internal: asks the broker, whichever services are there. */
    queueDepths: {
      handler(this: Service) {
        const { connection, registry } = this.broker.backbone;
        return queueDepths(
          connection,
          topologyOf(registry).queues.map((queue) => queue.name),
        );
      },
    },
  },
} satisfies ServiceSchema;

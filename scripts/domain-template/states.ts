/** Every step that there is; what is not here is illegal. Drawn in docs/domains/things.md. */
import { stateMachine } from "../../mixins/kit/states.ts";

export const thingStates = stateMachine(["open"], {
  open: ["done"],
  done: [],
});

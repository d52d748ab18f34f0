import { ConflictError, InvalidInputError } from "../../mixins/kit/errors.ts";

const field = (path: string, message: string) => ({ errors: [{ path, message }] });

export class PushEndpointError extends InvalidInputError {
  override readonly code = "PUSH_ENDPOINT_REFUSED";
  constructor() {
    super("This is no endpoint of a push service that we use.", field("/endpoint", "is not of a known push service"));
  }
}
export class PushKeysError extends InvalidInputError {
  override readonly code = "PUSH_KEYS_INVALID";
  constructor(key: "p256dh" | "auth") {
    super("These are not the keys of a push subscription.", field(`/keys/${key}`, "is not such a key"));
  }
}
export class UnsubscribeTokenError extends InvalidInputError {
  override readonly code = "UNSUBSCRIBE_TOKEN_INVALID";
  constructor() {
    super("This link does not work. Change what you are told in your preferences.", field("/token", "is not valid"));
  }
}
export class AddressNotDeadError extends ConflictError {
  override readonly code = "ADDRESS_NOT_DEAD";
  constructor() {
    super("There is no address of this channel that we have stopped sending to.");
  }
}

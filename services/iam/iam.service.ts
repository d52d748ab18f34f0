import type { Context, Service, ServiceBroker, ServiceSchema } from "moleculer";
import { domainMixin } from "../../mixins/domain.ts";
import { authenticate } from "./actions/authenticate.ts";
import { changePassword } from "./actions/change-password.ts";
import { deleteMe } from "./actions/delete-me.ts";
import { displayNames } from "./actions/display-names.ts";
import { exportMe } from "./actions/export-me.ts";
import { forgotPassword } from "./actions/forgot-password.ts";
import { getMe } from "./actions/get-me.ts";
import { getUser } from "./actions/get-user.ts";
import { grantRole } from "./actions/grant-role.ts";
import { hasRole } from "./actions/has-role.ts";
import { jwks } from "./actions/jwks.ts";
import { listUsers } from "./actions/list-users.ts";
import { login } from "./actions/login.ts";
import { logout } from "./actions/logout.ts";
import { logoutAll } from "./actions/logout-all.ts";
import { refresh } from "./actions/refresh.ts";
import { register } from "./actions/register.ts";
import { resetPassword } from "./actions/reset-password.ts";
import { resetToken } from "./actions/reset-token.ts";
import { revokeRole } from "./actions/revoke-role.ts";
import { rotateKeys } from "./actions/rotate-keys.ts";
import { updateMe } from "./actions/update-me.ts";
import { userExists } from "./actions/user-exists.ts";
import { verificationToken } from "./actions/verification-token.ts";
import { verifyEmail } from "./actions/verify-email.ts";
import { iam } from "./contract.ts";
import { createDeps, type IamDeps, KEYS_CHANGED, SESSION_CHANGED } from "./deps.ts";
import { ensureFirstAdmin } from "./first-admin.ts";
import { onResidentUnverified, onResidentVerified } from "./handlers/on-resident.ts";
import { ensureIndexes } from "./repository.ts";

const actions = (deps: IamDeps) => [
  register,
  verifyEmail(deps),
  login(deps),
  refresh(deps),
  logout(deps),
  logoutAll(deps),
  forgotPassword(deps),
  resetPassword(deps),
  changePassword(deps),
  deleteMe(deps),
  displayNames,
  exportMe,
  getMe,
  updateMe,
  listUsers,
  getUser,
  grantRole(deps),
  revokeRole(deps),
  authenticate(deps),
  jwks(deps),
  rotateKeys(deps),
  verificationToken(deps),
  resetToken(deps),
  userExists,
  hasRole,
];

export default function iamService(broker: ServiceBroker): ServiceSchema {
  const deps = createDeps(broker);
  const handlers = [onResidentVerified(deps), onResidentUnverified(deps)];
  return {
    name: "iam",
    mixins: [domainMixin({ contract: iam, actions: actions(deps), handlers, jobs: deps.jobs })],
    events: {
      [KEYS_CHANGED]: async () => {
        const { keys } = await deps.secrets();
        await keys.reload();
        // What an old key has proven may be proven no more.
        deps.cache.clear();
      },
      [SESSION_CHANGED]: (ctx: Context<{ userId: string }>) => deps.cache.drop(ctx.params.userId),
    },
    async started(this: Service) {
      const { backbone } = this.broker;
      await ensureIndexes(backbone.database("iam"));
      await ensureFirstAdmin(backbone);
    },
  };
}

import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";

export const rotateKeys = ({ secrets, keysChanged }: IamDeps) =>
  implement("iam.rotateKeys", async ({ params, now }) => {
    const { keys } = await secrets();
    await keys.rotate(now, params.revoke ?? false);
    keysChanged();
    return { keys: keys.jwks(now) as never };
  });

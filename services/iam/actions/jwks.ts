import { implement } from "../../../mixins/kit/implement.ts";
import type { IamDeps } from "../deps.ts";

export const jwks = ({ secrets }: IamDeps) =>
  implement("iam.jwks", async ({ now }) => {
    const { keys } = await secrets();
    return { keys: keys.jwks(now) as never };
  });

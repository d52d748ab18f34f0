import type { Contract } from "../../mixins/kit/contracts.ts";
import { contracts } from "../../services/contracts.ts";
import { alpha, beta, probe, probeContracts } from "./contracts.ts";

/** `probe`: the probes and the relay, quick to start. `product`: every domain of the product beside the probes. */
export type Domain = "probe" | "product";

export const contractsOf = (domain: Domain): readonly Contract[] =>
  domain === "probe" ? probeContracts : [...contracts, probe, alpha, beta];

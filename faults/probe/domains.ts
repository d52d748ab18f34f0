import type { Contract } from "../../mixins/kit/contracts.ts";
import { contracts } from "../../services/contracts.ts";
import { alpha, beta, bulk, gamma, probe, probeContracts } from "./contracts.ts";

/**
 * The contracts of a world. `probe`: the probes and the relay, quick to start. `product`: every domain of the product
 * beside the probes. Else the names of contracts, separated by commas: every consumer among them has to run.
 */
export type Domain = "probe" | "product" | (string & {});

const product: readonly Contract[] = [...contracts, probe, alpha, beta];
const all: readonly Contract[] = [...product, bulk, gamma];

/** @throws Error on a name that no contract has */
export function contractsOf(domain: Domain): readonly Contract[] {
  if (domain === "probe") return probeContracts;
  if (domain === "product") return product;
  return domain.split(",").map((name) => {
    const found = all.find(({ service }) => service === name);
    if (!found) throw new Error(`FAULT_DOMAIN names ${name}, which no contract has.`);
    return found;
  });
}

/**
 * `npm run fuzz`: random bytes against the envelope decoder, random requests against the REST surface, random messages
 * against the real consumers. Prints what to repeat for each finding, and a line a part at its end.
 *
 *   npm run fuzz -- --cases 2000 --seed 7   another size, another seed
 *   npm run fuzz -- rest                    only some of: decoder, rest, consumer
 *   npm run fuzz -- rest --only tickets     only operations whose id holds this word
 */

import { createRegistry } from "../mixins/kit/registry.ts";
import { onInterrupt } from "../scripts/lib/interrupt.ts";
import { run, say, seconds } from "../scripts/lib/say.ts";
import { contracts } from "../services/contracts.ts";
import { type Part, readArguments, type Wanted } from "./arguments.ts";
import { fuzzConsumer } from "./consumer.ts";
import { fuzzDecoder } from "./decoder.ts";
import type { Finding } from "./rest.ts";
import { fuzzServers } from "./servers.ts";
import { tellConsumer, tellDecoder, tellFinding, tellRest } from "./tell.ts";

const since = performance.now();
const registry = createRegistry(contracts);
let progress = "nothing yet";
const tell = (line: string): void => {
  progress = line;
  say(`${line}, ${seconds(since)}`);
};

run(async () => {
  const wanted = readArguments();
  const { parts, casesOf, seed } = wanted;
  say(`${parts.map((part) => `${part}: ${casesOf(part)} cases`).join(", ")}; seed ${seed}`);
  let findings = parts.includes("decoder") ? tellDecoder(fuzzDecoder(registry, casesOf("decoder"), seed)) : 0;
  const onProduct = parts.filter((part) => part !== "decoder");
  if (onProduct.length > 0) findings += await fuzzProduct(onProduct, wanted);
  say(`${findings} findings, ${seconds(since)}`);
  process.exit(findings > 0 ? 1 : 0);
});

async function fuzzProduct(parts: readonly Part[], { casesOf, seed, only }: Wanted): Promise<number> {
  const { open, clear } = fuzzServers();
  let interrupted = false;
  onInterrupt(async () => {
    interrupted = true;
    say(`interrupted; so far: ${progress}`);
    await clear();
  });
  let findings = 0;
  try {
    const { world, url, forgetTries } = await open();
    if (parts.includes("rest")) {
      // Not before the environment is set: it loads the whole product.
      const { fuzzRest } = await import("./rest.ts");
      const onRound = (done: number, total: number) => tell(`rest: round ${done} of ${total}`);
      const onFinding = (finding: Finding) => interrupted || tellFinding(finding);
      const options = { url, forgetTries, cases: casesOf("rest"), seed, only, onRound, onFinding };
      findings += tellRest(await fuzzRest(options));
    }
    if (parts.includes("consumer")) {
      const onSent = (sent: number) => tell(`consumer: ${sent} sent`);
      findings += tellConsumer(await fuzzConsumer({ world, registry, cases: casesOf("consumer"), seed, onSent }));
    }
  } finally {
    // Broken off, what comes now says nothing; the process ends as soon as all is cleared away.
    if (interrupted) await new Promise(() => {});
    await clear();
  }
  return findings;
}

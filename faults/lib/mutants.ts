/** Mistakes that the suite has to notice: each is made in a scratch copy of the code, never in the code itself. */
export interface Mutant {
  name: string;
  /** The mistake, in a sentence. */
  what: string;
  edits: readonly { file: string; find: string; replace: string }[];
  /** Scenario that has to fail. */
  scenario: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: "ack-before-commit",
    what: "the consumer acks first and commits then",
    edits: [
      {
        file: "mixins/consumer/attempts.ts",
        find: "      await this.#transaction([...firsts], (work) => work.state.attempts + 1);",
        replace: `      for (const work of works) this.#options.ack(work.delivery);
      await this.#transaction([...firsts], (work) => work.state.attempts + 1);`,
      },
      {
        file: "mixins/consumer/attempts.ts",
        find: `    for (const work of works) this.#ack(work, firsts.has(work) ? "handled" : "duplicate");`,
        replace: "",
      },
      {
        file: "mixins/consumer/attempts.ts",
        find: `    for (const work of works.filter(isDone)) this.#ack(work, "duplicate");`,
        replace: "",
      },
      // Also a message that is alone goes this way.
      { file: "mixins/consumer/consumer.ts", find: "while (left.length > 1)", replace: "while (left.length > 0)" },
    ],
    scenario: "consumer-killed",
  },
  {
    name: "mark-before-confirm",
    what: "the relay marks a row as published as soon as it has sent it",
    edits: [
      {
        file: "mixins/outbox/tenure.ts",
        find: "    this.#publisher.publish(message, onSettled);",
        replace: `    this.#publisher.publish(message, () => {});
    onSettled({ kind: "routed" });`,
      },
    ],
    scenario: "broker-restart",
  },
  {
    name: "no-mandatory",
    what: "events are published without the mandatory flag",
    edits: [{ file: "mixins/outbox/message.ts", find: "mandatory: true", replace: "mandatory: false" }],
    scenario: "unroutable",
  },
  {
    name: "inbox-outside-the-transaction",
    what: "the inbox entry is written beside the handler's transaction",
    edits: [
      {
        file: "mixins/idempotency/inbox.ts",
        find: "await inbox.insertOne(only, { session });",
        replace: "await inbox.insertOne(only);",
      },
      {
        file: "mixins/idempotency/inbox.ts",
        find: "await inbox.insertMany(entries, { session });",
        replace: "await inbox.insertMany(entries);",
      },
    ],
    scenario: "consumer-killed",
  },
  {
    name: "key-without-consumer",
    what: "the inbox key is the eventId alone",
    edits: [
      {
        file: "mixins/idempotency/inbox.ts",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
        find: "`${consumer}/${eventId}`",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
        replace: "`${consumer && eventId}`",
      },
    ],
    scenario: "delivered-often",
  },
  {
    name: "token-before-confirm",
    what: "the saved resume token is that of the last event read, confirmed or not",
    edits: [
      {
        file: "mixins/outbox/pipeline.ts",
        find: "return this.#watermark.pending > 0 ? this.#watermark.token : (idle ?? this.#watermark.token);",
        replace: "return idle ?? this.#watermark.token;",
      },
    ],
    scenario: "broker-restart",
  },
];

/** The files with the mistake in them. Pure. @throws Error unless each text to be changed is there exactly once */
export function mutatedFiles({ edits }: Pick<Mutant, "edits">, read: (file: string) => string): Map<string, string> {
  const files = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const source = files.get(file) ?? read(file);
    const count = source.split(find).length - 1;
    if (count !== 1)
      throw new Error(`${file} has the text to be changed ${count} times, not once: mend faults/lib/mutants.ts`);
    files.set(
      file,
      source.replace(find, () => replace),
    );
  }
  return files;
}
